// SPDX-License-Identifier: Apache-2.0
/**
 * Blocks: a table of rows that are a few numbers each, under ids that lie close together. BLOCK_ROWS ids share a row of the store, and in it each column
 * is a list of its own (packed.h): a fact takes 16 bytes instead of 40, and whoever counts goes through a column at a time.
 *
 *     id / BLOCK_ROWS → u64 which of the ids are there | a list a column, of those that are
 *
 * The writer changes blocks in memory and puts them back before the commit. One thread has a cache; readers read the store.
 */
#ifndef SERVICES_STATS_BLOCKS_H
#define SERVICES_STATS_BLOCKS_H

#include "common/store/key.h"
#include "common/store/store.h"

enum {
    BLOCK_ROWS = 64,
    BLOCK_MOST_COLUMNS = 6,
};

struct block_table {
    struct store_table table;
    size_t columns;
};

/** Rows in the order of their ids; of those there is no gap in the columns. */
struct block {
    uint64_t number;
    uint64_t there;
    size_t count;
    int64_t columns[BLOCK_MOST_COLUMNS][BLOCK_ROWS];
};

/** The id of the row at `at`, < count. */
uint64_t block_id(const struct block *block, size_t at);

/* The writer's side: what a batch changes. */

struct block_cache;

/** Gives; NULL: no memory. */
struct block_cache *block_cache_new(const struct block_table *table);
void block_cache_free(struct block_cache *cache);

/** The row as the batch has it; false: there is none, or a fault, which is the transaction's. */
bool block_cache_get(struct block_cache *cache, struct store_txn *txn, uint64_t id, int64_t *out_row);
void block_cache_put(struct block_cache *cache, struct store_txn *txn, uint64_t id, const int64_t *row);
void block_cache_remove(struct block_cache *cache, struct store_txn *txn, uint64_t id);

/** Writes all that was changed: before the commit, and before anybody in the batch walks the table. */
void block_cache_flush(struct block_cache *cache, struct store_txn *txn);

/** The batch is over, or gone. */
void block_cache_forget(struct block_cache *cache);

/* Whoever reads. */

/** One row; false: there is none, or a fault. */
bool block_get(struct store_txn *txn, const struct block_table *table, uint64_t id, int64_t *out_row);

/** Walks the blocks from the one that `from` is of. `wanted`: bits of the columns that are to be read. */
struct block_walk {
    const struct block_table *table;
    struct store_cursor cursor;
    struct key from;
    unsigned wanted;
    bool started;
    struct block block;
};
void block_walk_open(struct block_walk *walk, struct store_txn *txn, const struct block_table *table, uint64_t from,
                     unsigned wanted);

/** The next block that has a row whose first column is from `least` to `most`; its wanted columns are read. */
bool block_walk_next(struct block_walk *walk, int64_t least, int64_t most);
void block_walk_close(struct block_walk *walk);

#endif
