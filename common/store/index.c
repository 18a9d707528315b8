// SPDX-License-Identifier: Apache-2.0
#include "common/store/index.h"

#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"

/*
 * An index's table:
 *
 *     map       key → value
 *     counter   key → sum, big-endian two's complement in as few bytes as hold it, at most 8; never 0
 *
 * What is added to counters, and every entry of a deferred index, is first pending (index_pending.h); then it is written,
 * or appended to the log and shown in memory (index_deferred.h). Puts and deletes of other indexes are rows at once.
 */
enum { SUM_BYTES = 8 };

bool index_decode_sum(struct store_txn *txn, struct bytes value, int64_t *out_sum)
{
    if (value.len == 0 || value.len > SUM_BYTES) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading a counter");
        return false;
    }
    uint64_t sum = value.data[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < value.len; i++)
        sum = sum << 8 | value.data[i];
    *out_sum = (int64_t)sum;
    return true;
}

/** Leading bytes that only repeat the sign are left out. */
static struct bytes encode_sum(int64_t sum, uint8_t out[SUM_BYTES])
{
    size_t first = 0;
    put_u64(out, (uint64_t)sum);
    while (first < SUM_BYTES - 1 && out[first] == (sum < 0 ? 0xff : 0) &&
           (out[first + 1] & 0x80) == (sum < 0 ? 0x80 : 0))
        first++;
    return bytes_of(out + first, SUM_BYTES - first);
}

static int64_t table_sum(struct store_txn *txn, const struct index *index, struct bytes key)
{
    struct bytes value;
    int64_t sum;
    return store_get(txn, &index->table, key, &value) && index_decode_sum(txn, value, &sum) ? sum : 0;
}

/** The sum at the cursor, which then stands on it. */
static int64_t sum_at(struct store_cursor *cursor, struct bytes key, bool *out_found)
{
    int64_t sum;
    *out_found = store_cursor_find(cursor, key);
    return *out_found && index_decode_sum(cursor->txn, cursor->value, &sum) ? sum : 0;
}

void index_write_table(struct store_txn *txn, const struct index *index, const struct index_entry *entry,
                       struct store_cursor *cursor)
{
    struct store_write write = {.kind = STORE_WRITE_PUT, .table = &index->table, .key = entry->key};
    uint8_t value[SUM_BYTES];
    write.local = cursor != NULL;
    write.cursor = cursor ? cursor->cursor : NULL;
    write.value = entry->value;
    if (entry->kind == INDEX_ENTRY_ADD) {
        int64_t sum = cursor ? sum_at(cursor, entry->key, &write.is_at_key) : table_sum(txn, index, entry->key);
        sum = index_sum(sum, entry->amount);
        write.value = encode_sum(sum, value);
        write.kind = sum ? STORE_WRITE_PUT : STORE_WRITE_DELETE;
    } else if (entry->kind == INDEX_ENTRY_DELETE) {
        write.kind = STORE_WRITE_DELETE;
    }
    if (cursor && write.kind == STORE_WRITE_DELETE && entry->kind == INDEX_ENTRY_ADD && !write.is_at_key)
        return; // neither there nor to be there
    store_write(txn, &write);
}

/** Keeps an entry until the transaction is committed, or a scan needs it. */
static void gather(struct store_txn *txn, const struct index *index, const struct index_entry *entry)
{
    must(txn->writing || txn->fault);
    if (txn->fault)
        return;
    if (entry->key.len == 0 || entry->key.len > STORE_MAX_KEY_BYTES || entry->value.len > INDEX_MAX_VALUE_BYTES) {
        if (entry->kind != INDEX_ENTRY_DELETE)
            store_txn_fail_logged(txn, FAULT_TOO_LARGE, "putting an index entry");
        return;
    }
    struct index_pending *pending = &txn->store->index_memory.pending;
    if (index_pending_add(pending, index, entry))
        return;
    store_indexes_flush(txn);
    if (!txn->fault && !index_pending_add(pending, index, entry))
        store_txn_fail_logged(txn, FAULT_MEMORY, "putting an index entry");
}

void index_put(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes value)
{
    const struct index_entry entry = {INDEX_ENTRY_PUT, index->table.slot, key, value, 0};
    must(index->kind == INDEX_MAP);
    if (index_is_deferred(index) || value.len > INDEX_MAX_VALUE_BYTES)
        gather(txn, index, &entry);
    else
        store_put(txn, &index->table, key, value);
}

void index_delete(struct store_txn *txn, const struct index *index, struct bytes key)
{
    const struct index_entry entry = {INDEX_ENTRY_DELETE, index->table.slot, key, {NULL, 0}, 0};
    must(index->kind == INDEX_MAP);
    if (index_is_deferred(index))
        gather(txn, index, &entry);
    else
        store_delete(txn, &index->table, key);
}

void index_add(struct store_txn *txn, const struct index *index, struct bytes key, int64_t amount)
{
    const struct index_entry entry = {INDEX_ENTRY_ADD, index->table.slot, key, {NULL, 0}, amount};
    must(index->kind == INDEX_COUNTER);
    if (amount != 0)
        gather(txn, index, &entry);
}

bool index_get_unique(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes *out_value)
{
    struct index_entry entry;
    must(index->kind == INDEX_MAP);
    if (index->writing == INDEX_DIRECT || !index_waiting_find(txn, index, key, &entry))
        return store_get(txn, &index->table, key, out_value);
    if (entry.kind == INDEX_ENTRY_DELETE)
        return false;
    *out_value = entry.value;
    return true;
}

int64_t index_get_sum(struct store_txn *txn, const struct index *index, struct bytes key)
{
    struct index_entry entry;
    must(index->kind == INDEX_COUNTER);
    int64_t sum = table_sum(txn, index, key), waiting = 0;
    if (index_is_deferred(index))
        waiting = index_waiting_sum(txn, index, key);
    else if (txn->writing && !txn->fault && index_pending_find(&txn->store->index_memory.pending, index, key, &entry))
        waiting = entry.amount;
    return index_sum(sum, waiting);
}
