// SPDX-License-Identifier: Apache-2.0
#include "services/stats/rebuild.h"

#include "common/base/log.h"
#include "services/stats/rollups.h"

enum {
    SLICE = 5000, // rows a commit
    ARENA_BYTES = 16 * 1024 * 1024,
    LAYOUT_BYTES = 1024,
    CELL_LAYOUT = 3, // raised when a cell's key or sum is written otherwise
};

static const struct text layout_key = {"rollups", 7};
static const struct text progress_key = {"rebuilding", 10};

/** What the cells depend on: how keys and sums are written, and of each roll-up its tree, its number, how many parts it has, and which. */
static struct buffer layout_of_table(void)
{
    struct buffer layout;
    buffer_init(&layout, LAYOUT_BYTES);
    buffer_byte(&layout, CELL_LAYOUT);
    for (size_t i = 0; i < rollup_count; i++) {
        buffer_byte(&layout, rollups[i].tree);
        buffer_byte(&layout, rollups[i].number);
        buffer_byte(&layout, (uint8_t)rollups[i].part_count);
        for (size_t j = 0; j < rollups[i].part_count; j++)
            buffer_byte(&layout, (uint8_t)rollups[i].parts[j]);
    }
    return layout;
}

/** How far counting anew has come; a row beside the layout's, which is not there meanwhile. */
struct progress {
    enum { CLEARING = 1, COUNTING, DONE } step;
    struct key from;  // clearing: the last cell that was set to 0
    uint64_t counted; // counting: the last fact that was counted
};

/** Reads what there is of a rebuilding for this layout; false: it has not begun. */
static bool read_progress(struct store_txn *txn, struct bytes layout, struct progress *out_progress)
{
    struct bytes kept;
    *out_progress = (struct progress){.step = CLEARING};
    if (!store_get(txn, &stats_layout, text_bytes(progress_key), &kept) ||
        kept.len < layout.len + 1 + sizeof(uint64_t) || !bytes_equal(bytes_of(kept.data, layout.len), layout))
        return false;
    const uint8_t *at = kept.data + layout.len;
    size_t key_len = kept.len - layout.len - 1 - sizeof(uint64_t);
    out_progress->step = *at == COUNTING ? COUNTING : CLEARING;
    out_progress->counted = get_u64(at + 1);
    key_bytes_add(&out_progress->from, bytes_of(at + 1 + sizeof(uint64_t), key_len));
    return true;
}

static void write_progress(struct store_txn *txn, struct bytes layout, const struct progress *progress)
{
    if (progress->step == DONE) {
        store_put(txn, &stats_layout, text_bytes(layout_key), layout);
        store_delete(txn, &stats_layout, text_bytes(progress_key));
        return;
    }
    struct buffer row;
    uint8_t counted[sizeof(uint64_t)];
    buffer_init(&row, LAYOUT_BYTES);
    put_u64(counted, progress->counted);
    buffer_append(&row, layout.data, layout.len);
    buffer_byte(&row, (uint8_t)progress->step);
    buffer_append(&row, counted, sizeof counted);
    buffer_append(&row, progress->from.data, progress->from.len);
    if (row.failed)
        store_txn_fail(txn, FAULT_MEMORY);
    else
        store_put(txn, &stats_layout, text_bytes(progress_key), buffer_bytes(&row));
    buffer_fini(&row);
    store_delete(txn, &stats_layout, text_bytes(layout_key)); // or a program of that layout would believe the cells
}

/** Whether the cells are of this layout; else, what a start before this one has done about it. */
static bool is_current(struct store *store, struct bytes layout, struct progress *out_progress, uint64_t *out_facts)
{
    struct bytes kept = {NULL, 0};
    struct store_txn *txn = store_begin_read(store);
    bool same = store_get(txn, &stats_layout, text_bytes(layout_key), &kept) && bytes_equal(kept, layout);
    read_progress(txn, layout, out_progress);
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

/** Goes on from where it is, a slice a transaction. */
static enum fault rebuild(struct store *store, struct bytes layout, struct progress *progress, struct arena *arena,
                          void (*goes_on)(void))
{
    enum fault fault = FAULT_NONE;
    while (fault == FAULT_NONE && progress->step != DONE) {
        struct store_txn *txn = store_begin_write(store);
        arena_reset(arena);
        if (progress->step == CLEARING && !clear_slice(txn, arena, &progress->from))
            progress->step = COUNTING;
        else if (progress->step == COUNTING && !count_slice(txn, arena, &progress->counted))
            progress->step = DONE;
        write_progress(txn, layout, progress);
        fault = store_commit(txn);
        if (goes_on)
            goes_on();
    }
    return fault;
}

enum fault rebuild_cells(struct store *store, void (*goes_on)(void))
{
    struct buffer layout = layout_of_table();
    struct progress progress;
    uint64_t facts = 0;
    enum fault fault = layout.failed ? FAULT_MEMORY : FAULT_NONE;
    if (fault == FAULT_NONE && !is_current(store, buffer_bytes(&layout), &progress, &facts)) {
        struct arena arena;
        arena_init(&arena, ARENA_BYTES);
        if (facts > 0)
            LOG(LOG_LEVEL_INFO, "the table of roll-ups is another than this store's; its figures are counted anew",
                log_int("facts", (int64_t)facts), log_int("from", (int64_t)progress.counted));
        fault = rebuild(store, buffer_bytes(&layout), &progress, &arena, goes_on);
        arena_fini(&arena);
    }
    buffer_fini(&layout);
    return fault;
}
