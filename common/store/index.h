// SPDX-License-Identifier: Apache-2.0
/**
 * Indexes over rows: put, delete, add, and reading them on a snapshot. What a service builds on; how entries reach the
 * disk is this module's own affair, and a reader never sees the difference.
 *
 * An index is declared once as a constant and listed in its service's `indexes`. A map index holds at most one value a
 * key; a counter index holds a signed sum a key, and a key whose sum is 0 is absent. Reading within a write transaction
 * sees the transaction's own entries. Keys have 1 to STORE_MAX_KEY_BYTES bytes, values at most 512: more is a sticky
 * FAULT_TOO_LARGE.
 *
 * A deferred index (design.md, 4) is for many entries at random keys, which would each dirty a page of their own: its
 * entries are appended to a log in the batch that makes them, wait in memory, sorted, and are merged into the table in
 * key order, many at a time, within later batches. Any other index is written in the batch, fit for few entries or keys
 * that grow. A map of which single keys are looked for often is a sought one: deferred, too, and what waits of it in memory has filters.
 */
#ifndef COMMON_STORE_INDEX_H
#define COMMON_STORE_INDEX_H

#include "common/store/store.h"

enum index_kind {
    INDEX_MAP,
    INDEX_COUNTER,
};

enum index_writing {
    INDEX_DIRECT,
    INDEX_DEFERRED,
    INDEX_SOUGHT,
};

struct index {
    struct store_table table; // read it through the calls below only
    enum index_kind kind;
    enum index_writing writing;
};

static inline bool index_is_deferred(const struct index *index)
{
    return index->writing != INDEX_DIRECT;
}

/** Replaces what the key has. Map only. */
void index_put(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes value);

/** Absent is fine. Map only. */
void index_delete(struct store_txn *txn, const struct index *index, struct bytes key);

/** Adds to the key's sum, modulo 2^64: no sum may come to pass the ends of int64_t, in between it may. Counter only. */
void index_add(struct store_txn *txn, const struct index *index, struct bytes key, int64_t amount);

/** The value of exactly this key; borrows as store_get. Map only. */
bool index_get_unique(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes *out_value);

/** The key's sum, 0 when absent. Counter only. */
int64_t index_get_sum(struct store_txn *txn, const struct index *index, struct bytes key);

/**
 * Walks the keys that begin with `prefix`, in key order or against it, beginning at `from` (inclusive; a full key, or
 * empty for the end it starts from). The prefix and `from` must outlive the scan. Close it before the transaction ends
 * and before a write.
 */
struct index_scan {
    struct bytes key;   // current entry; borrows until the next step
    struct bytes value; // map
    int64_t sum;        // counter
    // Its own affair:
    const struct index *index;
    struct bytes prefix;
    struct bytes from;
    bool descending;
    bool started;
    struct store_cursor cursor; // over the table
    bool in_table;              // the cursor stands on an entry yet to come
    struct index_walk *memory;  // over what is not in the table; NULL: nothing is
};
void index_scan_open(struct index_scan *scan, struct store_txn *txn, const struct index *index, struct bytes prefix,
                     struct bytes from, bool descending);

/** Moves to the first, then each next entry; false at the end. */
bool index_scan_next(struct index_scan *scan);

/** Goes on at the first key at or after `from`, which is not before the one given last: far cheaper than a new scan. Not against the order. */
void index_scan_leap(struct index_scan *scan, struct bytes from);
void index_scan_close(struct index_scan *scan);

#endif
