// SPDX-License-Identifier: Apache-2.0
#include "common/store/index.h"

#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"
#include "common/store/key.h"

/*
 * The direct implementation: an entry is a row of the index's table, written in the batch that makes it.
 *
 *     map       key → value
 *     counter   key → i64 sum, big-endian two's complement, never 0
 *
 * What is added to counters is gathered (sums.h) and written when the transaction is committed, or a scan needs it.
 */
enum {
    SUM_BYTES = 8,
    MAX_VALUE_BYTES = 512,
};

void index_put(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes value)
{
    must(index->kind == INDEX_MAP);
    if (value.len > MAX_VALUE_BYTES) {
        store_txn_fail_logged(txn, FAULT_TOO_LARGE, "putting an index entry");
        return;
    }
    store_put(txn, &index->table, key, value);
}

void index_delete(struct store_txn *txn, const struct index *index, struct bytes key)
{
    must(index->kind == INDEX_MAP);
    store_delete(txn, &index->table, key);
}

static bool decode_sum(struct store_txn *txn, struct bytes value, int64_t *out_sum)
{
    if (value.len != SUM_BYTES) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading a counter");
        return false;
    }
    *out_sum = (int64_t)get_u64(value.data);
    return true;
}

/** What the table holds. */
static int64_t written_sum(struct store_txn *txn, const struct index *index, struct bytes key)
{
    struct bytes value;
    int64_t sum;
    return store_get(txn, &index->table, key, &value) && decode_sum(txn, value, &sum) ? sum : 0;
}

int64_t index_get_sum(struct store_txn *txn, const struct index *index, struct bytes key)
{
    must(index->kind == INDEX_COUNTER);
    int64_t sum = written_sum(txn, index, key);
    if (txn->writing && !txn->fault)
        must(!__builtin_add_overflow(sum, sums_get(&txn->store->writer.sums, index, key), &sum));
    return sum;
}

static void write_sum(void *user, const struct index *index, struct bytes key, int64_t amount)
{
    struct store_txn *txn = user;
    if (amount == 0)
        return;
    int64_t sum = written_sum(txn, index, key);
    must(!__builtin_add_overflow(sum, amount, &sum));
    if (sum == 0) {
        store_delete(txn, &index->table, key);
        return;
    }
    uint8_t value[SUM_BYTES];
    put_u64(value, (uint64_t)sum);
    store_put(txn, &index->table, key, bytes_of(value, sizeof value));
}

void store_sums_write(struct store_txn *txn)
{
    sums_drain(&txn->store->writer.sums, write_sum, txn);
}

void index_add(struct store_txn *txn, const struct index *index, struct bytes key, int64_t amount)
{
    must(index->kind == INDEX_COUNTER && (txn->writing || txn->fault));
    if (txn->fault || amount == 0)
        return;
    if (key.len == 0 || key.len > STORE_MAX_KEY_BYTES) {
        store_txn_fail_logged(txn, FAULT_TOO_LARGE, "adding to a counter");
        return;
    }
    struct sums *sums = &txn->store->writer.sums;
    if (sums_add(sums, index, key, amount))
        return;
    store_sums_write(txn);
    if (!sums_add(sums, index, key, amount))
        store_txn_fail_logged(txn, FAULT_MEMORY, "adding to a counter");
}

bool index_get_unique(struct store_txn *txn, const struct index *index, struct bytes key, struct bytes *out_value)
{
    must(index->kind == INDEX_MAP);
    return store_get(txn, &index->table, key, out_value);
}

void index_scan_open(struct index_scan *scan, struct store_txn *txn, const struct index *index, struct bytes prefix,
                     struct bytes from, bool descending)
{
    if (index->kind == INDEX_COUNTER && txn->writing)
        store_sums_write(txn); // a scan sees the transaction's own adds
    *scan = (struct index_scan){.index = index, .prefix = prefix, .from = from, .descending = descending};
    store_cursor_open(&scan->cursor, txn, &index->table);
}

static bool has_prefix(struct bytes key, struct bytes prefix)
{
    return text_starts_with(bytes_text(key), bytes_text(prefix));
}

static bool first_ascending(struct index_scan *scan)
{
    bool from_later = bytes_compare(scan->from, scan->prefix) > 0;
    return store_cursor_seek(&scan->cursor, from_later ? scan->from : scan->prefix);
}

/** The last key that begins with the prefix, or the one before it. */
static bool last_of_prefix(struct index_scan *scan)
{
    uint8_t after[STORE_MAX_KEY_BYTES];
    size_t len = scan->prefix.len;
    while (len > 0 && scan->prefix.data[len - 1] == 0xff)
        len--;
    if (len == 0)
        return store_cursor_last(&scan->cursor);
    memcpy(after, scan->prefix.data, len);
    after[len - 1]++;
    return store_cursor_seek_before(&scan->cursor, bytes_of(after, len));
}

static bool first_descending(struct index_scan *scan)
{
    struct bytes from = scan->from;
    if (from.len == 0 || (!has_prefix(from, scan->prefix) && bytes_compare(from, scan->prefix) > 0))
        return last_of_prefix(scan);
    if (store_cursor_seek(&scan->cursor, from) && bytes_equal(scan->cursor.key, from))
        return true;
    return store_cursor_seek_before(&scan->cursor, from);
}

static bool step(struct index_scan *scan)
{
    if (scan->prefix.len > STORE_MAX_KEY_BYTES)
        return false; // no key is so long
    if (!scan->started) {
        scan->started = true;
        return scan->descending ? first_descending(scan) : first_ascending(scan);
    }
    return scan->descending ? store_cursor_previous(&scan->cursor) : store_cursor_next(&scan->cursor);
}

bool index_scan_next(struct index_scan *scan)
{
    if (!step(scan) || !has_prefix(scan->cursor.key, scan->prefix)) {
        index_scan_close(scan); // stays at the end
        return false;
    }
    int64_t sum = 0;
    if (scan->index->kind == INDEX_COUNTER && !decode_sum(scan->cursor.txn, scan->cursor.value, &sum))
        return false;
    scan->key = scan->cursor.key;
    scan->value = scan->cursor.value;
    scan->sum = sum;
    return true;
}

void index_scan_close(struct index_scan *scan)
{
    store_cursor_close(&scan->cursor);
}
