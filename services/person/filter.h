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
 * are written #17. The fields are listed in filter_terms.c, and in the documentation of person.search.
 *
 * `selection:NAME` is whom a saved selection finds; it is evaluated like a question in parentheses, once in a question however often it is named.
 */
#ifndef SERVICES_PERSON_FILTER_H
#define SERVICES_PERSON_FILTER_H

#include "services/person/roster.h"
#include "services/person/state.h"

enum {
    FILTER_SELECTIONS = 64, // most that a question names, those that they name included
};

/** Whom something is true of; one that is turned round is of everybody else. */
struct filter_set {
    struct filter_node *node; // filter_sets.h; NULL: refused
    bool is_turned;
};

/** A question that was checked; lives as long as the batch. */
struct filter_check {
    struct text asked; // the question with what can be renamed by ids
    size_t selection_count;
    uint64_t selections[FILTER_SELECTIONS]; // that it names itself
};

/** What a filter works with; its sets live until filter_fini. */
struct filter {
    struct ctx *ctx;
    const struct roster *roster;
    struct text whole;           // what is being read: the question, or that of a selection
    struct text rest;            // what was not read yet
    const char *at;              // where a refusal says that it is wrong
    struct text selection;       // name of the one that is being read; empty: none
    size_t depth;                // of parentheses
    const struct own_field *own; // that the term which is being read asks for
    size_t level;                // of selections in selections
    size_t terms;                // of the question itself
    bool has_sort;               // once it was read: it is a selection alone, which has this order
    enum person_sort sort;
    struct filter_set asked;      // once it was read, the whole
    struct filter_naming *naming; // NULL: names stay as they are
    struct filter_words *words;   // NULL: what it tells of persons is of no interest
    uint64_t saved;               // selection that the question is to be saved as
    struct filter_found *found;   // selections that were evaluated
    size_t found_count;
    size_t found_capacity;
    roaring_bitmap_t **made;
    size_t made_count;
    size_t made_capacity;
    struct named_entries names; // when the roster has none
};

/** Reads the text. False: refused, with field `where` and what is wrong. filter_fini ends it in any case. */
bool filter_read(struct filter *filter, struct ctx *ctx, const struct roster *roster, struct text where);
void filter_fini(struct filter *filter);

/* Of a question that was read. */

/** All those it is true of: everybody when it is empty. NULL: refused as busy. Borrows the roster or the filter. */
const roaring_bitmap_t *filter_persons(struct filter *filter);

/** Whether it is true of a person; for this no set is put together. */
bool filter_holds(const struct filter *filter, uint32_t person);

/** Of which part of everybody it is true, if what it asks for had nothing to do with each other; 1: of everybody. */
double filter_share(const struct filter *filter);

/** Whether all those it is true of are a set already. */
bool filter_is_set(const struct filter *filter);

/**
 * Checks a question that is to be saved as selection `saved` (0: a new one), without asking it of anybody. False: refused as filter_run does. `nobody`:
 * a roster of nobody.
 */
bool filter_check(struct ctx *ctx, const struct roster *nobody, struct text where, uint64_t saved,
                  struct filter_check *out_check);

/** The same of a question that is not to be saved, with what it tells of persons (filter_words.h), which `words` begins. */
bool filter_check_words(struct ctx *ctx, const struct roster *nobody, struct text where, struct filter_words *words,
                        struct filter_check *out_check);

#endif
