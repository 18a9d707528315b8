// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/store/internal.h"

enum {
    READ_AGAIN_MS = 100,
    CHEAP_FREE_LISTS = 1024, // so few of LMDB's free lists are counted afresh after every commit
};

/** A line of mdb_reader_list: process, thread (hexadecimal), transaction; other lines and idle slots ("-") are none. */
static int add_reader(const char *line, void *context)
{
    struct store_readers *readers = context;
    char *after_process, *after_thread, *end;
    long process = strtol(line, &after_process, 10);
    strtoull(after_process, &after_thread, 16);
    uint64_t txn = strtoull(after_thread, &end, 10);
    if (after_process == line || end == after_thread)
        return 0;
    if (readers->count == 0 || txn < readers->oldest_txn)
        readers->oldest_txn = txn;
    readers->count++;
    if (process == getpid())
        return 0;
    if (!readers->has_others || txn < readers->others_oldest_txn)
        readers->others_oldest_txn = txn;
    readers->has_others = true;
    return 0;
}

struct store_readers store_readers(const struct store *store)
{
    struct store_readers readers = {0};
    MDB_envinfo info = {0};
    mdb_reader_list(store->env, add_reader, &readers);
    mdb_env_info(store->env, &info);
    if (readers.count && info.me_last_txnid > readers.oldest_txn)
        readers.lag = info.me_last_txnid - readers.oldest_txn;
    return readers;
}

/**
 * LMDB keeps its free pages in table 0: one list per transaction that freed some, each beginning with its length. What was freed
 * since a reader of another process began is not free before that one ends: the file grows instead, and must not pass the quota.
 */
static bool count_free_pages(struct store *store, struct store_room *room)
{
    struct store_readers readers = store_readers(store);
    struct store_txn *txn = store_begin_read(store);
    uint64_t pages = 0, lists = 0;
    MDB_cursor *cursor = NULL;
    int rc = txn->fault ? 0 : mdb_cursor_open(txn->mdb, 0, &cursor);
    MDB_val key, value;
    bool pinned = false;
    while (cursor && !pinned && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        size_t len, freed_by;
        memcpy(&len, value.mv_data, sizeof len);
        memcpy(&freed_by, key.mv_data, sizeof freed_by);
        pinned = readers.has_others && freed_by >= readers.others_oldest_txn;
        pages += pinned ? 0 : len;
        lists++;
    }
    if (cursor)
        mdb_cursor_close(cursor);
    if (rc && rc != MDB_NOTFOUND)
        store_txn_fail_lmdb(txn, rc, "counting free pages");
    bool counted = !txn->fault;
    store_abort(txn);
    if (counted) {
        room->free_pages = pages;
        room->free_lists = lists;
        room->pinned = pinned;
    }
    return counted;
}

static uint64_t used_bytes(struct store *store, const MDB_envinfo *info)
{
    struct store_room *room = &store->room;
    int64_t now_ms = clock_monotonic_ms(store->config.clock);
    bool late = now_ms - room->pages_ms >= READ_AGAIN_MS;
    bool stale = !room->pages_known || room->pages_txn != info->me_last_txnid || (room->pinned && late);
    bool cheap = room->free_lists <= CHEAP_FREE_LISTS || late;
    if (stale && (!room->pages_known || cheap) && count_free_pages(store, room)) {
        room->pages_known = true;
        room->pages_txn = info->me_last_txnid;
        room->pages_ms = now_ms;
    }
    uint64_t pages = info->me_last_pgno + 1;
    return (pages - (room->free_pages < pages ? room->free_pages : pages)) * store->page_bytes;
}

static uint64_t free_bytes(struct store *store)
{
    struct store_room *room = &store->room;
    int64_t now_ms = clock_monotonic_ms(store->config.clock);
    if (!room->disk_known || now_ms - room->disk_ms >= READ_AGAIN_MS) {
        room->disk_free_bytes = store_free_bytes(store->path.text);
        room->disk_known = true;
        room->disk_ms = now_ms;
    }
    return room->disk_free_bytes;
}

enum fault store_has_room(const struct store *store)
{
    struct store *mutable = (struct store *)(uintptr_t)store; // only what it remembers of the space
    MDB_envinfo info = {0};
    uint64_t quota = store->config.quota_bytes;
    pthread_mutex_lock(&mutable->room.mutex);
    bool full = free_bytes(mutable) < store->config.min_free_bytes;
    if (!full && quota) {
        mdb_env_info(store->env, &info);
        // Free pages need no counting as long as the file's whole length is within the quota.
        full = ((uint64_t)info.me_last_pgno + 1) * store->page_bytes > quota && used_bytes(mutable, &info) > quota;
    }
    pthread_mutex_unlock(&mutable->room.mutex);
    return full ? FAULT_STORAGE_FULL : FAULT_NONE;
}

bool store_has_spare(struct store *store, uint64_t bytes)
{
    pthread_mutex_lock(&store->room.mutex);
    bool has = free_bytes(store) >= store->config.min_free_bytes + bytes;
    pthread_mutex_unlock(&store->room.mutex);
    return has;
}

struct store_usage store_usage(const struct store *store)
{
    struct store *mutable = (struct store *)(uintptr_t)store;
    struct store_readers readers = store_readers(store);
    MDB_envinfo info = {0};
    mdb_env_info(store->env, &info);
    int fd = -1;
    struct stat file = {0};
    if (mdb_env_get_fd(store->env, &fd) == 0)
        fstat(fd, &file);
    pthread_mutex_lock(&mutable->room.mutex);
    struct store_usage usage = {
        .used_bytes = used_bytes(mutable, &info),
        .file_bytes = (uint64_t)file.st_size,
        .quota_bytes = store->config.quota_bytes,
        .free_bytes = free_bytes(mutable),
        .readers = readers.count,
        .reader_lag = readers.lag,
    };
    pthread_mutex_unlock(&mutable->room.mutex);
    return usage;
}

int store_clean_readers(struct store *store)
{
    int dead = 0;
    mdb_reader_check(store->env, &dead);
    return dead;
}
