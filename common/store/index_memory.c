// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_memory.h"

#include <stdlib.h>

#include "common/base/must.h"

enum {
    FEWEST_MERGED = 1024, // entries of a level in a batch
    MERGED_FOR_ADDED = 2, // so a level is done before it is due again
    PARTS_OF_RUN = 4,     // segments are not made larger than such a part: the run's own merge takes them
};

bool index_memory_init(struct index_memory *memory)
{
    memory->current = calloc(1, sizeof *memory->current);
    if (!memory->current)
        return false;
    memory->current->refs = 1;
    must(pthread_mutex_init(&memory->mutex, NULL) == 0);
    memory->shared = true;
    return true;
}

static void drop_segment(struct segment *segment)
{
    if (--segment->refs == 0)
        segment_free(segment);
}

/** Under the mutex. */
static void drop(struct index_version *version)
{
    if (!version || --version->refs > 0)
        return;
    for (size_t i = 0; i < version->count; i++)
        drop_segment(version->segments[i]);
    free(version);
}

void index_memory_fini(struct index_memory *memory)
{
    index_memory_withdraw(memory);
    index_pending_fini(&memory->pending);
    index_levels_abandon(&memory->levels);
    if (!memory->shared)
        return;
    drop(memory->current);
    pthread_mutex_destroy(&memory->mutex);
    memory->shared = false;
}

const struct index_version *index_memory_pin(struct index_memory *memory)
{
    pthread_mutex_lock(&memory->mutex);
    struct index_version *version = memory->current;
    version->refs++;
    pthread_mutex_unlock(&memory->mutex);
    return version;
}

void index_memory_unpin(struct index_memory *memory, const struct index_version *version)
{
    pthread_mutex_lock(&memory->mutex);
    drop((struct index_version *)(uintptr_t)version); // pinned: it is one of ours, and not a constant
    pthread_mutex_unlock(&memory->mutex);
}

static struct index_version copy_current(struct index_memory *memory)
{
    pthread_mutex_lock(&memory->mutex); // readers count their pins in it
    struct index_version version = *memory->current;
    pthread_mutex_unlock(&memory->mutex);
    return version;
}

/** Swaps in a copy of `wanted`. False: no memory. */
static bool show(struct index_memory *memory, const struct index_version *wanted)
{
    struct index_version *version = malloc(sizeof *version);
    if (!version)
        return false;
    *version = *wanted;
    version->refs = 1;
    pthread_mutex_lock(&memory->mutex);
    for (size_t i = 0; i < version->count; i++)
        version->segments[i]->refs++;
    drop(memory->current);
    memory->current = version;
    pthread_mutex_unlock(&memory->mutex);
    return true;
}

static void drop_own(struct index_memory *memory)
{
    if (memory->own_count == 0)
        return; // perhaps there is no mutex
    pthread_mutex_lock(&memory->mutex);
    for (size_t i = 0; i < memory->own_count; i++)
        drop_segment(memory->own[i]);
    pthread_mutex_unlock(&memory->mutex);
    memory->own_count = 0;
}

bool index_memory_own(struct index_memory *memory, struct segment *segment)
{
    if (memory->own_count == INDEX_OWN_MOST) {
        struct segment *merged = segment_merge(memory->own, memory->own_count);
        if (!merged) {
            segment_free(segment);
            return false;
        }
        drop_own(memory);
        memory->own[memory->own_count++] = merged;
    }
    memory->own[memory->own_count++] = segment;
    return true;
}

bool index_memory_publish(struct index_memory *memory, uint64_t txn)
{
    if (memory->own_count == 0)
        return true;
    struct index_version version = copy_current(memory);
    if (version.count + memory->own_count > INDEX_SEGMENTS_MOST)
        return false; // without memory none became fewer
    for (size_t i = 0; i < memory->own_count; i++) {
        memory->added += memory->own[i]->count;
        memory->own[i]->txn = txn;
        version.segments[version.count++] = memory->own[i];
    }
    memory->before = (struct index_version *)(uintptr_t)index_memory_pin(memory);
    return show(memory, &version);
}

static void forget_before(struct index_memory *memory)
{
    if (memory->before)
        index_memory_unpin(memory, memory->before);
    memory->before = NULL;
}

void index_memory_keep(struct index_memory *memory)
{
    forget_before(memory);
    drop_own(memory);
}

/** What is merged of a run goes on from where the tables say. */
static void forget_run_walk(struct index_memory *memory)
{
    index_walk_free(memory->run_walk);
    memory->run_walk = NULL;
}

static size_t entries_between(const struct index_version *version, size_t first, size_t end)
{
    size_t entries = 0;
    for (size_t i = first; i < end; i++)
        entries += version->segments[i]->count;
    return entries;
}

void index_memory_withdraw(struct index_memory *memory)
{
    if (memory->before) {
        pthread_mutex_lock(&memory->mutex);
        drop(memory->current);
        memory->current = memory->before;
        pthread_mutex_unlock(&memory->mutex);
        memory->before = NULL;
    }
    drop_own(memory);
    forget_run_walk(memory); // it may be ahead of the tables now
    memory->run_left = memory->current ? entries_between(memory->current, 0, memory->current->run_count) : 0;
    index_pending_clear(&memory->pending);
}

size_t index_memory_active(const struct index_memory *memory)
{
    return entries_between(memory->current, memory->current->run_count, memory->current->count);
}

/** Merges small segments; what is made takes the place of its sources in `version`. */
static bool merge_small(struct index_memory *memory, struct index_version *version, size_t run_entries,
                        struct levels_made *made)
{
    struct levels_step step = {
        .segments = version->segments + version->run_count,
        .count = version->count - version->run_count,
        .entries = FEWEST_MERGED + MERGED_FOR_ADDED * memory->added,
        .most_entries = run_entries / PARTS_OF_RUN,
    };
    memory->added = 0;
    bool any = index_levels_step(&memory->levels, &step, made);
    version->count = version->run_count + step.count;
    return any;
}

static void drop_run(struct index_version *version)
{
    version->count -= version->run_count;
    memmove(version->segments, version->segments + version->run_count, version->count * sizeof *version->segments);
    version->run_count = 0;
    version->run_upto = 0;
}

static void begin_run(struct index_memory *memory, struct index_version *version, uint64_t upto)
{
    index_levels_abandon(&memory->levels);
    forget_run_walk(memory);
    memory->run_left = entries_between(version, 0, version->count);
    version->run_count = version->count;
    version->run_upto = upto;
}

bool index_memory_begin_run(struct index_memory *memory, uint64_t upto)
{
    struct index_version version = copy_current(memory);
    begin_run(memory, &version, upto);
    return show(memory, &version);
}

void index_memory_tidy(struct index_memory *memory, const struct index_tidying *tidying)
{
    struct index_version version = copy_current(memory);
    struct levels_made made = {.count = 0};
    bool changed = merge_small(memory, &version, tidying->run_entries, &made);
    if (version.run_upto != 0 && tidying->merged_upto >= version.run_upto) {
        forget_run_walk(memory);
        drop_run(&version);
        changed = true;
    }
    if (version.run_upto == 0 && (entries_between(&version, 0, version.count) >= tidying->run_entries ||
                                  tidying->log_last - tidying->merged_upto >= tidying->run_rows)) {
        begin_run(memory, &version, tidying->log_last);
        changed = true;
    }
    version.serves_from = tidying->committed;
    if (changed && !show(memory, &version)) {
        index_levels_abandon(&memory->levels); // it stays as it was, and is tried again
        forget_run_walk(memory);
    }
    pthread_mutex_lock(&memory->mutex);
    for (size_t i = 0; i < made.count; i++)
        drop_segment(made.segments[i]);
    pthread_mutex_unlock(&memory->mutex);
}
