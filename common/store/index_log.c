// SPDX-License-Identifier: Apache-2.0
#include "common/base/endian.h"
#include "common/store/internal.h"
#include "common/store/key.h"

enum {
    MAX_SHARED = UINT8_MAX,
    HEAD_BYTES = 5, // before the key
    AMOUNT_BYTES = 10,
};

static const struct store_table *log_table(void)
{
    return &store_own_tables[SLOT_INDEX_LOG];
}

static void put_amount(struct buffer *row, int64_t amount)
{
    uint64_t twice = (uint64_t)amount << 1, left = amount < 0 ? ~twice : twice;
    for (; left >= 0x80; left >>= 7)
        buffer_byte(row, (uint8_t)(left | 0x80));
    buffer_byte(row, (uint8_t)left);
}

static bool take_amount(struct bytes *rest, int64_t *out_amount)
{
    uint64_t amount = 0;
    for (size_t i = 0; i < rest->len && i < AMOUNT_BYTES; i++) {
        amount |= (uint64_t)(rest->data[i] & 0x7f) << (7 * i);
        if (rest->data[i] & 0x80)
            continue;
        *out_amount = (int64_t)(amount >> 1) ^ -(int64_t)(amount & 1);
        *rest = bytes_of(rest->data + i + 1, rest->len - i - 1);
        return true;
    }
    return false;
}

static size_t shared_bytes(struct bytes a, struct bytes b)
{
    size_t shared = 0;
    while (shared < a.len && shared < b.len && shared < MAX_SHARED && a.data[shared] == b.data[shared])
        shared++;
    return shared;
}

uint64_t index_log_last(struct store_txn *txn)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, log_table());
    uint64_t last = store_cursor_last(&cursor) ? get_u64(cursor.key.data) : 0;
    store_cursor_close(&cursor);
    return last;
}

void index_log_flush(struct store_txn *txn)
{
    struct index_log_writer *writer = &txn->store->writer.index_log;
    if (writer->row.failed)
        store_txn_fail_logged(txn, FAULT_MEMORY, "gathering a row of the index log");
    if (writer->row.len > 0 && !txn->fault) {
        struct key key = key_of_id(++writer->last);
        store_append(txn, log_table(), key_bytes(&key), buffer_bytes(&writer->row));
        writer->rows++;
    }
    buffer_reset(&writer->row);
    writer->key = (struct bytes){NULL, 0};
}

void index_log_add(struct store_txn *txn, const struct index_entry *entry)
{
    struct index_log_writer *writer = &txn->store->writer.index_log;
    size_t most = HEAD_BYTES + entry->key.len + 2 + entry->value.len + AMOUNT_BYTES;
    if (writer->row.len + most > INDEX_LOG_ROW_BYTES)
        index_log_flush(txn);
    size_t shared = shared_bytes(writer->key, entry->key);
    buffer_byte(&writer->row, (uint8_t)entry->kind);
    buffer_byte(&writer->row, (uint8_t)entry->slot);
    buffer_byte(&writer->row, (uint8_t)shared);
    buffer_u16(&writer->row, (uint16_t)(entry->key.len - shared));
    buffer_append(&writer->row, entry->key.data + shared, entry->key.len - shared);
    if (entry->kind == INDEX_ENTRY_PUT) {
        buffer_u16(&writer->row, (uint16_t)entry->value.len);
        buffer_append(&writer->row, entry->value.data, entry->value.len);
    } else if (entry->kind == INDEX_ENTRY_ADD) {
        put_amount(&writer->row, entry->amount);
    }
    writer->key = entry->key;
}

static bool take_value(struct bytes *rest, struct bytes *out_value)
{
    if (rest->len < 2 || get_u16(rest->data) > rest->len - 2)
        return false;
    *out_value = bytes_of(rest->data + 2, get_u16(rest->data));
    *rest = bytes_of(rest->data + 2 + out_value->len, rest->len - 2 - out_value->len);
    return true;
}

static bool take_entry(struct index_log_reader *reader)
{
    struct bytes rest = reader->rest;
    struct index_entry *entry = &reader->entry;
    if (rest.len < HEAD_BYTES)
        return false;
    size_t shared = rest.data[2], own = get_u16(rest.data + 3);
    entry->kind = (enum index_entry_kind)rest.data[0];
    entry->slot = rest.data[1];
    rest = bytes_of(rest.data + HEAD_BYTES, rest.len - HEAD_BYTES);
    if (shared > entry->key.len || own > rest.len || shared + own == 0 || shared + own > STORE_MAX_KEY_BYTES)
        return false;
    memcpy(reader->key + shared, rest.data, own);
    entry->key = bytes_of(reader->key, shared + own);
    rest = bytes_of(rest.data + own, rest.len - own);
    entry->value = (struct bytes){NULL, 0};
    entry->amount = 0;
    bool whole = entry->kind == INDEX_ENTRY_DELETE;
    if (entry->kind == INDEX_ENTRY_PUT)
        whole = take_value(&rest, &entry->value) && entry->value.len <= INDEX_MAX_VALUE_BYTES;
    if (entry->kind == INDEX_ENTRY_ADD)
        whole = take_amount(&rest, &entry->amount);
    reader->rest = rest;
    return whole;
}

bool index_log_next(struct index_log_reader *reader)
{
    if (reader->rest.len == 0 || reader->malformed)
        return false;
    reader->malformed = !take_entry(reader);
    return !reader->malformed;
}

bool index_log_is_row(const struct store *store, struct bytes row)
{
    struct index_log_reader reader = {.rest = row};
    while (index_log_next(&reader)) {
        unsigned slot = reader.entry.slot;
        const struct index *index = slot < STORE_MAX_TABLES ? store->indexes[slot] : NULL;
        if (!index || index->writing == INDEX_DIRECT ||
            (index->kind == INDEX_COUNTER) != (reader.entry.kind == INDEX_ENTRY_ADD))
            return false;
    }
    return !reader.malformed && row.len > 0;
}

void index_log_delete(struct store_txn *txn, uint64_t upto, size_t most)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, log_table());
    uint64_t first = store_cursor_first(&cursor) ? get_u64(cursor.key.data) : UINT64_MAX;
    store_cursor_close(&cursor);
    for (uint64_t row = first; row <= upto && row - first < most; row++) {
        struct key key = key_of_id(row);
        const struct store_write write = {
            .kind = STORE_WRITE_DELETE, .local = true, .table = log_table(), .key = key_bytes(&key)};
        store_write(txn, &write);
    }
}
