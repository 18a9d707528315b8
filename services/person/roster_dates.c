// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_dates.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"

enum { SPAN_DAYS = 32 };

void roster_dates_fini(struct roster_dates *dates)
{
    for (size_t i = 0; i < dates->span_count; i++)
        roaring_bitmap_free(dates->spans[i].persons);
    free(dates->spans);
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

static int32_t number_of(int32_t day)
{
    return day < 0 ? -1 - (-1 - day) / SPAN_DAYS : day / SPAN_DAYS;
}

/** Place of the first span whose number is not below. */
static size_t lower_bound(const struct roster_dates *dates, int32_t number)
{
    size_t low = 0, high = dates->span_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dates->spans[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** The set of a span, made when there is none. NULL: no memory. */
static roaring_bitmap_t *take_span(struct roster_dates *dates, int32_t number)
{
    size_t at = lower_bound(dates, number);
    if (at < dates->span_count && dates->spans[at].number == number)
        return dates->spans[at].persons;
    struct roster_span *spans = grow(dates->spans, &dates->span_capacity, dates->span_count + 1, sizeof *dates->spans);
    if (spans)
        dates->spans = spans;
    roaring_bitmap_t *persons = spans ? roaring_bitmap_create() : NULL;
    if (!persons)
        return NULL;
    memmove(spans + at + 1, spans + at, (dates->span_count - at) * sizeof *spans);
    spans[at] = (struct roster_span){number, persons};
    dates->span_count++;
    return persons;
}

bool roster_dates_set(struct roster_dates *dates, uint32_t person, int32_t day)
{
    int32_t old = dates->days[person];
    if (old == day)
        return true;
    roaring_bitmap_t *persons = day == ROSTER_NO_DATE ? NULL : take_span(dates, number_of(day));
    if (day != ROSTER_NO_DATE && !persons)
        return false;
    if (old != ROSTER_NO_DATE)
        roaring_bitmap_remove(take_span(dates, number_of(old)), person); // which there is
    if (persons)
        roaring_bitmap_add(persons, person);
    dates->days[person] = day;
    return true;
}

void roster_dates_pack(struct roster_dates *dates)
{
    for (size_t i = 0; i < dates->span_count; i++) {
        roaring_bitmap_run_optimize(dates->spans[i].persons);
        roaring_bitmap_shrink_to_fit(dates->spans[i].persons);
    }
}

/** Adds those of a span whose day lies within. */
static void add_some(const struct roster_dates *dates, const struct roster_span *span, int32_t from, int32_t to,
                     roaring_bitmap_t *persons)
{
    roaring_uint32_iterator_t at;
    for (roaring_init_iterator(span->persons, &at); at.has_value; roaring_advance_uint32_iterator(&at)) {
        int32_t day = dates->days[at.current_value];
        if (day >= from && day <= to)
            roaring_bitmap_add(persons, at.current_value);
    }
}

void roster_dates_add(const struct roster_dates *dates, int32_t from, int32_t to, roaring_bitmap_t *persons)
{
    int32_t first = number_of(from), last = number_of(to);
    size_t begin = lower_bound(dates, first), end = begin;
    for (; end < dates->span_count && dates->spans[end].number <= last; end++)
        if (dates->spans[end].number > first && dates->spans[end].number < last)
            roaring_bitmap_lazy_or_inplace(persons, dates->spans[end].persons, true);
    roaring_bitmap_repair_after_lazy(persons);
    for (size_t i = begin; i < end; i++)
        if (dates->spans[i].number == first || dates->spans[i].number == last)
            add_some(dates, &dates->spans[i], from, to, persons);
}
