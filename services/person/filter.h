// SPDX-License-Identifier: Apache-2.0
/**
 * Filter: a question for persons as one line of text, and the set of those it is true of.
 *
 *     larson                    somebody of whose names one begins so, or who has this customer number, phone or e-mail
 *     name:larson               of whose names one begins so; å, ä and ö may be typed as a and o
 *     group:vegan -group:regular region:norr,söder      all of them; one of several values; not
 *     (category:kund or has:organisation) born:1980..1989
 *     own.shoe_size:42.. -has:own.locker                an own-defined field, by its name
 *
 * A word is a term; all terms have to hold. `or` between two makes it enough that one does, and binds less than what stands side by side; `-` or
 * `not` before a term, or before parentheses, turns it round. A value with blanks, commas or parentheses stands in quotes: group:"Ny medlem". Ids
 * are written #17. The fields are listed in filter.c, and in the documentation of person.search.
 */
#ifndef SERVICES_PERSON_FILTER_H
#define SERVICES_PERSON_FILTER_H

#include "services/person/roster.h"
#include "services/person/state.h"

/** What a filter works with; its sets live until filter_fini. */
struct filter {
    struct ctx *ctx;
    const struct roster *roster;
    struct text rest;            // what was not read yet
    size_t depth;                // of parentheses
    const struct own_field *own; // that the term which is being read asks for
    roaring_bitmap_t **made;
    size_t made_count;
    size_t made_capacity;
};

/**
 * Reads the text and gives those it is true of: everybody when it is empty. NULL: refused, with field `where` and what is wrong. Borrows the roster
 * or the filter, which filter_fini ends in any case.
 */
const roaring_bitmap_t *filter_run(struct filter *filter, struct ctx *ctx, const struct roster *roster,
                                   struct text where);
void filter_fini(struct filter *filter);

#endif
