// SPDX-License-Identifier: Apache-2.0
/**
 * State of the stats service: its tables, and what its two loops keep in memory.
 *
 *     fact      activity id → fact             what each activity counts as
 *     cell      roll-up, parts, measure → sum  the figures (rollups.h draws the key); a sum of 0 is absent
 *     type      type id → activity_type        the types there are
 *     person    person id → person_attributes  what a person's figures can be told apart by
 *     merged    merged person → the one who was kept (common/store/alias.h)
 *     erased    who was erased, and how far that is (common/service/erasing.h)
 *     layout    "rollups" → the table of roll-ups that the cells were counted by; "rebuilding" → how far they are (rebuild.h);
 *                                               "renewing" → how far was followed before an upgrade (renewal.h)
 *
 * Invariants: a cell is the sum of its measure over the facts that have its parts, nothing else; so over any roll-up the sums
 * of a measure are the total's. Facts and cells change in one transaction, with the offset they were followed to.
 *
 * Threads: `zone` is constant; `changes` is handed from the command loop to the query loop; `zones`, `topics` and `published`
 * are the query loop's alone.
 */
#ifndef SERVICES_STATS_STATE_H
#define SERVICES_STATS_STATE_H

#include "common/service/definition.h"
#include "proto/stats_rows.gen.h"

struct changes;
struct counters;
struct topics;
struct zone;
struct zones;

struct stats_service {
    struct store *store;
    struct zone *zone; // the default one, which days are kept for
    struct zones *zones;
    struct changes *changes;
    struct topics *topics;
    bool published; // figures were, since the start
    struct counters *counters;
};

#define STATS_DEFAULT_ZONE TEXT("Europe/Stockholm")

extern const struct store_table stats_facts;
extern const struct store_table stats_types;
extern const struct store_table stats_persons;
extern const struct store_table stats_layout;
extern const struct store_table stats_merged;
extern const struct store_table stats_erased_persons;
extern const struct index stats_cells;

/** What is kept of a person who is erased: person_events.c. */
extern const struct service_erasure stats_erasure;

/** Position of the activity journal that the transaction's view reflects. */
uint64_t stats_activity_seq(struct store_txn *txn);

/** Whether a query's view could be read to its end; else the query is refused: half a sum is no figure. */
bool stats_is_sound(struct ctx *ctx);

#endif
