// SPDX-License-Identifier: Apache-2.0
/**
 * Transport: threads that hand messages over, behind one small interface. Messages go in while slots are free, outcomes come out,
 * exactly one a message; a transport never touches the store, and never decides what an outcome means for a recipient.
 *
 * One thread opens, hands over, collects, stops and closes it (the command loop's). Its workers ring `wake_fd`, an eventfd, when
 * outcomes wait. Slots bound its memory: messages inside and outcomes not collected are never more than there are slots.
 */
#ifndef SERVICES_NOTIFICATION_TRANSPORT_H
#define SERVICES_NOTIFICATION_TRANSPORT_H

#include <stdatomic.h>

#include "common/base/fault.h"
#include "services/notification/message.h"

enum outcome_kind {
    OUTCOME_ACCEPTED,      // taken over
    OUTCOME_DEFERRED,      // refused for now, or not everything was handed over
    OUTCOME_FAILED,        // refused for good
    OUTCOME_UNKNOWN,       // everything was handed over and no final answer was read
    OUTCOME_GIVEN_BACK,    // nothing was tried, or it was broken off before everything was handed over
    OUTCOME_MISCONFIGURED, // nothing can be handed over to anybody until a person mends it; `reason` says what
};

enum { OUTCOME_CODE_BYTES = 33, OUTCOME_TEXT_BYTES = 1001 };

struct outcome {
    uint64_t recipient;
    enum outcome_kind kind;
    char code[OUTCOME_CODE_BYTES]; // of the server, or a word of our own as timeout; may be empty
    char text[OUTCOME_TEXT_BYTES]; // UTF-8 without control characters; may be empty
    const char *reason;            // constant sentence, with OUTCOME_MISCONFIGURED
};

/** How urgent it is for a worker to come to an end. */
enum transport_pace {
    PACE_STEADY,
    PACE_GIVE_BACK, // break off what was not handed over whole yet
    PACE_END,       // break off everything
};

/** What tells one kind of transport from another. A worker hands over on a thread of its own, one message after another. */
struct transport_kind {
    /** Makes what one worker works with; NULL: no memory. */
    void *(*worker_open)(const void *options);
    void (*worker_close)(void *worker);
    /** Hands one message over and says what came of it; looks at `pace` while it waits. `out_outcome` is zeroed but for `recipient`. */
    void (*hand_over)(void *worker, const struct message *message, const _Atomic int *pace,
                      struct outcome *out_outcome);
};

struct transport_config {
    const struct transport_kind *kind;
    const void *options; // of the kind; must outlive the transport
    size_t workers;
    size_t slots;
    int wake_fd;
};

struct transport;

/** Starts the workers. Gives: transport_close. FAULT_MEMORY when threads or memory are wanting. */
enum fault transport_open(const struct transport_config *config, struct transport **out_transport);

/** How many messages it takes now. */
size_t transport_free_slots(struct transport *transport);

/** Takes the message; a slot must be free. */
void transport_hand_over(struct transport *transport, struct message *message);

/** Copies and forgets up to `max` outcomes; returns how many. */
size_t transport_collect(struct transport *transport, struct outcome *out_outcomes, size_t max);

/**
 * Comes to an end: what was not begun is given back, what is under way has `grace_ms` to get its final answer. Afterwards every
 * outcome waits to be collected, and nothing more may be handed over.
 */
void transport_stop(struct transport *transport, int grace_ms);

/** Takes the transport, which may be NULL; stops it first if nobody has. */
void transport_close(struct transport *transport);

#endif
