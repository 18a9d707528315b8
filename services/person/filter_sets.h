// SPDX-License-Identifier: Apache-2.0
/**
 * Filter sets: whom the terms of a filter are true of, and how they are put together. That is done when all of them are asked for, and not before: a page
 * of a question that many meet is found sooner by asking it of one after the other. Internal to filter.
 */
#ifndef SERVICES_PERSON_FILTER_SETS_H
#define SERVICES_PERSON_FILTER_SETS_H

#include "services/person/filter.h"

/** Lives as long as the batch. */
struct filter_node {
    const roaring_bitmap_t
        *persons; // borrowed from the roster, or made and kept by the filter; NULL: not put together yet
    const struct roster_dates *dates; // whose day lies from `from` to `to`; NULL: whom two others are true of
    int32_t from;
    int32_t to;
    size_t depth;           // of what is not put together below it
    bool is_either;         // one of the two, neither being turned round; else both, not both being turned round
    struct filter_set left; // of the two
    struct filter_set right;
};

/** Those of a set (NULL: refused), or everybody else. */
struct filter_set filter_of(struct filter *filter, const roaring_bitmap_t *persons, bool is_turned);

/** Those whose day lies within; both days included. */
struct filter_set filter_of_days(struct filter *filter, const struct roster_dates *dates, int32_t from, int32_t to);

/** A new, empty set that belongs to the filter; NULL: refused as busy. */
roaring_bitmap_t *filter_make(struct filter *filter);

/** Keeps a set that was made; NULL: refused as busy. */
const roaring_bitmap_t *filter_keep(struct filter *filter, roaring_bitmap_t *made);

struct filter_set filter_both(struct filter *filter, struct filter_set left, struct filter_set right);
struct filter_set filter_either(struct filter *filter, struct filter_set left, struct filter_set right);

/** Refuses the text, with the place in it; returns the set that says so. */
struct filter_set filter_refuse(struct filter *filter, const char *message);

/** Whom a selection finds; refuses one that asks for itself, and too many of them. */
struct filter_set filter_selection(struct filter *filter, const struct selection *selection);

/** The value that is being read is one name of this id; may be called for several. */
void filter_name_id(struct filter *filter, uint64_t id);

#endif
