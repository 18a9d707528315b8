// SPDX-License-Identifier: Apache-2.0
#include "common/base/endian.h"
#include "common/store/internal.h"

enum {
    SLICE_ENTRIES = 64, // fewer are not worth their pages
    ROWS_DELETED = 2,   // of the log for each that is added
    AT_RUN = 8,         // in the row of meta
    AT_SLOT = 16,
    AT_KEY = 17,
};

static const struct text META_KEY = {"index", 5};

static void read_merge(struct store_txn *txn)
{
    struct index_merge *merge = &txn->merge;
    struct bytes value;
    merge->merged_upto = merge->run_upto = merge->done_len = 0;
    txn->merge_known = true;
    if (!store_get(txn, &store_own_tables[SLOT_META], text_bytes(META_KEY), &value))
        return;
    if (value.len < AT_KEY || value.len > AT_KEY + STORE_MAX_KEY_BYTES) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading how far an index is merged");
        return;
    }
    merge->merged_upto = get_u64(value.data);
    merge->run_upto = get_u64(value.data + AT_RUN);
    merge->done_slot = value.data[AT_SLOT];
    merge->done_len = value.len - AT_KEY;
    memcpy(merge->done_key, value.data + AT_KEY, merge->done_len);
}

const struct index_merge *index_merge_of(struct store_txn *txn)
{
    if (!txn->merge_known)
        read_merge(txn);
    return &txn->merge;
}

/** A write that is no part of the batch's write set. */
static void put_local(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes value)
{
    const struct store_write write = {
        .kind = STORE_WRITE_PUT, .local = true, .table = table, .key = key, .value = value};
    store_write(txn, &write);
}

static void write_merge(struct store_txn *txn)
{
    const struct index_merge *merge = &txn->merge;
    uint8_t value[AT_KEY + STORE_MAX_KEY_BYTES];
    put_u64(value, merge->merged_upto);
    put_u64(value + AT_RUN, merge->run_upto);
    value[AT_SLOT] = (uint8_t)merge->done_slot;
    memcpy(value + AT_KEY, merge->done_key, merge->done_len);
    put_local(txn, &store_own_tables[SLOT_META], text_bytes(META_KEY), bytes_of(value, AT_KEY + merge->done_len));
}

bool index_rest_of_run(struct store_txn *txn, const struct index_version *version, struct index_place *out_place)
{
    const struct index_merge *merge = index_merge_of(txn);
    if (version->run_upto != 0 && merge->merged_upto >= version->run_upto)
        return false;
    bool begun = merge->run_upto == version->run_upto && merge->done_len > 0;
    *out_place = begun ? (struct index_place){merge->done_slot, bytes_of(merge->done_key, merge->done_len), true}
                       : (struct index_place){0, {NULL, 0}, false};
    return true;
}

/** Where the merging of the run goes on; NULL: no memory, or there is no run. */
static struct index_walk *run_walk(struct store_txn *txn)
{
    struct index_memory *memory = &txn->store->index_memory;
    const struct index_version *version = memory->current;
    struct index_place low;
    if (memory->run_walk || !index_rest_of_run(txn, version, &low))
        return memory->run_walk;
    memory->run_walk = index_walk_new(false, version->run_count);
    for (size_t i = 0; memory->run_walk && i < version->run_count; i++) {
        const struct segment *segment = version->segments[i];
        index_walk_add(memory->run_walk, segment, segment_seek(segment, low), segment->count);
    }
    return memory->run_walk;
}

/** Does what the walk's next `most` entries say, through a cursor for each index: neighbours are found at once. How many. */
static size_t merge_entries(struct store_txn *txn, struct index_walk *walk, size_t most)
{
    struct index_merge *merge = &txn->merge;
    struct store_cursor cursor = {.cursor = NULL};
    const struct index_entry *entry;
    size_t merged = 0;
    for (; merged < most && (entry = index_walk_current(walk)); index_walk_step(walk), merged++) {
        const struct index *index = txn->store->indexes[entry->slot];
        if (merged == 0 || entry->slot != merge->done_slot) {
            store_cursor_close(&cursor);
            store_cursor_open(&cursor, txn, &index->table);
        }
        if (txn->fault)
            break;
        index_write_table(txn, index, entry, &cursor);
        merge->done_slot = entry->slot;
        merge->done_len = entry->key.len;
        memcpy(merge->done_key, entry->key.data, entry->key.len);
    }
    store_cursor_close(&cursor);
    return merged;
}

/** Merges the run's next `most` keys. */
static void merge_slice(struct store_txn *txn, size_t most)
{
    struct index_merge *merge = &txn->merge;
    struct index_walk *walk = run_walk(txn);
    if (!walk)
        return; // without memory it is done later
    size_t merged = merge_entries(txn, walk, most);
    txn->store->index_memory.run_left -=
        merged < txn->store->index_memory.run_left ? merged : txn->store->index_memory.run_left;
    merge->run_upto = txn->store->index_memory.current->run_upto;
    if (!index_walk_current(walk)) {
        merge->merged_upto = merge->run_upto;
        merge->run_upto = merge->done_len = 0;
    }
    write_merge(txn);
}

/** Entries in the batch's segments. */
static size_t added_entries(const struct index_memory *memory)
{
    size_t added = 0;
    for (size_t i = 0; i < memory->own_count; i++)
        added += memory->own[i]->count;
    return added;
}

/**
 * Keys of the run to be merged for so many entries that are added: evenly, so that the run is in the tables a little before the
 * active ones are as many as make the next.
 */
static size_t share_of_run(const struct store_txn *txn, size_t added)
{
    const struct index_memory *memory = &txn->store->index_memory;
    size_t full = index_run_entries(txn->store), active = index_memory_active(memory);
    size_t left = memory->run_left + memory->run_left / 8, room = full - active;
    return active + added >= full ? SIZE_MAX : added * left / room + 1;
}

void index_merge_some(struct store_txn *txn)
{
    struct index_memory *memory = &txn->store->index_memory;
    const struct index_version *version = memory->current;
    index_log_delete(txn, txn->merge.merged_upto, 1 + ROWS_DELETED * txn->store->writer.index_log.rows);
    if (version->run_upto == 0 || txn->merge.merged_upto >= version->run_upto) {
        memory->owed = 0;
        return;
    }
    size_t share = share_of_run(txn, added_entries(memory));
    memory->owed = share > SIZE_MAX - memory->owed ? SIZE_MAX : memory->owed + share;
    if (memory->owed < SLICE_ENTRIES)
        return;
    merge_slice(txn, memory->owed);
    memory->owed = 0;
}

enum { SETTLE_ENTRIES = 5000 };

/** False when nothing is left. */
static bool settle_some(struct store_txn *txn)
{
    const struct index_version *version = txn->store->index_memory.current;
    const struct index_merge *merge = index_merge_of(txn);
    if (version->run_upto != 0 && merge->merged_upto < version->run_upto)
        merge_slice(txn, SETTLE_ENTRIES);
    index_log_delete(txn, txn->merge.merged_upto, SETTLE_ENTRIES);
    return !txn->fault && index_log_last(txn) != 0;
}

enum fault store_settle_indexes(struct store *store, void (*goes_on)(void))
{
    const size_t entries = store->config.index_memory_entries;
    enum fault fault = FAULT_NONE;
    bool more = store->index_memory.shared;
    store->config.index_memory_entries = 1; // whatever waits becomes a run
    while (more && !fault) {
        struct store_txn *txn = store_begin_local(store);
        more = settle_some(txn);
        fault = store_commit(txn);
        if (goes_on)
            goes_on();
    }
    store->config.index_memory_entries = entries;
    return fault;
}
