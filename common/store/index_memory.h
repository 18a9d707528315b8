// SPDX-License-Identifier: Apache-2.0
/**
 * What deferred indexes have in memory, shared by one writer and any number of readers. Internal to common/store.
 *
 * A version is the segments there are at one moment: first the run, which is being merged into the tables, then the
 * active ones, the newest last. It never changes; the writer makes the next one and swaps it in, readers pin the one
 * they began with, and what nobody has pinned is freed. So a reader takes a lock only to pin and to let go.
 *
 * A batch's segments are published before its commit, marked with its number, which no snapshot has yet; when the
 * commit fails they are withdrawn before the number is used again. A version that was tidied (segments merged, a run
 * dropped that the tables hold) serves snapshots from that commit on: a reader that got hold of an older one begins
 * again.
 */
#ifndef COMMON_STORE_INDEX_MEMORY_H
#define COMMON_STORE_INDEX_MEMORY_H

#include <pthread.h>

#include "common/store/index_levels.h"
#include "common/store/index_pending.h"

enum {
    INDEX_OWN_MOST = 16, // of a batch; then they are made one
    INDEX_SEGMENTS_MOST =
        2 * (LEVELS_SEGMENTS_MOST + INDEX_OWN_MOST), // of a version: a run's and those that are active
};

struct index_version {
    unsigned refs;
    uint64_t serves_from; // LMDB's number of the oldest snapshot that it serves
    uint64_t run_upto;    // the run's last row in the log; 0: there is no run
    size_t run_count;     // segments of the run, the oldest first; after them the active ones
    size_t count;
    struct segment *segments[INDEX_SEGMENTS_MOST];
};

struct index_memory {
    pthread_mutex_t mutex; // refs of versions and segments, current
    struct index_version *current;
    bool shared;                        // there are deferred indexes; constant once the store is open
    struct segment_slots sought_slots;  // those of them that are sought
    const struct segment_slots *sought; // the same; NULL: none is
    // The writer's:
    struct index_version *before; // what to go back to while a batch is published and not committed
    struct index_pending pending;
    struct segment *own[INDEX_OWN_MOST]; // the batch's, the oldest first
    size_t own_count;
    size_t added;    // entries since memory was tidied last
    size_t owed;     // entries of the run still to be merged for those that were added
    size_t run_left; // entries of the run that are not merged, or more
    struct index_levels levels;
    struct index_walk *run_walk; // where the merging of the run stands; NULL: to be looked up
};

/** Zeroed, it can gather what is pending, and no more; now it can hold segments. False: no memory. */
bool index_memory_init(struct index_memory *memory);
void index_memory_fini(struct index_memory *memory);

/** Gives the current version: index_memory_unpin. */
const struct index_version *index_memory_pin(struct index_memory *memory);
void index_memory_unpin(struct index_memory *memory, const struct index_version *version);

/** Takes a segment as the batch's newest. False: no memory. */
bool index_memory_own(struct index_memory *memory, struct segment *segment);

/** Shows the batch's segments, marked as of LMDB's transaction `txn`. False: no memory. */
bool index_memory_publish(struct index_memory *memory, uint64_t txn);

/** The batch is committed; or it is not, and its segments, shown or not, go. */
void index_memory_keep(struct index_memory *memory);
void index_memory_withdraw(struct index_memory *memory);

/** Makes what is active the run, whose last row in the log is `upto`; there must be none. False: no memory. */
bool index_memory_begin_run(struct index_memory *memory, uint64_t upto);

/** Entries that are active, those of a run apart. The writer's thread. */
size_t index_memory_active(const struct index_memory *memory);

/** What tidying goes by. */
struct index_tidying {
    uint64_t committed;   // LMDB's number of the last commit
    uint64_t merged_upto; // rows of the log up to here are in the tables
    uint64_t log_last;    // the log's last row
    size_t run_entries;   // so many active entries become a run,
    uint64_t run_rows;    // or those of so many rows: adds to one key are one entry, in the log they are many
};

/** Between batches: merges small segments a little, drops a run that is in the tables, makes the active ones the next run. */
void index_memory_tidy(struct index_memory *memory, const struct index_tidying *tidying);

#endif
