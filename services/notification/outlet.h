// SPDX-License-Identifier: Apache-2.0
/**
 * Outlet: what the command loop remembers of one way of sending — its transport, the claims of the batch, outcomes on their way
 * into the store, and whether it stands still. The command loop's alone, but for `reason`, which the query loop reads.
 */
#ifndef SERVICES_NOTIFICATION_OUTLET_H
#define SERVICES_NOTIFICATION_OUTLET_H

#include "services/notification/transport.h"

enum { OUTLET_COUNT = 2 };

struct outlet {
    enum send_channel kind;
    struct transport_config config;
    struct transport *transport; // NULL until the first run, and after it could not be started

    struct message *first_claim; // claimed in this batch, to be handed over once it is committed
    struct message **last_claim;
    size_t claim_count;
    size_t claim_bytes;

    struct outcome *outcomes; // collected and not committed; room for config.slots
    size_t outcome_count;
    size_t applied; // of them, in this batch

    int64_t stopped_until_ms;     // stands still because of its settings; 0: it goes
    bool probing;                 // after a stop one message at a time, until one gets an answer
    _Atomic(const char *) reason; // why it stands still; NULL: it goes. Constant text
};

/** False: no memory. */
bool outlet_init(struct outlet *outlet, enum send_channel kind, const struct transport_config *config);
void outlet_fini(struct outlet *outlet);

/** Starts the transport if it does not run; a failure makes the outlet stand still until `retry_ms` from now. */
void outlet_start(struct outlet *outlet, int64_t now_ms, int64_t retry_ms);

/** How many recipients may be claimed now. */
size_t outlet_room(const struct outlet *outlet, int64_t now_ms);

/** Takes a claimed message; it is handed over by outlet_committed. */
void outlet_claim(struct outlet *outlet, struct message *message);

/** Fetches outcomes that have come since. */
void outlet_collect(struct outlet *outlet);

/** What an outcome tells of the outlet as a whole: it stands still until `retry_ms` from now, or goes on. */
void outlet_judge(struct outlet *outlet, const struct outcome *outcome, int64_t now_ms, int64_t retry_ms);

/** Makes the outlet stand still until a moment, then probe; `reason` is a constant sentence. */
void outlet_stand_still(struct outlet *outlet, const char *reason, int64_t until_ms);

/** Hands the claims over, forgets the outcomes that were applied; returns how many claims there were. */
size_t outlet_committed(struct outlet *outlet);

/** Forgets the claims; the outcomes will be applied again. */
void outlet_aborted(struct outlet *outlet);

#endif
