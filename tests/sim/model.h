// SPDX-License-Identifier: Apache-2.0
/**
 * Model: what an observer knows who sees every message, every commit and every hand-over — written down from what clients asked and
 * were told, and from what transports did; of the services' own figures it uses none.
 *
 * After each commit model_audit reads what the journals have grown by. An id of a command must stand there once, never after its
 * time, and only when its batch was answered so.
 */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include "proto/notification.gen.h"
#include "tests/sim/node.h"

enum {
    MODEL_PERSONS = 512,
    MODEL_ACTIVITIES = 2048,
    MODEL_RECIPIENTS = 1024,
    MODEL_JOURNAL = 8192, // positions of the activity journal
};

struct model_person {
    uint64_t created_seq; // 0: there is none
    uint64_t merged_into; // 0: not merged
    bool erased;
    int64_t revision;
    char email[48]; // empty: none
};

struct model_activity {
    bool made;
    bool deleted;
    bool contact; // of those that clients made; of sends it is their recipient's state that says so
    uint64_t person;
    uint64_t type;
    uint64_t recipient; // 0: a client made it
};

/** What became of a message in the world outside. */
enum truth {
    TRUTH_NONE, // never handed over
    TRUTH_UNDER_WAY,
    TRUTH_ACCEPTED,
    TRUTH_DEFERRED, // these three: not sent, may be tried again
    TRUTH_GIVEN_BACK,
    TRUTH_MISCONFIGURED,
    TRUTH_FAILED,
    TRUTH_UNKNOWN,
    TRUTH_LOST, // the service died; nobody knows
};

struct model_recipient {
    bool made;
    bool test;
    bool at_least_once;
    bool resolved; // a client settled it
    uint64_t send;
    uint64_t person;
    enum send_channel channel;
    uint64_t activity; // 0: none yet
    enum truth truth;
    unsigned handed_over;
    unsigned incarnation; // of the service, at the last hand-over
};

struct model {
    struct model_person persons[MODEL_PERSONS];
    struct model_activity activities[MODEL_ACTIVITIES];
    struct model_recipient recipients[MODEL_RECIPIENTS];
    int64_t total_at[MODEL_JOURNAL]; // activities there are, by position of the activity journal
    uint64_t last_person;
    uint64_t last_activity;
    uint64_t last_recipient;
};

/** Tells bytes apart. */
uint64_t model_digest(struct bytes bytes);

/** Reads what the node's journal has grown by, and checks it. Returns how many commands of clients are new in it. */
size_t model_audit(struct world *world, struct node *node);

/** Whether the journal of a node that started holds what it held before. */
void model_check_kept(struct world *world, struct node *node);

/** Whose card a person's things stand on in the end, after all merges. */
uint64_t model_kept(const struct world *world, uint64_t person);

/** Whether a person is another by one or several merges, or is that one. */
bool model_leads(const struct world *world, uint64_t person, uint64_t to);

/** A client's command that stands in the journal: what it changed. `reply` is the encoded body of its reply. */
struct sim_command;
void model_apply(struct world *world, const struct sim_command *command, struct bytes reply, uint64_t seq);

/** A message is handed over: whether that may be. */
void model_handed_over(struct world *world, uint64_t recipient, bool is_claimed);
void model_outcome(struct world *world, uint64_t recipient, enum truth truth);

/** Whom something stands on that was made for this person: nobody, 0, once he is erased. */
uint64_t model_person_left(const struct world *world, uint64_t person);

/** All is at rest: the services' answers against each other and against the model. */
void model_check_rest(struct world *world);

#endif
