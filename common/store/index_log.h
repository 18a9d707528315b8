// SPDX-License-Identifier: Apache-2.0
/**
 * The log of deferred indexes: where a batch's entries are durable before the tables have them. Internal to
 * common/store.
 *
 * A table, row number → entries of one batch. Rows have less than half a page, and their numbers have no gap. A row is
 * entries one after the other, sorted:
 *
 *     u8 kind (1 put, 2 delete, 3 add) | u8 table slot | u8 bytes of the key that are those of the entry before it |
 *     u16 length of its rest, rest | put: u16 length, value | add: amount, zigzag and LEB128
 *
 * Rows are part of the batch's write set, so that a stand-by has the entries too. Their deletion is not: each store
 * merges for itself.
 */
#ifndef COMMON_STORE_INDEX_LOG_H
#define COMMON_STORE_INDEX_LOG_H

#include "common/base/buffer.h"
#include "common/store/index_segment.h"
#include "common/store/store.h"

enum {
    INDEX_LOG_ROW_BYTES = 2000, // two to a page
    INDEX_MAX_VALUE_BYTES = 512,
};

/** A batch's rows. */
struct index_log_writer {
    struct buffer row;
    struct bytes key; // of the entry before, in the row; borrows until the next entry
    uint64_t last;    // row
    size_t rows;      // that the batch has
};

/** Appends an entry, greater than the one before since the last flush; its key must stay until the next. */
void index_log_add(struct store_txn *txn, const struct index_entry *entry);

/** Writes the row that is being gathered. */
void index_log_flush(struct store_txn *txn);

/** Reads a row: `rest` is given, all else zeroed. */
struct index_log_reader {
    struct bytes rest;
    struct index_entry entry; // borrows from the row, and its key from `key` until the next
    bool malformed;
    uint8_t key[STORE_MAX_KEY_BYTES];
};

/** The next entry; false at the end, or where the row is malformed. */
bool index_log_next(struct index_log_reader *reader);

/** Whether a row holds entries of the store's deferred indexes and nothing else. */
bool index_log_is_row(const struct store *store, struct bytes row);

/** Number of the last row, 0 when there is none. */
uint64_t index_log_last(struct store_txn *txn);

/** Deletes at most `most` rows of the oldest, up to number `upto`. */
void index_log_delete(struct store_txn *txn, uint64_t upto, size_t most);

#endif
