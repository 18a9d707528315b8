// SPDX-License-Identifier: Apache-2.0
/**
 * Pending: what a write transaction has done to indexes and not yet written. A batch adds to few counters very often (a
 * total, a day), and to many once: gathered and taken in key order at the end, each costs one entry. Internal to
 * common/store.
 */
#ifndef COMMON_STORE_INDEX_PENDING_H
#define COMMON_STORE_INDEX_PENDING_H

#include "common/store/index.h"
#include "common/store/index_segment.h"

enum {
    INDEX_PENDING_MOST = 32 * 1024,        // keys held; then they are to be taken
    INDEX_PENDING_BYTES = 2 * 1024 * 1024, // and of their keys and values
};

/** One key and what is to be done to it. */
struct pending_entry {
    const struct index *index;
    enum index_entry_kind kind;
    uint32_t key_at; // in the bytes
    uint16_t key_len;
    uint16_t value_len;
    uint32_t value_at;
    int64_t amount;
};

/** What an entry is sorted by. */
struct pending_order {
    uint64_t head[2]; // of its key
    uint32_t slot;
    uint32_t number; // the entry's
};

/** Belongs to a store's writer. Zeroed is empty; memory is taken with the first entry and kept. */
struct index_pending {
    struct pending_entry *entries; // as they came
    size_t count;
    uint8_t *bytes;
    size_t byte_count;
    uint32_t *places;            // open addressing: an entry's number plus 1; 0: free
    size_t place_mask;           // of those in use, few for few entries
    struct pending_order *order; // of the entries, when they are drained
};

void index_pending_fini(struct index_pending *pending);

/** Forgets all: the transaction was aborted. */
void index_pending_clear(struct index_pending *pending);

/** Replaces what is to be done to the key, or adds to it. False: full, or no memory; nothing was changed. */
bool index_pending_add(struct index_pending *pending, const struct index *index, const struct index_entry *entry);

/** What is to be done to the key; false: nothing. Borrows until the next change. */
bool index_pending_find(const struct index_pending *pending, const struct index *index, struct bytes key,
                        struct index_entry *out_entry);

/** Gives every entry, by index and key, and empties. `take` must not add. */
void index_pending_drain(struct index_pending *pending,
                         void (*take)(void *user, const struct index *index, const struct index_entry *entry),
                         void *user);

#endif
