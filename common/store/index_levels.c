// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_levels.h"

#include <stdlib.h>

#include "common/base/must.h"

/** Sources are part of every version until what is made of them takes their place: nobody else merges them. */
struct level_merge {
    const struct segment *first; // of its sources
    uint64_t txn;                // the last one's
    struct index_walk *walk;
    struct segment_builder builder;
};

static void free_merge(struct level_merge *merge)
{
    if (!merge)
        return;
    index_walk_free(merge->walk);
    segment_builder_fini(&merge->builder);
    free(merge);
}

static struct level_merge *begin_merge(struct segment *const *segments, size_t count)
{
    size_t bytes = 0, sought = 0;
    struct level_merge *merge = calloc(1, sizeof *merge);
    if (!merge)
        return NULL;
    merge->first = segments[0];
    merge->txn = segments[count - 1]->txn;
    merge->walk = index_walk_new(false, count);
    for (size_t i = 0; merge->walk && i < count; i++) {
        index_walk_add(merge->walk, segments[i], 0, segments[i]->count);
        bytes += segments[i]->byte_count;
        sought += segments[i]->sought_count;
    }
    if (merge->walk && segment_builder_init(&merge->builder, bytes, segments[0]->sought, sought))
        return merge;
    free_merge(merge);
    return NULL;
}

enum advanced {
    ADVANCED_PART,
    ADVANCED_ALL,
    ADVANCED_NOT, // no memory
};

/** Merges at most so many keys. */
static enum advanced advance(struct level_merge *merge, size_t keys)
{
    const struct index_entry *entry;
    for (size_t done = 0; (entry = index_walk_current(merge->walk)); index_walk_step(merge->walk), done++) {
        if (done == keys)
            return ADVANCED_PART;
        if ((entry->kind != INDEX_ENTRY_ADD || entry->amount != 0) && !segment_builder_add(&merge->builder, entry))
            return ADVANCED_NOT;
    }
    return ADVANCED_ALL;
}

static struct segment *end_merge(struct level_merge *merge)
{
    struct segment *merged = segment_builder_take(&merge->builder);
    merged->txn = merge->txn;
    free_merge(merge);
    return merged;
}

struct segment *segment_merge(struct segment *const *segments, size_t count)
{
    struct level_merge *merge = begin_merge(segments, count);
    if (!merge)
        return NULL;
    if (advance(merge, SIZE_MAX) == ADVANCED_ALL)
        return end_merge(merge);
    free_merge(merge);
    return NULL;
}

/** Entries of so many segments from `first` on. */
static size_t entries_of(const struct levels_step *step, size_t first)
{
    size_t entries = 0;
    for (size_t i = 0; i < LEVELS_MERGED_AT_ONCE; i++)
        entries += step->segments[first + i]->count;
    return entries;
}

static bool are_of_level(const struct levels_step *step, size_t first, unsigned level)
{
    for (size_t i = 0; i < LEVELS_MERGED_AT_ONCE; i++)
        if (step->segments[first + i]->level != level)
            return false;
    return true;
}

/** The oldest neighbours of a level, if there are enough to be merged and they are not too large together. */
static bool find_due(const struct levels_step *step, unsigned level, size_t *out_first)
{
    for (size_t first = 0; first + LEVELS_MERGED_AT_ONCE <= step->count; first++)
        if (are_of_level(step, first, level) && entries_of(step, first) <= step->most_entries) {
            *out_first = first;
            return true;
        }
    return false;
}

static void replace(struct levels_step *step, const struct segment *first, struct segment *merged)
{
    size_t at = 0;
    while (at < step->count && step->segments[at] != first)
        at++;
    must(at + LEVELS_MERGED_AT_ONCE <= step->count);
    step->segments[at] = merged;
    step->count -= LEVELS_MERGED_AT_ONCE - 1;
    memmove(step->segments + at + 1, step->segments + at + LEVELS_MERGED_AT_ONCE,
            (step->count - at - 1) * sizeof(struct segment *));
}

/** One merge of the level, as far as it goes. True: a segment was made. */
static bool step_level(struct index_levels *levels, unsigned level, struct levels_step *step, struct levels_made *made)
{
    struct level_merge **merge = &levels->merges[level];
    size_t first;
    if (!*merge && find_due(step, level, &first))
        *merge = begin_merge(&step->segments[first], LEVELS_MERGED_AT_ONCE);
    if (!*merge || made->count == LEVELS_MADE_MOST)
        return false;
    enum advanced advanced = advance(*merge, step->entries);
    if (advanced == ADVANCED_NOT) {
        free_merge(*merge); // to be begun again
        *merge = NULL;
    }
    if (advanced != ADVANCED_ALL)
        return false;
    const struct segment *oldest = (*merge)->first;
    struct segment *merged = end_merge(*merge);
    *merge = NULL;
    merged->level = level + 1;
    replace(step, oldest, merged);
    made->segments[made->count++] = merged;
    return true;
}

/** Merges the smallest neighbours, whatever their levels, until there are few enough: large ones among small may keep these apart. */
static bool make_few(struct index_levels *levels, struct levels_step *step, struct levels_made *made)
{
    bool any = false;
    while (step->count > LEVELS_SEGMENTS_MOST && made->count < LEVELS_MADE_MOST) {
        size_t least = 0;
        index_levels_abandon(levels);
        for (size_t first = 1; first + LEVELS_MERGED_AT_ONCE <= step->count; first++)
            if (entries_of(step, first) < entries_of(step, least))
                least = first;
        struct segment *merged = segment_merge(&step->segments[least], LEVELS_MERGED_AT_ONCE);
        if (!merged)
            break;
        merged->level = step->segments[least]->level + 1;
        replace(step, step->segments[least], merged);
        made->segments[made->count++] = merged;
        any = true;
    }
    return any;
}

bool index_levels_step(struct index_levels *levels, struct levels_step *step, struct levels_made *made)
{
    bool any = make_few(levels, step, made);
    for (unsigned level = 0; level < LEVELS_MOST; level++)
        while (step_level(levels, level, step, made))
            any = true;
    return any;
}

void index_levels_abandon(struct index_levels *levels)
{
    for (size_t i = 0; i < LEVELS_MOST; i++) {
        free_merge(levels->merges[i]);
        levels->merges[i] = NULL;
    }
}
