// SPDX-License-Identifier: Apache-2.0
#include "services/stats/rebuild.h"

#include "common/base/log.h"
#include "services/stats/rollups.h"

enum {
    SLICE = 5000, // rows a commit
    ARENA_BYTES = 16 * 1024 * 1024,
    LAYOUT_BYTES = 1024,
    KEY_LAYOUT = 2, // raised when rollup_key writes the same cell otherwise
};

static const struct text layout_key = {"rollups", 7};

/** What the cells depend on: how keys are written, and of each roll-up its tree, its number, how many parts it has, and which. */
static struct buffer layout_of_table(void)
{
    struct buffer layout;
    buffer_init(&layout, LAYOUT_BYTES);
    buffer_byte(&layout, KEY_LAYOUT);
    for (size_t i = 0; i < rollup_count; i++) {
        buffer_byte(&layout, rollups[i].tree);
        buffer_byte(&layout, rollups[i].number);
        buffer_byte(&layout, (uint8_t)rollups[i].part_count);
        for (size_t j = 0; j < rollups[i].part_count; j++)
            buffer_byte(&layout, (uint8_t)rollups[i].parts[j]);
    }
    return layout;
}

static bool is_current(struct store *store, struct bytes layout, uint64_t *out_facts)
{
    struct bytes kept = {NULL, 0};
    struct store_txn *txn = store_begin_read(store);
    bool same = store_get(txn, &stats_layout, text_bytes(layout_key), &kept) && bytes_equal(kept, layout);
    *out_facts = store_count(txn, &stats_facts);
    store_abort(txn);
    return same;
}

/** Sets a slice of cells to 0, those from `from` on, which becomes the last of them; false when none was left. */
static bool clear_slice(struct store_txn *txn, struct arena *arena, struct key *from)
{
    struct cell {
        struct bytes key;
        int64_t sum;
    } *cells = arena_alloc_array(arena, SLICE, sizeof *cells);
    struct index_scan scan;
    size_t count = 0;
    if (!cells) {
        store_txn_fail(txn, FAULT_MEMORY);
        return false;
    }
    index_scan_open(&scan, txn, &stats_cells, bytes_of("", 0), key_bytes(from), false);
    for (; count < SLICE && index_scan_next(&scan); count++)
        cells[count] = (struct cell){arena_bytes(arena, scan.key), scan.sum};
    index_scan_close(&scan);
    for (size_t i = 0; i < count; i++)
        index_add(txn, &stats_cells, cells[i].key, -cells[i].sum);
    if (count > 0) {
        from->len = 0;
        key_bytes_add(from, cells[count - 1].key);
    }
    return count > 0;
}

/** Counts a slice of facts, those after `last`; false when none was left. */
static bool count_slice(struct store_txn *txn, struct arena *arena, uint64_t *last)
{
    struct ctx ctx = {.txn = txn, .arena = arena};
    struct key from = key_of_id(*last + 1);
    struct store_cursor cursor;
    size_t count = 0;
    store_cursor_open(&cursor, txn, &stats_facts);
    for (bool there = store_cursor_seek(&cursor, key_bytes(&from)); there && count < SLICE;
         there = store_cursor_next(&cursor), count++) {
        struct fact fact;
        if (!row_decode(&ctx, &fact_desc, cursor.value, &fact)) {
            store_txn_fail(txn, FAULT_CORRUPT);
            break;
        }
        *last = get_u64(cursor.key.data);
        rollups_count(txn, NULL, &fact);
    }
    store_cursor_close(&cursor);
    return count > 0;
}

static enum fault rebuild(struct store *store, struct bytes layout, struct arena *arena)
{
    enum { CLEARING, COUNTING, DONE } step = CLEARING;
    enum fault fault = FAULT_NONE;
    uint64_t last = 0;
    struct key from = {.len = 0};
    while (fault == FAULT_NONE && step != DONE) {
        struct store_txn *txn = store_begin_write(store);
        arena_reset(arena);
        if (step == CLEARING && !clear_slice(txn, arena, &from))
            step = COUNTING;
        else if (step == COUNTING && !count_slice(txn, arena, &last))
            step = DONE;
        if (step == DONE)
            store_put(txn, &stats_layout, text_bytes(layout_key), layout);
        fault = store_commit(txn);
    }
    return fault;
}

enum fault rebuild_cells(struct store *store)
{
    struct buffer layout = layout_of_table();
    uint64_t facts = 0;
    enum fault fault = layout.failed ? FAULT_MEMORY : FAULT_NONE;
    if (fault == FAULT_NONE && !is_current(store, buffer_bytes(&layout), &facts)) {
        struct arena arena;
        arena_init(&arena, ARENA_BYTES);
        if (facts > 0)
            LOG(LOG_LEVEL_INFO, "the table of roll-ups is another than this store's; its figures are counted anew",
                log_int("facts", (int64_t)facts));
        fault = rebuild(store, buffer_bytes(&layout), &arena);
        arena_fini(&arena);
    }
    buffer_fini(&layout);
    return fault;
}
