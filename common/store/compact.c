// SPDX-License-Identifier: Apache-2.0
#include "common/store/compact.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/store/internal.h"

enum {
    ROWS_A_COMMIT = 20000,
    BYTES_A_COMMIT = 8 * 1024 * 1024,
};

static const char compacting_file[] = "data.mdb.compacting";
static const char lock_file[] = "lock.mdb";

/** One copying. */
struct copying {
    struct store *store; // the old one, open
    struct store_path path;
    MDB_txn *from;
    MDB_env *env; // the new one
    MDB_txn *to;
    size_t rows; // since its last commit
    size_t bytes;
    void (*goes_on)(void);
    struct store_compaction done;
};

static void tell(const struct copying *copying)
{
    if (copying->goes_on)
        copying->goes_on();
}

/** Synced once, at the end: until then nobody relies on it. */
static int open_new(struct copying *copying)
{
    int rc = mdb_env_create(&copying->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(copying->env, STORE_MAX_TABLES);
    if (!rc)
        rc = mdb_env_set_mapsize(copying->env, copying->store->config.map_bytes);
    if (!rc)
        rc = mdb_env_open(copying->env, copying->path.text, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
    return rc;
}

/** Commits what was copied and begins again, so that memory does not grow with the store. */
static int commit_some(struct copying *copying)
{
    int rc = mdb_txn_commit(copying->to);
    copying->to = NULL;
    copying->rows = copying->bytes = 0;
    tell(copying);
    return rc ? rc : mdb_txn_begin(copying->env, NULL, 0, &copying->to);
}

static int copy_rows(struct copying *copying, MDB_dbi from, MDB_dbi to)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_cursor_open(copying->from, from, &cursor);
    if (rc)
        return rc;
    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); !rc;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        rc = mdb_put(copying->to, to, &key, &value, MDB_APPEND);
        copying->done.rows++;
        copying->bytes += key.mv_size + value.mv_size;
        if (!rc && (++copying->rows >= ROWS_A_COMMIT || copying->bytes >= BYTES_A_COMMIT))
            rc = commit_some(copying);
        if (rc)
            break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/** Copies one table and looks that it has as many rows. */
static int copy_table(struct copying *copying, const char *name)
{
    MDB_dbi from, to;
    MDB_stat old, new;
    int rc = mdb_dbi_open(copying->from, name, 0, &from);
    if (!rc)
        rc = mdb_dbi_open(copying->to, name, MDB_CREATE, &to);
    if (!rc)
        rc = commit_some(copying); // the table stays open in what comes
    if (!rc)
        rc = copy_rows(copying, from, to);
    if (!rc)
        rc = mdb_stat(copying->from, from, &old);
    if (!rc)
        rc = mdb_stat(copying->to, to, &new);
    return rc ? rc : old.ms_entries == new.ms_entries ? 0 : MDB_CORRUPTED;
}

/** Every table that the file has, also one that this program does not know. */
static int copy_tables(struct copying *copying)
{
    MDB_dbi root;
    MDB_cursor *cursor = NULL;
    MDB_val name, value;
    int rc = mdb_dbi_open(copying->from, NULL, 0, &root);
    if (!rc)
        rc = mdb_cursor_open(copying->from, root, &cursor);
    if (rc)
        return rc;
    for (rc = mdb_cursor_get(cursor, &name, &value, MDB_FIRST); !rc;
         rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT)) {
        char text[64];
        if (name.mv_size >= sizeof text) {
            rc = MDB_CORRUPTED;
            break;
        }
        memcpy(text, name.mv_data, name.mv_size);
        text[name.mv_size] = '\0';
        if ((rc = copy_table(copying, text)) != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int copy(struct copying *copying)
{
    int rc = open_new(copying);
    if (!rc)
        rc = mdb_txn_begin(copying->store->env, NULL, MDB_RDONLY, &copying->from);
    if (!rc)
        rc = mdb_txn_begin(copying->env, NULL, 0, &copying->to);
    if (!rc)
        rc = copy_tables(copying);
    if (copying->from)
        mdb_txn_abort(copying->from);
    if (copying->to && rc)
        mdb_txn_abort(copying->to);
    else if (copying->to)
        rc = mdb_txn_commit(copying->to);
    if (!rc)
        rc = mdb_env_sync(copying->env, 1);
    if (copying->env)
        mdb_env_close(copying->env);
    return rc;
}

static uint64_t file_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/**
 * The new file takes the place of the old one. LMDB's lock file goes first: it tells of the old one's readers and transactions, and
 * is made anew by the next open.
 */
static enum fault take_place(struct copying *copying)
{
    struct store_path data, lock;
    enum fault fault = store_path_join(&data, copying->store->path.text, store_data_file);
    if (!fault)
        fault = store_path_join(&lock, copying->store->path.text, lock_file);
    if (!fault)
        fault = store_sync_path(copying->path.text); // with its length
    if (fault)
        return fault;
    copying->done.bytes_before = file_bytes(data.text);
    copying->done.bytes_after = file_bytes(copying->path.text);
    if ((unlink(lock.text) != 0 && errno != ENOENT) || rename(copying->path.text, data.text) != 0)
        return store_fault_of(errno, data.text);
    return store_sync_path(copying->store->path.text);
}

static enum fault has_space(const struct store *store)
{
    struct store_usage usage = store_usage(store);
    return usage.free_bytes > usage.used_bytes + store->config.min_free_bytes ? FAULT_NONE : FAULT_STORAGE_FULL;
}

void store_compact_tidy(const char *directory)
{
    struct store_path path;
    if (!store_path_join(&path, directory, compacting_file))
        unlink(path.text);
}

enum fault store_compact(const struct store_config *config, void (*goes_on)(void),
                         struct store_compaction *out_compaction)
{
    struct copying copying = {.goes_on = goes_on};
    struct store_config alone = *config;
    alone.replog = NULL; // what is done here is of no batch
    alone.writes_ahead = false;
    enum fault fault = store_open_at(&alone, config->path, STORE_OPEN_RESTORED, &copying.store);
    if (fault)
        return fault;
    fault = store_settle_indexes(copying.store, goes_on);
    if (!fault)
        fault = has_space(copying.store);
    if (!fault)
        fault = store_path_join(&copying.path, copying.store->path.text, compacting_file);
    if (!fault)
        fault = store_fault_of(copy(&copying), copying.store->path.text);
    if (!fault)
        fault = take_place(&copying);
    store_compact_tidy(copying.store->path.text);
    store_close(copying.store);
    if (fault)
        LOG(LOG_LEVEL_ERROR, "a store could not be compacted and stays as it is", log_name("path", config->path),
            log_name("fault", fault_name(fault)));
    else
        *out_compaction = copying.done;
    return fault;
}
