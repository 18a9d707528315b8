// SPDX-License-Identifier: Apache-2.0
/**
 * Clients: other systems that send commands, repeat them by id until they are answered or expired, and read their own writes. They know
 * only what they were told.
 */
#ifndef TESTS_SIM_CLIENTS_H
#define TESTS_SIM_CLIENTS_H

#include "common/wire/envelope.h"
#include "tests/sim/net.h"
#include "tests/sim/node.h"

enum {
    CLIENT_COUNT = 3,
    CLIENT_COMMANDS = 1024,
};

enum command_state {
    COMMAND_OPEN,     // to be repeated
    COMMAND_DONE,     // answered ok
    COMMAND_REFUSED,  // answered for good
    COMMAND_GIVEN_UP, // expired without an answer
};

/** What one command asks, as far as the model needs it. */
struct sim_command {
    const struct message_desc *message;
    int client;
    int node;
    int64_t expires_ms;
    enum command_state state;
    uint8_t *frame; // as it is sent, alone
    size_t len;
    int64_t sent_ms;  // monotonic, last
    int64_t past_ms;  // monotonic; from then on its id may be forgotten, if the wall clock says so too
    bool never_again; // it must not be repeated (clients_forget_past)
    uint64_t person;
    uint64_t subject; // the activity or recipient it is about
    uint64_t type;
    bool has_contact;
    bool contact;
    bool test;
    bool at_least_once;
    bool sees_person; // it asks not to be refused because of what was not followed yet
    bool sets_email;
    char email[48];

    uint64_t seq;    // position of its record in the journal; 0: it has none
    uint64_t digest; // of its reply there
    bool new_in_batch;
    bool answered_in_batch;
};

struct clients {
    struct sim_command commands[CLIENT_COMMANDS];
    size_t count;
    uint64_t seen[NODE_COUNT]; // the highest position that an answer told of
    uint64_t persons[256];     // that clients were told of
    uint64_t person_seqs[256];
    size_t person_count;
    uint64_t activities[512];
    size_t activity_count;
    uint64_t recipients[512];
    size_t recipient_count;
    uint64_t marked[128]; // persons to be erased
    size_t marked_count;
};

void clients_fini(struct clients *clients);

/** One of them sends something new. */
void clients_issue(struct world *world);

/** One of them takes an answer in, or repeats what was not answered. */
void clients_turn(struct world *world);

/**
 * The wall clock is about to go back: nobody repeats any more what a service may have forgotten because of how late it was, and would
 * take for new when it seems to be in time again (README.md, what is not promised).
 */
void clients_forget_past(struct world *world);

/** One of them asks what must be there. */
void clients_read(struct world *world);

/** Number of the command of this sender and id; SIZE_MAX: none of a client. */
size_t clients_find(const struct clients *clients, struct text sender, struct text id);

/** Commands that wait for an answer. */
size_t clients_open(const struct clients *clients);

/** Names the commands of packets in the trace. */
void clients_trace(struct world *world, const struct packet *packets, size_t count);

/** What takes effect from now on belongs to this batch. */
void clients_begin_batch(struct world *world);

/** What the node answers to a batch that it ended with `fault`, checked before anybody hears of it. */
void clients_check_replies(struct world *world, struct node *node, const struct packet *packets, size_t count,
                           enum fault fault);

#endif
