// SPDX-License-Identifier: Apache-2.0
/**
 * Reaching past common/store into its file, for the tests alone: to damage records, and to compare two stores byte by
 * byte. The store must be closed meanwhile.
 */
#ifndef TESTS_UNIT_STORE_RAW_H
#define TESTS_UNIT_STORE_RAW_H

#include <lmdb.h>

#include "tests/unit/store_fixture.h"

static inline MDB_env *raw_open(const char *path, unsigned flags)
{
    MDB_env *env;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, STORE_MAX_TABLES), 0);
    assert_int_equal(mdb_env_set_mapsize(env, 256 << 20), 0);
    assert_int_equal(mdb_env_open(env, path, flags, 0600), 0);
    return env;
}

/** The value of a row, changed by `edit` and put back. It returns the new length, within the 64 KiB it gets. */
static inline void raw_edit(const char *path, const char *table, struct bytes key,
                            size_t (*edit)(uint8_t *value, size_t len, const void *context), const void *context)
{
    MDB_env *env = raw_open(path, 0);
    MDB_txn *txn;
    MDB_dbi dbi;
    static uint8_t edited[65536];
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
    MDB_val wanted = {key.len, (void *)(uintptr_t)key.data}, value;
    assert_int_equal(mdb_get(txn, dbi, &wanted, &value), 0);
    assert_true(value.mv_size <= sizeof edited);
    memcpy(edited, value.mv_data, value.mv_size);
    value = (MDB_val){edit(edited, value.mv_size, context), edited};
    assert_int_equal(mdb_put(txn, dbi, &wanted, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static inline void raw_delete(const char *path, const char *table, struct bytes key)
{
    MDB_env *env = raw_open(path, 0);
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val wanted = {key.len, (void *)(uintptr_t)key.data};
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
    assert_int_equal(mdb_del(txn, dbi, &wanted, NULL), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static inline uint64_t raw_assert_same_table(MDB_txn *a, MDB_txn *b, const char *name)
{
    MDB_dbi a_dbi, b_dbi;
    MDB_cursor *a_rows, *b_rows;
    MDB_val a_key, a_value, b_key, b_value;
    assert_int_equal(mdb_dbi_open(a, name, 0, &a_dbi), 0);
    assert_int_equal(mdb_dbi_open(b, name, 0, &b_dbi), 0);
    assert_int_equal(mdb_cursor_open(a, a_dbi, &a_rows), 0);
    assert_int_equal(mdb_cursor_open(b, b_dbi, &b_rows), 0);
    uint64_t rows = 0;
    for (;; rows++) {
        int a_rc = mdb_cursor_get(a_rows, &a_key, &a_value, MDB_NEXT);
        assert_int_equal(mdb_cursor_get(b_rows, &b_key, &b_value, MDB_NEXT), a_rc);
        if (a_rc == MDB_NOTFOUND)
            break;
        assert_int_equal(a_rc, 0);
        assert_bytes(bytes_of(a_key.mv_data, a_key.mv_size), bytes_of(b_key.mv_data, b_key.mv_size));
        assert_bytes(bytes_of(a_value.mv_data, a_value.mv_size), bytes_of(b_value.mv_data, b_value.mv_size));
    }
    mdb_cursor_close(a_rows);
    mdb_cursor_close(b_rows);
    return rows;
}

/** Every table of one store is in the other with the same rows; returns how many rows there are. */
static inline uint64_t raw_assert_same(const char *a_path, const char *b_path)
{
    MDB_env *a_env = raw_open(a_path, 0), *b_env = raw_open(b_path, 0);
    MDB_txn *a, *b;
    MDB_dbi root;
    MDB_cursor *names;
    MDB_val name, ignored;
    assert_int_equal(mdb_txn_begin(a_env, NULL, 0, &a), 0);
    assert_int_equal(mdb_txn_begin(b_env, NULL, 0, &b), 0);
    assert_int_equal(mdb_dbi_open(a, NULL, 0, &root), 0);
    assert_int_equal(mdb_cursor_open(a, root, &names), 0);
    uint64_t rows = 0, tables = 0;
    for (; mdb_cursor_get(names, &name, &ignored, MDB_NEXT) == 0; tables++) {
        char text[128];
        snprintf(text, sizeof text, "%.*s", (int)name.mv_size, (const char *)name.mv_data);
        rows += raw_assert_same_table(a, b, text);
    }
    MDB_stat b_stat;
    assert_int_equal(mdb_dbi_open(b, NULL, 0, &root), 0);
    assert_int_equal(mdb_stat(b, root, &b_stat), 0);
    assert_int_equal(b_stat.ms_entries, tables);
    mdb_cursor_close(names);
    mdb_txn_abort(a);
    mdb_txn_abort(b);
    mdb_env_close(a_env);
    mdb_env_close(b_env);
    return rows;
}

#endif
