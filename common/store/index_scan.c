// SPDX-License-Identifier: Apache-2.0
#include "common/base/must.h"
#include "common/store/internal.h"

/* A scan goes through the table and through what waits in memory at once, by key; of one key what waits is newer. */

static bool has_prefix(struct bytes key, struct bytes prefix)
{
    return text_starts_with(bytes_text(key), bytes_text(prefix));
}

/** Where the keys end that begin with the prefix; `room` is for the place's key. */
static struct index_place end_of_prefix(unsigned slot, struct bytes prefix, uint8_t *room)
{
    size_t len = prefix.len;
    while (len > 0 && prefix.data[len - 1] == 0xff)
        len--;
    if (len == 0)
        return (struct index_place){slot + 1, {NULL, 0}, false};
    memcpy(room, prefix.data, len);
    room[len - 1]++;
    return (struct index_place){slot, bytes_of(room, len), false};
}

static bool is_past(struct bytes key, const struct index_place *end, unsigned slot)
{
    return end->slot == slot && bytes_compare(key, end->key) >= 0;
}

static bool first_in_table(struct index_scan *scan, const struct index_place *low, const struct index_place *high)
{
    struct store_cursor *cursor = &scan->cursor;
    if (!scan->descending)
        return store_cursor_seek(cursor, low->key);
    if (high->slot != scan->index->table.slot)
        return store_cursor_last(cursor);
    if (high->after && store_cursor_seek(cursor, high->key) && bytes_equal(cursor->key, high->key))
        return true;
    return store_cursor_seek_before(cursor, high->key);
}

void index_scan_open(struct index_scan *scan, struct store_txn *txn, const struct index *index, struct bytes prefix,
                     struct bytes from, bool descending)
{
    *scan = (struct index_scan){.index = index, .prefix = prefix, .descending = descending};
    if (prefix.len > STORE_MAX_KEY_BYTES)
        return; // no key is so long
    if (txn->writing)
        store_indexes_flush(txn); // a scan sees the transaction's own entries
    uint8_t room[STORE_MAX_KEY_BYTES];
    unsigned slot = index->table.slot;
    struct index_place low = {slot, prefix, false}, high = end_of_prefix(slot, prefix, room);
    if (!descending && bytes_compare(from, prefix) > 0)
        low.key = from;
    if (descending && from.len > 0 && !is_past(from, &high, slot))
        high = (struct index_place){slot, from, true};
    store_cursor_open(&scan->cursor, txn, &index->table);
    scan->in_table = first_in_table(scan, &low, &high);
    if (index_is_deferred(index))
        scan->memory = index_waiting_walk(txn, low, high, descending);
}

static void step_table(struct index_scan *scan)
{
    struct store_cursor *cursor = &scan->cursor;
    scan->in_table = scan->descending ? store_cursor_previous(cursor) : store_cursor_next(cursor);
}

/** Takes the next key's table entry, what waits for it, or both; false: there is none. */
static bool take(struct index_scan *scan, bool *out_from_table, struct index_entry *out_waiting, bool *out_waits)
{
    const struct index_entry *waiting = scan->memory ? index_walk_current(scan->memory) : NULL;
    bool in_table = scan->in_table && has_prefix(scan->cursor.key, scan->prefix);
    if (!in_table && !waiting)
        return false;
    int order = !waiting ? -1 : !in_table ? 1 : bytes_compare(scan->cursor.key, waiting->key);
    if (waiting && in_table && scan->descending)
        order = -order;
    *out_from_table = order <= 0;
    *out_waits = order >= 0;
    scan->key = *out_from_table ? scan->cursor.key : waiting->key;
    scan->value = scan->cursor.value; // what a cursor gave stays when it moves on
    if (*out_waits) {
        *out_waiting = *waiting;
        index_walk_step(scan->memory);
    }
    if (*out_from_table)
        step_table(scan);
    return true;
}

bool index_scan_next(struct index_scan *scan)
{
    struct index_entry waiting = {.kind = INDEX_ENTRY_DELETE};
    bool from_table, waits;
    while (take(scan, &from_table, &waiting, &waits)) {
        scan->sum = 0;
        if (scan->index->kind == INDEX_COUNTER) {
            if (from_table && !index_decode_sum(scan->cursor.txn, scan->value, &scan->sum))
                break;
            if (waits)
                scan->sum = index_sum(scan->sum, waiting.amount);
            if (scan->sum != 0)
                return true;
        } else if (!waits || waiting.kind == INDEX_ENTRY_PUT) {
            if (waits)
                scan->value = waiting.value;
            return true;
        }
    }
    index_scan_close(scan); // stays at the end
    return false;
}

void index_scan_leap(struct index_scan *scan, struct bytes from)
{
    must(!scan->descending);
    if (scan->in_table && bytes_compare(scan->cursor.key, from) < 0)
        scan->in_table = store_cursor_seek(&scan->cursor, from);
    if (scan->memory)
        index_walk_leap(scan->memory, (struct index_place){scan->index->table.slot, from, false});
}

void index_scan_close(struct index_scan *scan)
{
    store_cursor_close(&scan->cursor);
    index_walk_free(scan->memory);
    scan->memory = NULL;
    scan->in_table = false;
}
