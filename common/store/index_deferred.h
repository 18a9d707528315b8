// SPDX-License-Identifier: Apache-2.0
/**
 * Deferred indexes as transactions see them: what waits in memory, and the merging of it into the tables. Internal to
 * common/store.
 *
 * A run is merged in slices, the next keys of it in each, inside the batches that add entries, a little faster than they
 * do. A slice stores in the same transaction how far it came, in the table of meta under "index":
 *
 *     u64 rows of the log up to here are in the tables | u64 last row of the run, 0: none | u8 slot, key: its last merged
 *
 * So a snapshot, and a store that is opened after a crash, takes of the run only what is beyond that key, and nothing is
 * added twice. This row and what slices write is local: it is in no write set, and each store merges for itself.
 */
#ifndef COMMON_STORE_INDEX_DEFERRED_H
#define COMMON_STORE_INDEX_DEFERRED_H

#include "common/store/index_memory.h"

/** How far a snapshot's tables hold its log. */
struct index_merge {
    uint64_t merged_upto; // row
    uint64_t run_upto;    // row; 0: none is under way
    unsigned done_slot;   // of the run
    size_t done_len;      // 0: nothing of it is merged
    uint8_t done_key[STORE_MAX_KEY_BYTES];
};

/** Reads the log back into memory, when the store is opened. */
enum fault store_indexes_open(struct store *store);

/** Between batches: begins a write transaction's view, tidies memory. */
void store_indexes_begin(struct store_txn *txn);

/** Appends what the transaction has done so far to the log, and writes what is not deferred to the tables. */
void store_indexes_flush(struct store_txn *txn);

/** The last thing before a commit: flushes, merges a slice, shows the entries. */
void store_indexes_prepare(struct store_txn *txn);

/** The batch is committed or gone. */
void store_indexes_end(struct store_txn *txn, bool committed);

/** Takes the entries of a row of the log that another store's write set brought. */
void store_indexes_apply(struct store_txn *txn, struct bytes row);

/* Merging: index_merge.c. */

/** So many entries become a run. */
size_t index_run_entries(const struct store *store);

/** Borrows: the transaction. */
const struct index_merge *index_merge_of(struct store_txn *txn);

/** The first place of the version's run that the view's tables do not have; false: they have all of it. */
bool index_rest_of_run(struct store_txn *txn, const struct index_version *version, struct index_place *out_place);

/** Merges as much of the run as the batch's entries call for, and deletes rows that are merged. */
void index_merge_some(struct store_txn *txn);

/** Merges all that waits, and empties the log, in transactions of its own; nobody may be using the store. */
enum fault store_settle_indexes(struct store *store, void (*goes_on)(void));

/* What waits in memory, the table being the caller's: index_waiting.c. */

/** The newest entry of the key. False: the table's holds. */
bool index_waiting_find(struct store_txn *txn, const struct index *index, struct bytes key,
                        struct index_entry *out_entry);

/** What is to be added to the table's sum. */
int64_t index_waiting_sum(struct store_txn *txn, const struct index *index, struct bytes key);

/** Walks entries from `low` up to `high`; NULL: none, or a fault. Gives the walk. */
struct index_walk *index_waiting_walk(struct store_txn *txn, struct index_place low, struct index_place high,
                                      bool descending);

#endif
