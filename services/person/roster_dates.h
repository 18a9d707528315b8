// SPDX-License-Identifier: Apache-2.0
/**
 * Roster dates: one date of everybody, for spans. The day of each person, and the sets of those of each 32 days side by side, so that a span costs
 * those who are in it and the two ends of it, not everybody. Belongs to a roster.
 */
#ifndef SERVICES_PERSON_ROSTER_DATES_H
#define SERVICES_PERSON_ROSTER_DATES_H

#include <roaring/roaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Somebody has no such date. */
#define ROSTER_NO_DATE INT32_MIN

struct roster_span {
    int32_t number; // days from 32 times as much on
    roaring_bitmap_t *persons;
};

struct roster_dates {
    int32_t *days; // by person
    size_t capacity;
    struct roster_span *spans; // by number
    size_t span_count;
    size_t span_capacity;
};

/** Zeroed is empty. */
void roster_dates_fini(struct roster_dates *dates);

/** Room for persons below `capacity`. False: no memory. */
bool roster_dates_grow(struct roster_dates *dates, size_t capacity);

/** Gives a person, for whom there is room, a day or ROSTER_NO_DATE. False: no memory. */
bool roster_dates_set(struct roster_dates *dates, uint32_t person, int32_t day);

/** Packs the sets. */
void roster_dates_pack(struct roster_dates *dates);

/** Adds those whose day lies within; both days included. */
void roster_dates_add(const struct roster_dates *dates, int32_t from, int32_t to, roaring_bitmap_t *persons);

#endif
