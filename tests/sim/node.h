// SPDX-License-Identifier: Apache-2.0
/**
 * Node: one service in the simulation — its real definition, handlers, core and store, and in place of the two loops a few calls that
 * do what the loops do in one turn (common/service/command_loop.c and query_loop.c).
 */
#ifndef TESTS_SIM_NODE_H
#define TESTS_SIM_NODE_H

#include "common/service/access_log.h"
#include "common/service/core.h"
#include "common/wire/envelope.h"
#include "tests/sim/net.h"

enum {
    NODE_PERSON,
    NODE_ACTIVITY,
    NODE_NOTIFICATION,
    NODE_STATS,
    NODE_COUNT,
};

enum { NODE_SOURCES = 2, NODE_PARKED = 8 };

/** The conversation with one followed service. */
struct conversation {
    int node; // the source
    bool asked;
    int64_t asked_ms; // monotonic
    int64_t ask_from_ms;
    uint64_t followed; // the last position that was committed; it never goes back
};

/** A long poll that waits. */
struct parked {
    uint8_t *data; // NULL: none
    size_t len;
    struct packet ask; // its data is not used any more
    int64_t until_ms;  // monotonic
};

struct node {
    int number;
    const struct service_definition *definition;
    char path[96];
    struct store_config store_config;
    struct bus_map map;
    struct counters counters;
    bool up;
    unsigned incarnation; // raised by each start
    int64_t down_until_ms;
    struct store *store;
    void *self;
    struct core *core;
    struct conversation sources[NODE_SOURCES];
    size_t source_count;
    struct parked parked[NODE_PARKED];
    int64_t housekept_ms;
    struct journal_position audited; // the journal was looked at up to here
    struct access_position logged;   // and the access log
    uint64_t snapshot_from;          // as core_config has it
};

struct world;

void node_init(struct world *world, int number);

/** Starts; false when it died in between, and may be started again. */
bool node_start(struct world *world, struct node *node);

/** As kill -9: what was not committed is gone. */
void node_die(struct world *world, struct node *node, const char *how);

/** A clean stop. */
void node_stop(struct world *world, struct node *node);

/** A turn of the command loop: what waits, in one batch. */
void node_command_turn(struct world *world, struct node *node);

/** A turn of the query loop: what followers ask. */
void node_query_turn(struct world *world, struct node *node);

/** Asks the sources that are to be asked. */
void node_ask(struct world *world, struct node *node);

/** Sends the answer to what a follower asked. */
void node_send_page(struct world *world, const struct node *node, const struct packet *ask, struct bytes frame);

/** Asks a query at once, without the network. The answer's texts live until the end of the step. */
struct reply_envelope node_query(struct world *world, struct node *node, const struct message_desc *message,
                                 const void *body, const struct seen_position *seen, size_t seen_count);

/** Decodes the body of an ok answer; a world without one has failed. */
bool node_answer(struct world *world, struct node *node, const struct message_desc *message, const void *body,
                 void *out_reply);

/** How far `node` has followed its source number `source`, as its store says. */
struct journal_position node_followed(struct node *node, size_t source);

/** Whether the command loop would turn without being asked. */
bool node_has_work(struct world *world, struct node *node);

#endif
