// SPDX-License-Identifier: Apache-2.0
/**
 * Merge: what two cards of one person are as one — which may be merged, and what of each the kept card gets. Reads only; person_merge.c writes it.
 * Source: domain.md 6.
 */
#ifndef SERVICES_PERSON_MERGE_H
#define SERVICES_PERSON_MERGE_H

#include "services/person/card_change.h"

/** What somebody wants to be merged. */
struct merge_wish {
    uint64_t keep;
    uint64_t drop;
    bool has_keep_revision;
    bool has_drop_revision;
    int64_t keep_revision;
    int64_t drop_revision;
    size_t take_count;
    const struct text *take; // fields of which the dropped card's value counts
};

struct merge {
    struct card_change change; // of the kept card, compared
    struct person_card drop;
    int64_t customers; // whose account manager the dropped one is
};

/** False: refused, with the field of the wish and what is wrong. */
bool merge_plan(struct ctx *ctx, const struct merge_wish *wish, struct merge *out_merge);

/**
 * Forgets the customer numbers that cards had which were merged into the person's, and by which it is still found. For an erasure.
 */
void merge_forget_numbers(struct ctx *ctx, uint64_t person);

#endif
