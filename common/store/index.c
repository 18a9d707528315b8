// SPDX-License-Identifier: Apache-2.0
#include "common/store/index.h"

#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"

/*
 * An index's table:
 *
 *     map       key → value
 *     counter   key → i64 sum, big-endian two's complement, never 0
 *
 * What is added to counters, and every entry of a deferred index, is first pending (index_pending.h); then it is written,
 * or appended to the log and shown in memory (index_deferred.h). Puts and deletes of other indexes are rows at once.
 */
enum { SUM_BYTES = 8 };

bool index_decode_sum(struct store_txn *txn, struct bytes value, int64_t *out_sum)
{
    if (value.len != SUM_BYTES) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading a counter");
        return false;
    }
    *out_sum = (int64_t)get_u64(value.data);
    return true;
}

static int64_t table_sum(struct store_txn *txn, const struct index *index, struct bytes key)
{
    struct bytes value;
    int64_t sum;
    return store_get(txn, &index->table, key, &value) && index_decode_sum(txn, value, &sum) ? sum : 0;
}

void index_write_table(struct store_txn *txn, const struct index *index, const struct index_entry *entry, bool local)
{
    struct store_write write = {.kind = STORE_WRITE_PUT, .local = local, .table = &index->table, .key = entry->key};
    uint8_t value[SUM_BYTES];
    write.value = entry->value;
    if (entry->kind == INDEX_ENTRY_ADD) {
        int64_t sum = table_sum(txn, index, entry->key);
        sum = index_sum(sum, entry->amount);
        put_u64(value, (uint64_t)sum);
        write.value = bytes_of(value, sizeof value);
        write.kind = sum ? STORE_WRITE_PUT : STORE_WRITE_DELETE;
    } else if (entry->kind == INDEX_ENTRY_DELETE) {
        write.kind = STORE_WRITE_DELETE;
    }
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
    if (index->writing == INDEX_DEFERRED || value.len > INDEX_MAX_VALUE_BYTES)
        gather(txn, index, &entry);
    else
        store_put(txn, &index->table, key, value);
}

void index_delete(struct store_txn *txn, const struct index *index, struct bytes key)
{
    const struct index_entry entry = {INDEX_ENTRY_DELETE, index->table.slot, key, {NULL, 0}, 0};
    must(index->kind == INDEX_MAP);
    if (index->writing == INDEX_DEFERRED)
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
    if (index->writing == INDEX_DEFERRED)
        waiting = index_waiting_sum(txn, index, key);
    else if (txn->writing && !txn->fault && index_pending_find(&txn->store->index_memory.pending, index, key, &entry))
        waiting = entry.amount;
    return index_sum(sum, waiting);
}
