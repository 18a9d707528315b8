// SPDX-License-Identifier: Apache-2.0
#include "common/store/internal.h"
#include "common/store/key.h"

enum {
    DEFAULT_RUN_ENTRIES = 1000 * 1000,
    ENTRIES_A_ROW = 8, // at least, on average, or the rows make a run
};

static bool has_deferred(const struct store *store)
{
    return store->index_memory.shared;
}

size_t index_run_entries(const struct store *store)
{
    size_t entries = store->config.index_memory_entries;
    return entries ? entries : DEFAULT_RUN_ENTRIES;
}

void store_indexes_begin(struct store_txn *txn)
{
    struct store *store = txn->store;
    if (!has_deferred(store) || txn->fault)
        return;
    const struct index_merge *merge = index_merge_of(txn);
    struct index_log_writer *log = &store->writer.index_log;
    uint64_t last = index_log_last(txn);
    log->last = last > merge->merged_upto ? last : merge->merged_upto;
    log->rows = 0;
    const struct index_tidying tidying = {
        .committed = mdb_txn_id(txn->mdb) - 1,
        .merged_upto = merge->merged_upto,
        .log_last = log->last,
        .run_entries = index_run_entries(store),
        .run_rows = index_run_entries(store) / ENTRIES_A_ROW + 1,
    };
    if (!txn->fault)
        index_memory_tidy(&store->index_memory, &tidying);
}

/** Where pending entries go. */
struct flush {
    struct store_txn *txn;
    struct segment_builder builder; // of the deferred ones
};

static void flush_entry(void *user, const struct index *index, const struct index_entry *entry)
{
    struct flush *flush = user;
    struct store_txn *txn = flush->txn;
    if (index->writing == INDEX_DIRECT) {
        index_write_table(txn, index, entry, NULL);
        return;
    }
    if (entry->kind == INDEX_ENTRY_ADD && entry->amount == 0)
        return;
    const struct index_memory *memory = &txn->store->index_memory;
    bool begun = flush->builder.segment || segment_builder_init(&flush->builder, memory->pending.byte_count,
                                                                memory->sought, memory->pending.count);
    if (!begun || !segment_builder_add(&flush->builder, entry)) {
        store_txn_fail_logged(txn, FAULT_MEMORY, "keeping an index's entries");
        return;
    }
    if (!txn->applies)
        index_log_add(txn, entry);
}

void store_indexes_flush(struct store_txn *txn)
{
    struct index_memory *memory = &txn->store->index_memory;
    struct flush flush = {.txn = txn};
    index_pending_drain(&memory->pending, flush_entry, &flush);
    if (!flush.builder.segment)
        return;
    index_log_flush(txn);
    if (!index_memory_own(memory, segment_builder_take(&flush.builder)))
        store_txn_fail_logged(txn, FAULT_MEMORY, "keeping an index's entries");
}

/** Takes a row's entries; with `from`, only those that do not stand before that place. */
static void take_row(struct store_txn *txn, struct bytes row, const struct index_place *from)
{
    struct index_memory *memory = &txn->store->index_memory;
    struct index_log_reader reader = {.rest = row};
    txn->applies = true;
    while (!txn->fault && index_log_next(&reader)) {
        const struct index *index = txn->store->indexes[reader.entry.slot];
        if (from && index_place_is_after(from, reader.entry.slot, reader.entry.key))
            continue;
        if (index_pending_add(&memory->pending, index, &reader.entry))
            continue;
        store_indexes_flush(txn);
        if (!index_pending_add(&memory->pending, index, &reader.entry))
            store_txn_fail_logged(txn, FAULT_MEMORY, "reading the index log");
    }
    if (reader.malformed)
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading the index log");
}

void store_indexes_prepare(struct store_txn *txn)
{
    struct index_memory *memory = &txn->store->index_memory;
    store_indexes_flush(txn);
    if (!has_deferred(txn->store) || txn->fault || memory->own_count == 0)
        return;
    index_merge_some(txn);
    if (!txn->fault && !index_memory_publish(memory, mdb_txn_id(txn->mdb)))
        store_txn_fail_logged(txn, FAULT_MEMORY, "showing an index's entries");
}

void store_indexes_end(struct store_txn *txn, bool committed)
{
    struct index_memory *memory = &txn->store->index_memory;
    txn->applies = false;
    txn->merge_known = false;
    if (committed)
        index_memory_keep(memory);
    else
        index_memory_withdraw(memory);
}

void store_indexes_apply(struct store_txn *txn, struct bytes row)
{
    txn->store->writer.index_log.rows++; // as the batch's own: as many of the merged ones go
    take_row(txn, row, NULL);
}

/* Opening. */

/** Reads rows after `from` up to `upto` of the log; what they hold, from `low` on if that is given, becomes active. */
static void read_log(struct store_txn *txn, uint64_t from, uint64_t upto, const struct index_place *low)
{
    struct key key = key_of_id(from + 1);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &store_own_tables[SLOT_INDEX_LOG]);
    for (bool there = store_cursor_seek(&cursor, key_bytes(&key)); there && get_u64(cursor.key.data) <= upto;
         there = store_cursor_next(&cursor)) {
        if (!index_log_is_row(txn->store, cursor.value))
            store_txn_fail_logged(txn, FAULT_CORRUPT, "reading the index log");
        if (!txn->fault)
            take_row(txn, cursor.value, low);
    }
    store_cursor_close(&cursor);
    store_indexes_flush(txn);
    if (!txn->fault && !index_memory_publish(&txn->store->index_memory, 0))
        store_txn_fail_logged(txn, FAULT_MEMORY, "reading the index log");
    if (!txn->fault)
        index_memory_keep(&txn->store->index_memory);
}

static void find_sought(const struct store *store, struct index_memory *memory)
{
    for (unsigned slot = 0; slot < STORE_MAX_TABLES; slot++)
        if (store->indexes[slot] && store->indexes[slot]->writing == INDEX_SOUGHT) {
            memory->sought_slots.bits[slot / 64] |= UINT64_C(1) << slot % 64;
            memory->sought = &memory->sought_slots;
        }
}

enum fault store_indexes_open(struct store *store)
{
    struct index_memory *memory = &store->index_memory;
    find_sought(store, memory);
    struct store_txn *txn = store_begin_local(store); // before there is memory that it would tidy
    const struct index_merge *merge = index_merge_of(txn);
    if (!txn->fault && !index_memory_init(memory))
        store_txn_fail(txn, FAULT_MEMORY);
    // Of the run, what the tables have is not wanted any more: mostly about half of it.
    const struct index_place rest = {merge->done_slot, bytes_of(merge->done_key, merge->done_len), true};
    if (!txn->fault)
        read_log(txn, merge->merged_upto, merge->run_upto, merge->done_len ? &rest : NULL);
    if (!txn->fault && merge->run_upto && !index_memory_begin_run(memory, merge->run_upto))
        store_txn_fail(txn, FAULT_MEMORY);
    if (!txn->fault)
        read_log(txn, merge->run_upto ? merge->run_upto : merge->merged_upto, UINT64_MAX, NULL);
    enum fault fault = txn->fault;
    store_abort(txn);
    return fault;
}
