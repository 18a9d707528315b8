// SPDX-License-Identifier: Apache-2.0
/**
 * Roll-ups: the figures that are kept, as one table. Each row is a way of grouping activities; a cell of it is one group, with
 * both measures in one sum. A question is answered from the first row that has what it needs; a new row is all a new kept figure takes
 * (README.md says what becomes of stores that exist).
 *
 * The key of a cell, in the counter index `cell`: the roll-up's tree, its first part, its number, its other parts in the row's order;
 * parts as key_number writes them (common/store/key.h):
 *
 *     06 | 81 11 | 07 | 81 03 | 83 1e 8c f9
 *     tree of persons, person 17, base, type 3, quarter-hour 2002169
 *
 * Its sum is figures_sum: one entry, where each measure had one, takes a quarter less of what an event costs this service.
 *
 * Roll-ups of one tree have the same first part, and what belongs to one of its values lies side by side: an activity changes the cells
 * of one person, on one page and not on one for each roll-up.
 */
#ifndef SERVICES_STATS_ROLLUPS_H
#define SERVICES_STATS_ROLLUPS_H

#include "services/stats/state.h"

/** What a figure can be told apart by. */
enum part {
    PART_TYPE,
    PART_PERSON,
    PART_DAY,     // in the default zone
    PART_QUARTER, // of UTC: zones differ by quarter-hours
    PART_STATUS,
    PART_ASSIGNEE,
};

enum {
    PART_COUNT = 6,
    ROLLUP_MAX_PARTS = 3,
};

/** The two measures of a group, below 2^31 each: far beyond that a cell would carry from the one to the other. */
struct figures {
    int64_t activities; // all there are
    int64_t contacts;   // those begun or done whose outcome is not failed or bounced
};

/** Both as one number, whose sums are the sums of both; and back, also a little below 0, as a cell that is wrong may be. */
int64_t figures_sum(struct figures figures);
struct figures figures_of_sum(int64_t sum);

struct rollup {
    uint8_t tree;   // first byte of its keys
    uint8_t number; // never another roll-up's
    const char *name;
    size_t part_count;
    enum part parts[ROLLUP_MAX_PARTS];
};

/** The table, fewest parts first; the last one is the base, of persons, types and times. */
extern const struct rollup rollups[];
extern const size_t rollup_count;

/** What one key of a roll-up stands for: a value for each of its parts, in its order. */
struct cell_key {
    int64_t values[ROLLUP_MAX_PARTS];
};

bool rollup_has(const struct rollup *rollup, enum part part);

/** The key as bytes. */
struct key rollup_key(const struct rollup *rollup, const struct cell_key *cell);

/** Whose key this is, and the value of its first part, if it has one; NULL: no roll-up's. */
const struct rollup *rollup_of_key(struct bytes key, int64_t *out_first);

/** Reads a key of this roll-up back; false when it is none. */
bool rollup_read_key(const struct rollup *rollup, struct bytes key, struct cell_key *out_cell);

/** The cell of the roll-up that the fact belongs to. */
struct cell_key rollup_cell_of(const struct rollup *rollup, const struct fact *fact);

/** What the fact counts. */
struct figures fact_figures(const struct fact *fact);

/** Takes `old` out of every roll-up and counts `now` in; either may be NULL. Cells that stay the same are not written. */
void rollups_count(struct store_txn *txn, const struct fact *old, const struct fact *now);

#endif
