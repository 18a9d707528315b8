// SPDX-License-Identifier: Apache-2.0
/** Filter terms: the fields that a filter may ask for, and whom a value is true of. Internal to filter. */
#ifndef SERVICES_PERSON_FILTER_TERMS_H
#define SERVICES_PERSON_FILTER_TERMS_H

#include "services/person/filter_sets.h"

struct filter_field {
    const char *name;
    /** Whom the value is true of; refuses one that makes no sense. */
    struct filter_set (*find)(struct filter *filter, const struct filter_field *field, struct text value);
    unsigned what; // of what kind: a pick-list, a date
    int flag;      // that somebody has any value; -1: there is none
};

/** NULL: there is no such field. */
const struct filter_field *filter_field_find(struct text name);

/** Whom a word without a field is true of. */
struct filter_set filter_find_word(struct filter *filter, struct text value);

#endif
