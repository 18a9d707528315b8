// SPDX-License-Identifier: Apache-2.0
#include "common/store/internal.h"

void store_cursor_open(struct store_cursor *cursor, struct store_txn *txn, const struct store_table *table)
{
    *cursor = (struct store_cursor){.txn = txn};
    if (txn->fault)
        return;
    MDB_cursor *opened;
    int rc = mdb_cursor_open(txn->mdb, store_dbi(txn, table), &opened);
    if (rc)
        store_txn_fail_lmdb(txn, rc, "opening a cursor");
    else
        cursor->cursor = opened;
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (cursor->cursor)
        mdb_cursor_close(cursor->cursor);
    cursor->cursor = NULL;
}

static bool move(struct store_cursor *cursor, struct bytes wanted, MDB_cursor_op how)
{
    if (!cursor->cursor || cursor->txn->fault)
        return false;
    MDB_val key = {.mv_size = wanted.len, .mv_data = (void *)(uintptr_t)wanted.data}, value;
    int rc = mdb_cursor_get(cursor->cursor, &key, &value, how);
    if (rc == MDB_NOTFOUND)
        return false;
    if (rc) {
        store_txn_fail_lmdb(cursor->txn, rc, "moving a cursor");
        return false;
    }
    cursor->key = bytes_of(key.mv_data, key.mv_size);
    cursor->value = bytes_of(value.mv_data, value.mv_size);
    return true;
}

bool store_cursor_first(struct store_cursor *cursor)
{
    return move(cursor, (struct bytes){NULL, 0}, MDB_FIRST);
}

bool store_cursor_last(struct store_cursor *cursor)
{
    return move(cursor, (struct bytes){NULL, 0}, MDB_LAST);
}

bool store_cursor_seek(struct store_cursor *cursor, struct bytes key)
{
    return key.len == 0 ? store_cursor_first(cursor) : move(cursor, key, MDB_SET_RANGE);
}

bool store_cursor_find(struct store_cursor *cursor, struct bytes key)
{
    return key.len > 0 && move(cursor, key, MDB_SET_KEY);
}

bool store_cursor_seek_before(struct store_cursor *cursor, struct bytes key)
{
    if (key.len == 0)
        return false;
    return store_cursor_seek(cursor, key) ? store_cursor_previous(cursor) : store_cursor_last(cursor);
}

bool store_cursor_next(struct store_cursor *cursor)
{
    return move(cursor, (struct bytes){NULL, 0}, MDB_NEXT);
}

bool store_cursor_previous(struct store_cursor *cursor)
{
    return move(cursor, (struct bytes){NULL, 0}, MDB_PREV);
}
