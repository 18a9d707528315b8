// SPDX-License-Identifier: Apache-2.0
/** Filter terms: the fields that a filter may ask for, and whom a value is true of. Internal to filter. */
#ifndef SERVICES_PERSON_FILTER_TERMS_H
#define SERVICES_PERSON_FILTER_TERMS_H

#include "services/person/filter_sets.h"

struct filter_field {
    /** Whom the value is true of; refuses one that makes no sense. */
    struct filter_set (*find)(struct filter *filter, const struct filter_field *field, struct text value);
    unsigned what; // of what kind: a pick-list, a date
    int flag;      // that somebody has any value; -1: there is none
};

/** NULL: there is no such field, or refused. */
const struct filter_field *filter_field_find(struct filter *filter, struct text name);

/** Whom a word without a field is true of. */
struct filter_set filter_find_word(struct filter *filter, struct text value);

/* What fields of several kinds are made of. */

/** Those who have the tag of the id. */
struct filter_set filter_of_id(struct filter *filter, enum facet facet, uint64_t id);

/** Those of whom every word of the value begins one of theirs: of their names, or of their texts of an own-defined field, by its id. */
struct filter_set filter_of_words(struct filter *filter, uint64_t own_field, struct text value);

/** Whether the value asks for those who have none. */
bool filter_is_none(struct text value);

/** The two ends of a span: the same twice, when it is none. An open end is empty. */
void filter_split(struct text value, struct text *out_from, struct text *out_to);

/** Reads a time or a span of times; false: it is none, and refused. */
bool filter_read_days(struct filter *filter, struct text value, int32_t *out_from, int32_t *out_to);

/* Own-defined fields: filter_own.c. */

/** What their names begin with. */
extern const struct text filter_own_prefix;

/** The field of the name behind the prefix; NULL: refused, there is none. */
const struct filter_field *filter_own_find(struct filter *filter, struct text name);

/** Those who have any value of it. */
struct filter_set filter_own_has(struct filter *filter, struct text name);

#endif
