// SPDX-License-Identifier: Apache-2.0
/**
 * Segments: entries of deferred indexes that wait in memory, sorted and never changed after they are made, so that any
 * thread may read one without a lock; and walking several of them as one. Internal to common/store; knows nothing of
 * LMDB or of transactions.
 *
 * Entries are ordered by index, then by key. A segment has one entry a key; of the same key in two segments the newer
 * one replaces the older, or is added to it.
 */
#ifndef COMMON_STORE_INDEX_SEGMENT_H
#define COMMON_STORE_INDEX_SEGMENT_H

#include "common/base/text.h"

enum index_entry_kind {
    INDEX_ENTRY_PUT = 1,
    INDEX_ENTRY_DELETE = 2,
    INDEX_ENTRY_ADD = 3,
};

/** What is to be done to one key. Borrows. */
struct index_entry {
    enum index_entry_kind kind;
    unsigned slot; // of the index's table
    struct bytes key;
    struct bytes value; // put
    int64_t amount;     // add
};

/** Modulo 2^64: amounts may come in an order in which they pass the ends while their sum does not. */
static inline int64_t index_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/** Where an entry would stand: before the first entry at or after the key, or after the key. */
struct index_place {
    unsigned slot;
    struct bytes key;
    bool after;
};

struct segment {
    unsigned refs;  // under the lock of who shares it
    unsigned level; // how often it was merged
    uint64_t txn;   // LMDB's number of the transaction that made its newest entries
    size_t count;
    size_t entry_room;
    size_t byte_count;
    size_t byte_room;
    struct segment_entry *entries;
    uint8_t *bytes;
};

/** Empty, with room for so many entries and bytes of keys and values; more is taken as needed. NULL: no memory. */
struct segment *segment_new(size_t entries, size_t bytes);
void segment_free(struct segment *segment);

/** Adds an entry that is greater than all there. False: no memory. Only until the segment is shared. */
bool segment_add(struct segment *segment, const struct index_entry *entry);

/** Gives back the room that was not needed. */
void segment_trim(struct segment *segment);

struct index_entry segment_get(const struct segment *segment, size_t at);

/** Number of entries before the place. */
size_t segment_seek(const struct segment *segment, struct index_place place);

/** The entry of exactly this key; false: none. */
bool segment_find(const struct segment *segment, unsigned slot, struct bytes key, struct index_entry *out_entry);

/** Walks entries of several segments in order, or against it, those of one key as one. */
struct index_walk;

enum { INDEX_WALK_SOURCES = 192 };

/** At most INDEX_WALK_SOURCES segments can be added. NULL: no memory. */
struct index_walk *index_walk_new(bool descending);
void index_walk_free(struct index_walk *walk);

/** Adds entries `first` up to, not including, `end` of a segment that is newer than those added before. */
void index_walk_add(struct index_walk *walk, const struct segment *segment, size_t first, size_t end);

/** The next key's entry, its sum when it is added to; NULL: none is left. Borrows until the step after it. */
const struct index_entry *index_walk_current(struct index_walk *walk);
void index_walk_step(struct index_walk *walk);

/** Several, the oldest first, as a new one; its txn is the last one's. NULL: no memory. */
struct segment *segment_merge(struct segment *const *segments, size_t count);

#endif
