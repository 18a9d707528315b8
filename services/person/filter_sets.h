// SPDX-License-Identifier: Apache-2.0
/** Filter sets: sets of persons as a filter puts them together; one that is turned round is everybody but those in it. Internal to filter. */
#ifndef SERVICES_PERSON_FILTER_SETS_H
#define SERVICES_PERSON_FILTER_SETS_H

#include "services/person/filter.h"

struct filter_set {
    const roaring_bitmap_t *persons; // borrowed from the roster, or made and kept by the filter; NULL: refused
    bool is_turned;
};

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
