// SPDX-License-Identifier: Apache-2.0
/**
 * Levels: small segments become larger ones, a piece a batch, so that no batch waits for a large merge. Internal to
 * common/store; the writer's thread.
 *
 * Eight neighbours of one level become one of the next, whose making goes on between batches while its sources are still
 * what is read. Each level is merged twice as fast as entries come, so it is done before eight more wait for it.
 */
#ifndef COMMON_STORE_INDEX_LEVELS_H
#define COMMON_STORE_INDEX_LEVELS_H

#include "common/store/index_walk.h"

enum {
    LEVELS_MERGED_AT_ONCE = 8,
    LEVELS_MOST = 10,
    LEVELS_SEGMENTS_MOST = 64, // when there are more, some are merged at once
    LEVELS_MADE_MOST = 64,     // segments in one step
};

struct level_merge;

struct index_levels {
    struct level_merge *merges[LEVELS_MOST]; // NULL: none is under way
};

/** Segments that one step made, the caller's to share and to let go. */
struct levels_made {
    size_t count;
    struct segment *segments[LEVELS_MADE_MOST];
};

/** Several segments, the oldest first, as a new one; its txn is the last one's. NULL: no memory. */
struct segment *segment_merge(struct segment *const *segments, size_t count);

/** Where a step works. */
struct levels_step {
    struct segment **segments; // the active ones, the oldest first; what is made takes the place of what it is made of
    size_t count;
    size_t entries;      // about so many are merged of each level, and as many of one that is begun
    size_t most_entries; // no segment is made of more
};

/** Goes on with what is under way and begins what is due. Without memory less is done. True: `step` is another now. */
bool index_levels_step(struct index_levels *levels, struct levels_step *step, struct levels_made *made);

/** Forgets what is under way: its sources are to be merged otherwise. */
void index_levels_abandon(struct index_levels *levels);

#endif
