// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_memory.h"

#include <stdlib.h>

#include "common/base/must.h"

enum {
    MERGED_AT_ONCE = 8, // so many segments of a level become one of the next
    ACTIVE_MOST = 64,   // segments; then all become one
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
    must(version.count + memory->own_count <= INDEX_SEGMENTS_MOST);
    for (size_t i = 0; i < memory->own_count; i++) {
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
    index_pending_clear(&memory->pending);
}

static size_t entries_from(const struct index_version *version, size_t first)
{
    size_t entries = 0;
    for (size_t i = first; i < version->count; i++)
        entries += version->segments[i]->count;
    return entries;
}

size_t index_memory_active(const struct index_memory *memory)
{
    return entries_from(memory->current, memory->current->run_count);
}

/** How many of the newest active segments are due to become one: a whole level, or all when there are too many. */
static size_t due_to_merge(const struct index_version *version)
{
    size_t active = version->count - version->run_count, same = 0;
    if (active >= ACTIVE_MOST)
        return active;
    while (same < active &&
           version->segments[version->count - 1 - same]->level == version->segments[version->count - 1]->level)
        same++;
    return same >= MERGED_AT_ONCE ? same : 0;
}

/** The newest `count` segments of `version` become one, of which `version` has the only reference. */
static bool merge_newest(struct index_version *version, size_t count, struct segment **out_merged)
{
    struct segment *const *newest = &version->segments[version->count - count];
    struct segment *merged = segment_merge(newest, count);
    if (!merged)
        return false;
    for (size_t i = 0; i < count; i++)
        if (newest[i]->level >= merged->level)
            merged->level = newest[i]->level + 1;
    version->count -= count;
    version->segments[version->count++] = merged;
    *out_merged = merged;
    return true;
}

static bool merge_small(struct index_version *version, struct segment **made, size_t *made_count)
{
    bool any = false;
    for (size_t due = due_to_merge(version); due > 0; due = due_to_merge(version), any = true)
        if (*made_count < ACTIVE_MOST && merge_newest(version, due, &made[*made_count]))
            ++*made_count;
        else
            break;
    return any;
}

static void drop_run(struct index_version *version)
{
    version->count -= version->run_count;
    memmove(version->segments, version->segments + version->run_count, version->count * sizeof *version->segments);
    version->run_count = 0;
    version->run_upto = 0;
}

static void begin_run(struct index_version *version, uint64_t upto)
{
    version->run_count = version->count;
    version->run_upto = upto;
}

bool index_memory_begin_run(struct index_memory *memory, uint64_t upto)
{
    struct index_version version = copy_current(memory);
    begin_run(&version, upto);
    return show(memory, &version);
}

void index_memory_tidy(struct index_memory *memory, const struct index_tidying *tidying)
{
    struct index_version version = copy_current(memory);
    struct segment *made[ACTIVE_MOST];
    size_t made_count = 0;
    bool changed = merge_small(&version, made, &made_count);
    if (version.run_upto != 0 && tidying->merged_upto >= version.run_upto) {
        drop_run(&version);
        changed = true;
    }
    if (version.run_upto == 0 && (entries_from(&version, 0) >= tidying->run_entries ||
                                  tidying->log_last - tidying->merged_upto >= tidying->run_rows)) {
        begin_run(&version, tidying->log_last);
        changed = true;
    }
    version.serves_from = tidying->committed;
    if (changed)
        show(memory, &version); // without memory it stays as it was, and is tried again
    pthread_mutex_lock(&memory->mutex);
    for (size_t i = 0; i < made_count; i++)
        drop_segment(made[i]);
    pthread_mutex_unlock(&memory->mutex);
}
