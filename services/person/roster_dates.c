// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_dates.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

enum { AT_ONCE = 128 }; // persons whose days are fetched side by side: each would be waited for

/** Days of a span, by level: a span of one is whole spans of the next. */
static const int32_t span_days[ROSTER_SPAN_LEVELS] = {256, 32};

void roster_dates_fini(struct roster_dates *dates)
{
    for (size_t level = 0; level < ROSTER_SPAN_LEVELS; level++) {
        struct roster_spans *spans = &dates->levels[level];
        for (size_t i = 0; i < spans->count; i++)
            roaring_bitmap_free(spans->items[i].persons);
        free(spans->items);
    }
    free(dates->days);
    *dates = (struct roster_dates){.capacity = 0};
}

bool roster_dates_grow(struct roster_dates *dates, size_t capacity)
{
    if (capacity <= dates->capacity)
        return true;
    int32_t *days = realloc(dates->days, capacity * sizeof *days);
    if (!days)
        return false;
    for (size_t i = dates->capacity; i < capacity; i++)
        days[i] = ROSTER_NO_DATE;
    dates->days = days;
    dates->capacity = capacity;
    return true;
}

static int32_t number_of(int32_t day, size_t level)
{
    int32_t days = span_days[level];
    return day < 0 ? -1 - (-1 - day) / days : day / days;
}

/** Place of the first span whose number is not below. */
static size_t lower_bound(const struct roster_spans *spans, int32_t number)
{
    size_t low = 0, high = spans->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** The set of a span, made when there is none. NULL: no memory. */
static roaring_bitmap_t *take_span(struct roster_spans *spans, int32_t number)
{
    size_t at = lower_bound(spans, number);
    if (at < spans->count && spans->items[at].number == number)
        return spans->items[at].persons;
    struct roster_span *items = grow(spans->items, &spans->capacity, spans->count + 1, sizeof *items);
    if (items)
        spans->items = items;
    roaring_bitmap_t *persons = items ? roaring_bitmap_create() : NULL;
    if (!persons)
        return NULL;
    memmove(items + at + 1, items + at, (spans->count - at) * sizeof *items);
    items[at] = (struct roster_span){number, persons};
    spans->count++;
    return persons;
}

/** The sets that a day is in, made when there are none. False: no memory. */
static bool take_sets(struct roster_dates *dates, int32_t day, roaring_bitmap_t *out_sets[ROSTER_SPAN_LEVELS])
{
    for (size_t level = 0; level < ROSTER_SPAN_LEVELS; level++) {
        out_sets[level] = take_span(&dates->levels[level], number_of(day, level));
        if (!out_sets[level])
            return false;
    }
    return true;
}

bool roster_dates_set(struct roster_dates *dates, uint32_t person, int32_t day)
{
    int32_t old = dates->days[person];
    roaring_bitmap_t *from[ROSTER_SPAN_LEVELS], *to[ROSTER_SPAN_LEVELS];
    if (old == day)
        return true;
    if (day != ROSTER_NO_DATE && !take_sets(dates, day, to))
        return false;
    if (old != ROSTER_NO_DATE && !take_sets(dates, old, from)) // which there are
        return false;
    for (size_t level = 0; level < ROSTER_SPAN_LEVELS; level++) {
        if (old != ROSTER_NO_DATE)
            roaring_bitmap_remove(from[level], person);
        if (day != ROSTER_NO_DATE)
            roaring_bitmap_add(to[level], person);
    }
    dates->days[person] = day;
    return true;
}

void roster_dates_pack(struct roster_dates *dates)
{
    for (size_t level = 0; level < ROSTER_SPAN_LEVELS; level++)
        for (size_t i = 0; i < dates->levels[level].count; i++) {
            roaring_bitmap_run_optimize(dates->levels[level].items[i].persons);
            roaring_bitmap_shrink_to_fit(dates->levels[level].items[i].persons);
        }
}

/** Sets of the shortest spans that the days asked for are only a part of: they are looked at one by one. */
struct ends {
    const roaring_bitmap_t *sets[2]; // there are no more: where the days begin, and where they end
    size_t count;
};

/** Whether all days of a span lie within. */
static bool is_within(int32_t number, size_t level, int32_t from, int32_t to)
{
    int64_t begin = (int64_t)number * span_days[level];
    return begin >= from && begin + span_days[level] - 1 <= to;
}

/** Whole spans of a level, and of those that are not whole what the next level has; sets are joined lazily. */
static void add_level(const struct roster_dates *dates, size_t level, int32_t from, int32_t to,
                      roaring_bitmap_t *persons, struct ends *ends)
{
    const struct roster_spans *spans = &dates->levels[level];
    int32_t last = number_of(to, level);
    for (size_t i = lower_bound(spans, number_of(from, level)); i < spans->count && spans->items[i].number <= last;
         i++) {
        int32_t number = spans->items[i].number;
        if (is_within(number, level, from, to)) {
            roaring_bitmap_lazy_or_inplace(persons, spans->items[i].persons, true);
            continue;
        }
        int64_t begin = (int64_t)number * span_days[level], end = begin + span_days[level] - 1;
        if (level + 1 == ROSTER_SPAN_LEVELS)
            ends->sets[ends->count++] = spans->items[i].persons;
        else
            add_level(dates, level + 1, begin > from ? (int32_t)begin : from, end < to ? (int32_t)end : to, persons,
                      ends);
    }
}

void roster_dates_sift(const struct roster_dates *dates, const roaring_bitmap_t *set, int32_t from, int32_t to,
                       bool is_within, roaring_bitmap_t *persons)
{
    uint32_t some[AT_ONCE], count;
    roaring_uint32_iterator_t at;
    roaring_init_iterator(set, &at);
    while ((count = roaring_read_uint32_iterator(&at, some, AT_ONCE)) > 0) {
        uint32_t sifted = 0;
        for (uint32_t i = 0; i < count; i++)
            if (some[i] < dates->capacity)
                __builtin_prefetch(&dates->days[some[i]]);
        for (uint32_t i = 0; i < count; i++) {
            bool is_in = roster_dates_within(dates, some[i], from, to);
            some[sifted] = some[i];
            sifted += is_in == is_within;
        }
        roaring_bitmap_add_many(persons, sifted, some);
    }
}

uint64_t roster_dates_most(const struct roster_dates *dates, int32_t from, int32_t to)
{
    const struct roster_spans *spans = &dates->levels[0];
    int32_t last = number_of(to, 0);
    uint64_t most = 0;
    for (size_t i = lower_bound(spans, number_of(from, 0)); i < spans->count && spans->items[i].number <= last; i++)
        most += roaring_bitmap_get_cardinality(spans->items[i].persons);
    return most;
}

void roster_dates_add(const struct roster_dates *dates, int32_t from, int32_t to, roaring_bitmap_t *persons)
{
    struct ends ends = {.count = 0};
    if (from > to)
        return;
    add_level(dates, 0, from, to, persons, &ends);
    roaring_bitmap_repair_after_lazy(persons);
    for (size_t i = 0; i < ends.count; i++)
        roster_dates_sift(dates, ends.sets[i], from, to, true, persons);
}
