// SPDX-License-Identifier: Apache-2.0
/**
 * Roster dates: one date of everybody, for spans. The day of each person, and the sets of those of each 256 days and of each 32 side by side, so
 * that a span costs some sets and the two ends of it, not everybody. Belongs to a roster.
 */
#ifndef SERVICES_PERSON_ROSTER_DATES_H
#define SERVICES_PERSON_ROSTER_DATES_H

#include <roaring/roaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Somebody has no such date. */
#define ROSTER_NO_DATE INT32_MIN

enum { ROSTER_SPAN_LEVELS = 2 };

struct roster_span {
    int32_t number; // days from so many times a span's on
    roaring_bitmap_t *persons;
};

/** Of one length. */
struct roster_spans {
    struct roster_span *items; // by number
    size_t count;
    size_t capacity;
};

struct roster_dates {
    int32_t *days; // by person
    size_t capacity;
    struct roster_spans levels[ROSTER_SPAN_LEVELS]; // the longest first
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

/** Adds those of a set whose day lies within, or who have another one or none. */
void roster_dates_sift(const struct roster_dates *dates, const roaring_bitmap_t *set, int32_t from, int32_t to,
                       bool is_within, roaring_bitmap_t *persons);

/** About how many have a day within: no more than this, and the whole of the spans where it begins and ends. */
uint64_t roster_dates_most(const struct roster_dates *dates, int32_t from, int32_t to);

/** Whether the person has a day within. */
static inline bool roster_dates_within(const struct roster_dates *dates, uint32_t person, int32_t from, int32_t to)
{
    int32_t day = person < dates->capacity ? dates->days[person] : ROSTER_NO_DATE;
    return day != ROSTER_NO_DATE && day >= from && day <= to;
}

#endif
