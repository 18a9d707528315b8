// SPDX-License-Identifier: Apache-2.0
/**
 * Indexes over rows: put, delete, add, and reading them on a snapshot. What a service builds on; how entries reach the
 * disk is this module's own affair (design.md, 4: they may wait in memory and be merged later; a reader never sees the
 * difference).
 *
 * An index is declared once as a constant and listed in its service's tables through `table`. A map index holds at most
 * one value a key; a counter index holds a signed sum a key, and a key whose sum is 0 is absent. Reading within a write
 * transaction sees the transaction's own entries. Keys are at most STORE_MAX_KEY_BYTES, values at most 512 bytes: more
 * is a sticky FAULT_TOO_LARGE.
 */
#ifndef COMMON_STORE_INDEX_H
#define COMMON_STORE_INDEX_H

#include "common/store/store.h"

enum index_kind {
    INDEX_MAP,
    INDEX_COUNTER,
};

struct index {
    struct store_table table;
    enum index_kind kind;
};

/** Replaces what the key has. Map only. */
void index_put(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes value);

/** Absent is fine. Map only. */
void index_delete(struct store_txn *txn, const struct index *index, struct bytes key);

/** Adds to the key's sum; an overflow is a defect. Counter only. */
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
    const struct index *index;
    struct bytes prefix;
    bool descending;
    bool started;
    struct store_cursor cursor;
    struct bytes from;
    struct bytes key;   // current entry; borrows until the next step
    struct bytes value; // map
    int64_t sum;        // counter
};
void index_scan_open(struct index_scan *scan, struct store_txn *txn, const struct index *index, struct bytes prefix,
                     struct bytes from, bool descending);

/** Moves to the first, then each next entry; false at the end. */
bool index_scan_next(struct index_scan *scan);
void index_scan_close(struct index_scan *scan);

#endif
