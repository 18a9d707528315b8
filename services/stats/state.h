// SPDX-License-Identifier: Apache-2.0
/**
 * State of the stats service: its tables, and what its two loops keep in memory.
 *
 *     facts       activity id → fact               what each activity counts as (facts.h)
 *     cell        cube, roll-up, parts → sums      the figures (rollups.h draws the key, cube.h says which cube); a sum of 0 is absent
 *     type        type id → activity_type          the types there are
 *     attributes  person id → attributes           what a person's figures can be told apart by (persons.h)
 *     group       person id → groups               the same; both are blocks of persons
 *     merged_type type id → the type that stands for it (type_leads.h)
 *     merged      merged person → the one who was kept (common/store/alias.h)
 *     erased      who was erased, and how far that is (common/service/erasing.h)
 *     question    saved question → saved_question  what is asked again and published (saved.h)
 *     layout      "cube" → which cube has figures (cube.h); "renewing" → how far was followed before an upgrade (renewal.h)
 *     fact, person  of older builds: rows that are being removed
 *
 * Invariants: a cell of the cube that has figures is the sum over the facts that have its parts, nothing else; so over any roll-up the sums
 * are the total's. Facts, persons and cells change in one transaction, with the offset they were followed to.
 *
 * Threads: `zone` is constant; `facts`, `persons`, `cubes` and `sums` are the command loop's alone; `changes` is handed from there to the query
 * loop; `zones`, `topics`, and what was `published` are the query loop's alone.
 */
#ifndef SERVICES_STATS_STATE_H
#define SERVICES_STATS_STATE_H

#include "common/service/definition.h"

struct block_cache;
struct changes;
struct counters;
struct cubes;
struct persons;
struct sums;
struct topics;
struct zone;
struct zones;

struct stats_service {
    struct store *store;
    struct zone *zone;         // the default one, which days are kept for
    struct block_cache *facts; // that the batch changes
    struct persons *persons;
    struct cubes *cubes;
    struct sums *sums;
    struct zones *zones;
    struct changes *changes;
    struct topics *topics;
    bool has_retired;        // rows of older builds may be there
    int32_t published_day;   // the day that saved questions were published for last
    unsigned published_cube; // the cube that figures were published of last
    bool published;          // figures were, since the start
    struct counters *counters;
};

#define STATS_DEFAULT_ZONE TEXT("Europe/Stockholm")

extern const struct store_table stats_types;
extern const struct store_table stats_layout;
extern const struct store_table stats_merged;
extern const struct store_table stats_merged_types;
extern const struct store_table stats_erased_persons;
extern const struct index stats_cells;

/** What is kept of a person who is erased: person_events.c. */
extern const struct service_erasure stats_erasure;

/** Position of the activity journal that the transaction's view reflects. */
uint64_t stats_activity_seq(struct store_txn *txn);

/** Whether a query's view could be read to its end; else the query is refused: half a sum is no figure. */
bool stats_is_sound(struct ctx *ctx);

#endif
