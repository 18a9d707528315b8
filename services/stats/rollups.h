// SPDX-License-Identifier: Apache-2.0
/**
 * Roll-ups: the figures that are kept, as one table. Each row is a way of grouping activities; a cell of it is one group, with
 * both measures in one sum. A question is answered from the first row that has what it needs; a new row is all a new kept figure takes
 * (README.md says what becomes of stores that exist).
 *
 * The key of a cell, in the counter index `cell`: the cube and the roll-up's number, then its parts in the row's order, as key_number writes them
 * (common/store/key.h):
 *
 *     07 | 81 11 | 81 03 | 83 1e 8c f9
 *     first cube, base; person 17, type 3, quarter-hour 2002169
 *
 * Its sum is figures_sum: one entry, where each measure had one, takes a quarter less of what an event costs this service.
 *
 * There are two cubes, so that one can be counted anew while the other answers (cube.h). Keys of times begin with the time: a period is one stretch
 * of them, and what is written lies at the end.
 */
#ifndef SERVICES_STATS_ROLLUPS_H
#define SERVICES_STATS_ROLLUPS_H

#include "common/base/date.h"
#include "services/stats/state.h"

/** What a figure can be told apart by. */
enum part {
    PART_TYPE,
    PART_PERSON,
    PART_DAY,   // in the default zone
    PART_DEKAD, // first day of it (date.h), as of the coarser ones
    PART_MONTH,
    PART_QUARTER,      // of the year
    PART_QUARTER_HOUR, // of UTC: zones differ by quarter-hours
    PART_STATUS,
    PART_ASSIGNEE,
    PART_ACCOUNT_MANAGER, // of the person, as the others that follow
    PART_REGION,
    PART_CATEGORY,
    PART_SALES_STATUS,
};

enum {
    PART_COUNT = 13,
    ROLLUP_MAX_PARTS = 3,
    CUBES = 2,
};

/** What a person's figures can be told apart by, as it is now. Ids; 0: none. */
enum attribute {
    ATTRIBUTE_ACCOUNT_MANAGER,
    ATTRIBUTE_REGION,
    ATTRIBUTE_CATEGORY,
    ATTRIBUTE_SALES_STATUS,
    ATTRIBUTE_ORGANISATION, // in no roll-up
};
enum { ATTRIBUTE_COUNT = 5 };

struct attributes {
    int64_t at[ATTRIBUTE_COUNT];
};

/** Something that counts, by all that roll-ups tell apart; of the times that days lie in, only the day. */
struct point {
    int64_t at[PART_COUNT];
};

/** Sets what the person has. */
void point_set_attributes(struct point *point, const struct attributes *attributes);

/** The two measures of a group, below 2^31 each: far beyond that a cell would carry from the one to the other. */
struct figures {
    int64_t activities; // all there are
    int64_t contacts;   // those begun or done whose outcome is not failed or bounced
};

/** Both as one number, whose sums are the sums of both; and back, also a little below 0, as a cell that is wrong may be. */
int64_t figures_sum(struct figures figures);
struct figures figures_of_sum(int64_t sum);

struct rollup {
    uint8_t number; // never another roll-up's; below 128
    uint8_t finer;  // number of one that has all its parts, or a finer time: whose cells it is the sums of; 0: none
    const char *name;
    size_t part_count;
    enum part parts[ROLLUP_MAX_PARTS];
};

/** The table, those first that have the fewest cells; the last one is the base, of persons, types and times. */
extern const struct rollup rollups[];
extern const size_t rollup_count;

/** What one key of a roll-up stands for: a value for each of its parts, in its order. */
struct cell_key {
    int64_t values[ROLLUP_MAX_PARTS];
};

bool rollup_has(const struct rollup *rollup, enum part part);

/** The first byte of the roll-up's keys in the cube, 0 or 1; and the cube of a key. */
uint8_t rollup_head(const struct rollup *rollup, unsigned cube);
unsigned rollup_cube_of(struct bytes key);

/** The key as bytes. */
struct key rollup_key(const struct rollup *rollup, unsigned cube, const struct cell_key *cell);

/** Whose key this is, by how it begins; NULL: no roll-up's. */
const struct rollup *rollup_of_key(struct bytes key);

/** Reads a key of this roll-up back; false when it is none. */
bool rollup_read_key(const struct rollup *rollup, struct bytes key, struct cell_key *out_cell);

/** The time of a part that is one or more days; false: it is another part. */
bool part_unit(enum part part, enum date_unit *out_unit);

/** The cell of the roll-up that the point belongs to. */
struct cell_key rollup_cell_of(const struct rollup *rollup, const struct point *point);

/** What a point counts. */
struct amount {
    struct point point;
    int64_t sum; // of figures
};

#endif
