// SPDX-License-Identifier: Apache-2.0
/**
 * Roster column: a whole number of each person who has one, for questions of what lies between two. Ten bytes a person who has one, and next to
 * nothing for those who have none. One thread.
 */
#ifndef SERVICES_PERSON_ROSTER_COLUMN_H
#define SERVICES_PERSON_ROSTER_COLUMN_H

#include <roaring/roaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Those of 4,096 persons who have one, by their numbers. */
struct roster_column_part {
    int64_t *values;
    uint16_t *persons; // within the part, ascending
    uint32_t count;
    uint32_t capacity;
};

struct roster_column {
    struct roster_column_part *parts;
    size_t part_count;
};

/** Zeroed is empty. */
void roster_column_fini(struct roster_column *column);

/** False: no memory, and nothing has changed. */
bool roster_column_put(struct roster_column *column, uint32_t person, int64_t value);

/** Fine when he has none. */
void roster_column_take(struct roster_column *column, uint32_t person);

/** Adds those whose value lies within; both ends included. */
void roster_column_add_within(const struct roster_column *column, int64_t from, int64_t to, roaring_bitmap_t *persons);

#endif
