// SPDX-License-Identifier: Apache-2.0
#include "common/base/endian.h"
#include "common/store/internal.h"

enum {
    SLICE_ENTRIES = 64,   // fewer are not worth their pages
    MERGED_FOR_ADDED = 2, // so a run is merged before the next one is full
    AT_RUN = 8,           // in the row of meta
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

/** Merges the run's next `most` keys. */
static void merge_slice(struct store_txn *txn, size_t most)
{
    const struct index_version *version = txn->store->index_memory.current;
    struct index_merge *merge = &txn->merge;
    struct index_walk *walk = index_walk_new(false);
    const struct index_entry *entry;
    struct index_place low;
    size_t merged = 0;
    if (!walk || !index_rest_of_run(txn, version, &low)) {
        index_walk_free(walk);
        return; // without memory it is done later
    }
    for (size_t i = 0; i < version->run_count; i++) {
        const struct segment *segment = version->segments[i];
        index_walk_add(walk, segment, segment_seek(segment, low), segment->count);
    }
    for (; merged < most && (entry = index_walk_current(walk)); index_walk_step(walk), merged++) {
        index_write_table(txn, txn->store->indexes[entry->slot], entry, true);
        merge->done_slot = entry->slot;
        merge->done_len = entry->key.len;
        memcpy(merge->done_key, entry->key.data, entry->key.len);
    }
    merge->run_upto = version->run_upto;
    if (!index_walk_current(walk)) {
        merge->merged_upto = version->run_upto;
        merge->run_upto = merge->done_len = 0;
    }
    index_walk_free(walk);
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

void index_merge_some(struct store_txn *txn)
{
    struct index_memory *memory = &txn->store->index_memory;
    const struct index_version *version = memory->current;
    index_log_delete(txn, txn->merge.merged_upto, 1 + MERGED_FOR_ADDED * txn->store->writer.index_log.rows);
    if (version->run_upto == 0 || txn->merge.merged_upto >= version->run_upto) {
        memory->owed = 0;
        return;
    }
    size_t added = added_entries(memory);
    memory->owed += MERGED_FOR_ADDED * added;
    bool late = index_memory_active(memory) + added >= index_run_entries(txn->store);
    if (memory->owed < SLICE_ENTRIES && !late)
        return;
    merge_slice(txn, late ? SIZE_MAX : memory->owed);
    memory->owed = 0;
}
