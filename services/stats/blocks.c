// SPDX-License-Identifier: Apache-2.0
#include "services/stats/blocks.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "services/stats/mix.h"
#include "services/stats/packed.h"

enum {
    CACHED = 512,       // blocks that a batch changes before they are written
    SLOTS = 2 * CACHED, // a power of two
    ALL_COLUMNS = (1 << BLOCK_MOST_COLUMNS) - 1,
    BLOCK_BYTES = 8 + BLOCK_MOST_COLUMNS * (PACKED_HEAD + 8 * BLOCK_ROWS) + PACKED_END,
};

struct block_cache {
    const struct block_table *table;
    size_t count;
    struct block blocks[CACHED];
    uint16_t slots[SLOTS]; // place of the block plus one; 0: free
    struct buffer scratch;
};

static uint64_t bit_of(uint64_t id)
{
    return UINT64_C(1) << id % BLOCK_ROWS;
}

/** How many rows stand before the id's. */
static size_t rank_of(uint64_t there, uint64_t id)
{
    return (size_t)__builtin_popcountll(there & (bit_of(id) - 1));
}

uint64_t block_id(const struct block *block, size_t at)
{
    uint64_t there = block->there;
    if (there == UINT64_MAX)
        return block->number * BLOCK_ROWS + at;
    while (at-- > 0)
        there &= there - 1;
    return block->number * BLOCK_ROWS + (uint64_t)__builtin_ctzll(there);
}

/** Takes the bits of who is there off the value. */
static bool read_head(struct bytes *rest, uint64_t *out_there)
{
    if (rest->len < sizeof *out_there)
        return false;
    *out_there = get_u64(rest->data);
    *rest = bytes_of(rest->data + sizeof *out_there, rest->len - sizeof *out_there);
    return true;
}

static bool read_block(const struct block_table *table, struct bytes value, unsigned wanted, struct block *out_block)
{
    if (!read_head(&value, &out_block->there))
        return false;
    out_block->count = (size_t)__builtin_popcountll(out_block->there);
    if (out_block->count == 0)
        return true;
    for (size_t i = 0; i < table->columns; i++) {
        bool read = wanted >> i & 1 ? packed_read(&value, out_block->columns[i], out_block->count)
                                    : packed_read_one(&value, 0, out_block->count, NULL);
        if (!read)
            return false;
    }
    return true;
}

/* The writer's side. */

struct block_cache *block_cache_new(const struct block_table *table)
{
    struct block_cache *cache = calloc(1, sizeof *cache);
    must(table->columns <= BLOCK_MOST_COLUMNS);
    if (!cache)
        return NULL;
    cache->table = table;
    buffer_init(&cache->scratch, BLOCK_BYTES);
    return cache;
}

void block_cache_free(struct block_cache *cache)
{
    if (cache)
        buffer_fini(&cache->scratch);
    free(cache);
}

void block_cache_forget(struct block_cache *cache)
{
    if (cache->count)
        memset(cache->slots, 0, sizeof cache->slots);
    cache->count = 0;
}

static uint16_t *slot_of(struct block_cache *cache, uint64_t number)
{
    size_t at = (size_t)mix64(number) % SLOTS;
    while (cache->slots[at] && cache->blocks[cache->slots[at] - 1].number != number)
        at = (at + 1) % SLOTS;
    return &cache->slots[at];
}

static void write_block(struct block_cache *cache, struct store_txn *txn, const struct block *block)
{
    struct key key = key_of_id(block->number);
    struct buffer *scratch = &cache->scratch;
    if (block->count == 0) {
        store_delete(txn, &cache->table->table, key_bytes(&key));
        return;
    }
    buffer_reset(scratch);
    buffer_u64(scratch, block->there);
    for (size_t i = 0; i < cache->table->columns; i++)
        packed_write(scratch, block->columns[i], block->count);
    packed_end(scratch);
    if (scratch->failed)
        store_txn_fail(txn, FAULT_MEMORY);
    else
        store_put(txn, &cache->table->table, key_bytes(&key), buffer_bytes(scratch));
}

void block_cache_flush(struct block_cache *cache, struct store_txn *txn)
{
    for (size_t i = 0; i < cache->count; i++)
        write_block(cache, txn, &cache->blocks[i]);
    block_cache_forget(cache);
}

static void load(const struct block_cache *cache, struct store_txn *txn, struct block *block)
{
    struct key key = key_of_id(block->number);
    struct bytes value;
    block->there = 0;
    block->count = 0;
    if (!store_get(txn, &cache->table->table, key_bytes(&key), &value))
        return;
    if (!read_block(cache->table, value, ALL_COLUMNS, block)) {
        store_txn_fail(txn, FAULT_CORRUPT);
        block->there = 0;
        block->count = 0;
    }
}

/** The id's block, to be changed. */
static struct block *take(struct block_cache *cache, struct store_txn *txn, uint64_t id)
{
    uint64_t number = id / BLOCK_ROWS;
    uint16_t *slot = slot_of(cache, number);
    if (!*slot && cache->count == CACHED) {
        block_cache_flush(cache, txn);
        slot = slot_of(cache, number);
    }
    if (!*slot) {
        struct block *block = &cache->blocks[cache->count++];
        block->number = number;
        load(cache, txn, block);
        *slot = (uint16_t)cache->count;
    }
    return &cache->blocks[*slot - 1];
}

bool block_cache_get(struct block_cache *cache, struct store_txn *txn, uint64_t id, int64_t *out_row)
{
    uint16_t place = cache->count ? *slot_of(cache, id / BLOCK_ROWS) : 0;
    if (!place)
        return block_get(txn, cache->table, id, out_row);
    const struct block *block = &cache->blocks[place - 1];
    if (!(block->there & bit_of(id)))
        return false;
    for (size_t i = 0; i < cache->table->columns; i++)
        out_row[i] = block->columns[i][rank_of(block->there, id)];
    return true;
}

/** Moves the rows from `at` on by one place, up or down. */
static void shift(const struct block_cache *cache, struct block *block, size_t at, int by)
{
    for (size_t i = 0; i < cache->table->columns; i++) {
        int64_t *column = block->columns[i] + at;
        size_t rows = block->count - at;
        if (by > 0)
            memmove(column + 1, column, rows * sizeof *column);
        else
            memmove(column, column + 1, (rows - 1) * sizeof *column);
    }
}

void block_cache_put(struct block_cache *cache, struct store_txn *txn, uint64_t id, const int64_t *row)
{
    struct block *block = take(cache, txn, id);
    size_t at = rank_of(block->there, id);
    if (!(block->there & bit_of(id))) {
        shift(cache, block, at, 1);
        block->there |= bit_of(id);
        block->count++;
    }
    for (size_t i = 0; i < cache->table->columns; i++)
        block->columns[i][at] = row[i];
}

void block_cache_remove(struct block_cache *cache, struct store_txn *txn, uint64_t id)
{
    struct block *block = take(cache, txn, id);
    if (!(block->there & bit_of(id)))
        return;
    shift(cache, block, rank_of(block->there, id), -1);
    block->there &= ~bit_of(id);
    block->count--;
}

/* Whoever reads. */

bool block_get(struct store_txn *txn, const struct block_table *table, uint64_t id, int64_t *out_row)
{
    struct key key = key_of_id(id / BLOCK_ROWS);
    struct bytes value;
    uint64_t there;
    if (!store_get(txn, &table->table, key_bytes(&key), &value))
        return false;
    bool good = read_head(&value, &there);
    if (good && !(there & bit_of(id)))
        return false;
    size_t count = good ? (size_t)__builtin_popcountll(there) : 0;
    for (size_t i = 0; good && i < table->columns; i++)
        good = packed_read_one(&value, rank_of(there, id), count, &out_row[i]);
    if (!good)
        store_txn_fail(txn, FAULT_CORRUPT);
    return good;
}

void block_walk_open(struct block_walk *walk, struct store_txn *txn, const struct block_table *table, uint64_t from,
                     unsigned wanted)
{
    walk->table = table;
    walk->from = key_of_id(from / BLOCK_ROWS);
    walk->wanted = wanted;
    walk->started = false;
    store_cursor_open(&walk->cursor, txn, &table->table);
}

/** Whether the first column, of a block that is whole, may have a number in between. */
static bool may_have(struct bytes value, int64_t least, int64_t most)
{
    int64_t first, last;
    uint64_t there;
    if (!read_head(&value, &there) || there == 0 || !packed_range(value, &first, &last))
        return true; // read_block tells what is wrong
    return first <= most && last >= least;
}

/** Whether the first column, which was read, has a number in between. */
static bool has(const struct block *block, int64_t least, int64_t most)
{
    for (size_t i = 0; i < block->count; i++)
        if (block->columns[0][i] >= least && block->columns[0][i] <= most)
            return true;
    return false;
}

/** Reads the block that the cursor stands on, unless it has no number in between; false: it has none, or a fault. */
static bool read_between(struct block_walk *walk, int64_t least, int64_t most)
{
    const bool asks = least != INT64_MIN || most != INT64_MAX;
    const struct bytes value = walk->cursor.value;
    walk->block.number = get_u64(walk->cursor.key.data);
    if (asks && !may_have(value, least, most))
        return false;
    bool good = !asks || read_block(walk->table, value, 1, &walk->block);
    if (good && asks && !has(&walk->block, least, most))
        return false;
    good = good && read_block(walk->table, value, walk->wanted, &walk->block);
    if (!good)
        store_txn_fail(walk->cursor.txn, FAULT_CORRUPT);
    return good;
}

bool block_walk_next(struct block_walk *walk, int64_t least, int64_t most)
{
    struct store_cursor *cursor = &walk->cursor;
    bool there = walk->started ? store_cursor_next(cursor) : store_cursor_seek(cursor, key_bytes(&walk->from));
    walk->started = true;
    while (there && !read_between(walk, least, most))
        there = store_cursor_next(cursor); // after a fault there is none
    return there;
}

void block_walk_close(struct block_walk *walk)
{
    store_cursor_close(&walk->cursor);
}
