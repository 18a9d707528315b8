// SPDX-License-Identifier: Apache-2.0
/**
 * Walking several segments as one: their entries in order, or against it, those of one key as one. Internal to
 * common/store.
 */
#ifndef COMMON_STORE_INDEX_WALK_H
#define COMMON_STORE_INDEX_WALK_H

#include "common/store/index_segment.h"

struct index_walk;

/** At most `most` segments can be added. NULL: no memory. */
struct index_walk *index_walk_new(bool descending, size_t most);
void index_walk_free(struct index_walk *walk);

/** Adds entries `first` up to, not including, `end` of a segment that is newer than those added before. Borrows it. */
void index_walk_add(struct index_walk *walk, const struct segment *segment, size_t first, size_t end);

/** The next key's entry, its sum when it is added to; NULL: none is left. Borrows until the step after it. */
const struct index_entry *index_walk_current(struct index_walk *walk);
void index_walk_step(struct index_walk *walk);

/** Passes over what stands before the place. Not against the order. */
void index_walk_leap(struct index_walk *walk, struct index_place place);

#endif
