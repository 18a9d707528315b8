// SPDX-License-Identifier: Apache-2.0
/**
 * Bulk changes: one change of all cards of a selection, worked off in slices of the command loop's own batches, through restarts too.
 *
 *     bulk           id → bulk
 *     bulk_set       bulk, u32 piece → of those that have not ended: the persons chosen, a roaring bitmap in pieces from 1 on; piece 0 is empty
 *     bulk_refused   bulk, person → bulk_refusal
 *
 * They run one after the other, in the order of their ids. The query side, which has the roster, finds the persons (bulk_choose.h); the command
 * side keeps them, and from then on needs nobody: `reached` tells where it goes on.
 */
#ifndef SERVICES_PERSON_BULK_H
#define SERVICES_PERSON_BULK_H

#include <roaring/roaring.h>

#include "services/person/state.h"

/** Begins one, in an apply: gives it its id, and the actor, sender and time of `ctx`. Returns the id. */
uint64_t bulk_begin(struct person_service *self, struct ctx *ctx, const struct bulk *bulk);

/** Reads one; refuses when there is none. */
bool bulk_get_row(struct ctx *ctx, uint64_t bulk, struct bulk *out_bulk);

void bulk_put_row(struct ctx *ctx, const struct bulk *bulk);

/** Writes its end: the state is set, and its persons go; so does the question, if it tells of some in words. */
void bulk_end(const struct person_service *self, struct ctx *ctx, struct bulk *bulk);

/** The one that is to be worked on, the oldest that has not ended; 0: none. `out_is_chosen`: its persons are kept. */
uint64_t bulk_current(struct store_txn *txn, bool *out_is_chosen);

/** Writes the persons chosen; false: refused as busy. */
bool bulk_keep_set(struct ctx *ctx, uint64_t bulk, const roaring_bitmap_t *persons);

/** Reads them. NULL: refused. Gives: roaring_bitmap_free. */
roaring_bitmap_t *bulk_read_set(struct ctx *ctx, uint64_t bulk);

/** Whether one that has not ended is to give cards this entry in the place of another. */
bool bulk_is_merging_into(struct ctx *ctx, uint64_t entry);

/** Key of `bulk_refused`. */
struct key bulk_refused_key(uint64_t bulk, uint64_t person);

#endif
