// SPDX-License-Identifier: Apache-2.0
#include "common/base/must.h"
#include "common/store/internal.h"

static bool is_key(struct bytes key)
{
    return key.len > 0 && key.len <= STORE_MAX_KEY_BYTES;
}

static MDB_val val_of(struct bytes bytes)
{
    return (MDB_val){.mv_size = bytes.len, .mv_data = (void *)(uintptr_t)bytes.data};
}

bool store_get(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes *out_value)
{
    if (txn->fault || !is_key(key))
        return false;
    MDB_val wanted = val_of(key), found;
    int rc = mdb_get(txn->mdb, store_dbi(txn, table), &wanted, &found);
    if (rc == MDB_NOTFOUND)
        return false;
    if (rc) {
        store_txn_fail_lmdb(txn, rc, "reading a row");
        return false;
    }
    *out_value = bytes_of(found.mv_data, found.mv_size);
    return true;
}

static int write_at_cursor(const struct store_write *write, MDB_val *key, MDB_val *value)
{
    if (write->kind == STORE_WRITE_PUT)
        return mdb_cursor_put(write->cursor, key, value, write->is_at_key ? MDB_CURRENT : 0);
    int rc = write->is_at_key ? 0 : mdb_cursor_get(write->cursor, key, NULL, MDB_SET);
    return rc ? rc : mdb_cursor_del(write->cursor, 0);
}

static int write_row(struct store_txn *txn, const struct store_write *write)
{
    MDB_val key = val_of(write->key), value = val_of(write->value);
    if (write->cursor)
        return write_at_cursor(write, &key, &value);
    MDB_dbi dbi = store_dbi(txn, write->table);
    if (write->kind == STORE_WRITE_DELETE)
        return mdb_del(txn->mdb, dbi, &key, NULL);
    return mdb_put(txn->mdb, dbi, &key, &value, write->append ? MDB_APPEND : 0);
}

void store_write(struct store_txn *txn, const struct store_write *write)
{
    if (txn->fault)
        return;
    must(txn->writing);
    if (!is_key(write->key)) {
        if (write->kind == STORE_WRITE_PUT)
            store_txn_fail_logged(txn, FAULT_TOO_LARGE, "writing a row: its key");
        return;
    }
    if (write->value.len > UINT32_MAX) {
        store_txn_fail_logged(txn, FAULT_TOO_LARGE, "writing a row: its value");
        return;
    }
    int rc = write_row(txn, write);
    if (rc == MDB_NOTFOUND && write->kind == STORE_WRITE_DELETE)
        return;
    must(rc != MDB_KEYEXIST); // an append that is none
    if (rc) {
        store_txn_fail_lmdb(txn, rc, "writing a row");
        return;
    }
    struct store_writer *writer = &txn->store->writer;
    if (writer->gathers && !write->local) {
        store_write_set_add(writer, write);
        if (writer->write_set.failed)
            store_txn_fail_logged(txn, FAULT_MEMORY, "gathering the write set");
    }
}

void store_put(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes value)
{
    const struct store_write write = {.kind = STORE_WRITE_PUT, .table = table, .key = key, .value = value};
    store_write(txn, &write);
}

void store_append(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes value)
{
    const struct store_write write = {
        .kind = STORE_WRITE_PUT, .append = true, .table = table, .key = key, .value = value};
    store_write(txn, &write);
}

void store_delete(struct store_txn *txn, const struct store_table *table, struct bytes key)
{
    const struct store_write write = {.kind = STORE_WRITE_DELETE, .table = table, .key = key};
    store_write(txn, &write);
}

uint64_t store_count(struct store_txn *txn, const struct store_table *table)
{
    if (txn->fault)
        return 0;
    MDB_stat stat;
    int rc = mdb_stat(txn->mdb, store_dbi(txn, table), &stat);
    if (rc) {
        store_txn_fail_lmdb(txn, rc, "counting rows");
        return 0;
    }
    return stat.ms_entries;
}
