// SPDX-License-Identifier: Apache-2.0
#include "common/store/alias.h"

#include "common/base/must.h"

enum {
    LEADS = 1, // kinds of keys
    LED = 2,
    ID_BYTES = sizeof(uint64_t),
    MOVED_AT_ONCE = 64,
};

static struct key leads_key(uint64_t alias)
{
    struct key key = {.len = 0};
    key_u8(&key, LEADS);
    key_u64(&key, alias);
    return key;
}

static struct key led_key(uint64_t end, uint64_t alias)
{
    struct key key = {.len = 0};
    key_u8(&key, LED);
    key_u64(&key, end);
    key_u64(&key, alias);
    return key;
}

/** The row of an alias; false: it is none, or the transaction failed. */
static bool get(struct store_txn *txn, const struct store_table *table, uint64_t alias, struct bytes *out_row)
{
    struct key key = leads_key(alias);
    if (!store_get(txn, table, key_bytes(&key), out_row))
        return false;
    bool is_sound = out_row->len >= ID_BYTES && out_row->len <= ID_BYTES + ALIAS_KEPT_BYTES;
    if (!is_sound)
        store_txn_fail(txn, FAULT_CORRUPT);
    return is_sound;
}

bool alias_read(struct bytes key, struct bytes value, uint64_t *out_alias, uint64_t *out_end)
{
    if (key.len != 1 + ID_BYTES || key.data[0] != LEADS || value.len < ID_BYTES)
        return false;
    *out_alias = get_u64(key.data + 1);
    *out_end = get_u64(value.data);
    return true;
}

uint64_t alias_end(struct store_txn *txn, const struct store_table *table, uint64_t id)
{
    struct bytes row;
    return get(txn, table, id, &row) ? get_u64(row.data) : id;
}

struct bytes alias_kept(struct store_txn *txn, const struct store_table *table, uint64_t id)
{
    struct bytes row;
    return get(txn, table, id, &row) ? bytes_of(row.data + ID_BYTES, row.len - ID_BYTES) : bytes_of("", 0);
}

/** Ids at the end of the keys from `from` on that begin with its first `prefix` bytes. */
static size_t list(struct store_txn *txn, const struct store_table *table, const struct key *from, size_t prefix,
                   uint64_t *out_ids, size_t max)
{
    struct store_cursor cursor;
    size_t count = 0;
    store_cursor_open(&cursor, txn, table);
    bool there = store_cursor_seek(&cursor, key_bytes(from));
    for (; there && count < max && cursor.key.len >= prefix && memcmp(cursor.key.data, from->data, prefix) == 0;
         there = store_cursor_next(&cursor))
        out_ids[count++] = get_u64(cursor.key.data + cursor.key.len - ID_BYTES);
    store_cursor_close(&cursor);
    return count;
}

size_t alias_list(struct store_txn *txn, const struct store_table *table, uint64_t end, uint64_t after,
                  uint64_t *out_aliases, size_t max)
{
    struct key from = led_key(end, after + 1);
    return list(txn, table, &from, from.len - ID_BYTES, out_aliases, max);
}

size_t alias_scan(struct store_txn *txn, const struct store_table *table, uint64_t after, uint64_t *out_aliases,
                  size_t max)
{
    struct key from = leads_key(after + 1);
    return list(txn, table, &from, from.len - ID_BYTES, out_aliases, max);
}

/** Writes one alias, in place of where it led before. */
static void lead(struct store_txn *txn, const struct store_table *table, uint64_t alias, uint64_t end,
                 struct bytes kept)
{
    struct key leads = leads_key(alias), led = led_key(end, alias);
    uint8_t row[ID_BYTES + ALIAS_KEPT_BYTES];
    struct bytes old;
    must(kept.len <= ALIAS_KEPT_BYTES);
    put_u64(row, end);
    if (kept.len)
        memcpy(row + ID_BYTES, kept.data, kept.len);
    if (get(txn, table, alias, &old)) {
        struct key was_led = led_key(get_u64(old.data), alias);
        store_delete(txn, table, key_bytes(&was_led));
    }
    store_put(txn, table, key_bytes(&leads), bytes_of(row, ID_BYTES + kept.len));
    store_put(txn, table, key_bytes(&led), bytes_of("", 0));
}

void alias_put(struct store_txn *txn, const struct store_table *table, uint64_t alias, uint64_t to, struct bytes kept)
{
    uint64_t end = alias_end(txn, table, to), moved[MOVED_AT_ONCE];
    size_t count = 0;
    if (end == alias)
        return;
    lead(txn, table, alias, end, kept);
    do {
        count = alias_list(txn, table, alias, 0, moved, MOVED_AT_ONCE);
        for (size_t i = 0; i < count; i++)
            lead(txn, table, moved[i], end, alias_kept(txn, table, moved[i]));
    } while (count > 0 && store_txn_fault(txn) == FAULT_NONE);
}
