// SPDX-License-Identifier: Apache-2.0
/**
 * Store: one service's durable state, an LMDB environment with a journal, and nothing else in the system knows that it
 * is LMDB.
 *
 * One process opens a store, once; a second open is refused. One thread writes (store_begin_write … store_commit); any
 * thread may read through a transaction of its own. Commits are synced: what store_commit said FAULT_NONE to survives
 * kill -9 and power loss, what it did not is wholly absent.
 *
 * Transactions have sticky errors: after the first fault every call on the transaction is a no-op (gets find nothing)
 * and store_commit aborts and returns that fault. So handlers are straight lines, and only who commits asks.
 *
 * Not promised: that a read transaction older than a second is let live (store_usage tells how far the oldest lags);
 * that the file shrinks. After fork the child can only close: its transactions are born with FAULT_IN_USE.
 */
#ifndef COMMON_STORE_STORE_H
#define COMMON_STORE_STORE_H

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/random.h"
#include "common/base/text.h"

struct index;
struct store;
struct store_txn;
struct replog;

enum {
    STORE_MAX_TABLES = 64,
    STORE_FIRST_SERVICE_SLOT = 16, // below it: the tables every store has
    STORE_MAX_KEY_BYTES = 511,     // LMDB's limit
    STORE_ID_BYTES = 16,
    STORE_DIGEST_BYTES = 32,
    STORE_CHAIN_BYTES = 16,
};

/**
 * A table: declared once by its owner as a constant. The slot is the table's number in write sets and never changes or
 * is reused within a store.
 */
struct store_table {
    const char *name;
    unsigned slot;
};

/** Brings a store from schema version `from` to `from + 1`, within the given write transaction. */
struct store_migration {
    uint32_t from;
    void (*run)(struct store_txn *txn);
    const char *doc;
};

struct store_config {
    const char *name;                        // of the service; other stores know this one by it
    const char *path;                        // directory; made with mode 0700 when absent
    uint64_t map_bytes;                      // virtual, far larger than ever needed; 0: 1 TiB
    uint64_t quota_bytes;                    // bytes of pages in use past which writes are refused; 0: none
    uint64_t min_free_bytes;                 // free bytes of the file system below which writes are refused; 0: 64 MiB
    const struct store_table *const *tables; // the service's own, indexes apart
    size_t table_count;
    const struct index *const *indexes; // index.h
    size_t index_count;
    bool writes_ahead; // the file is written some way beyond what is used: at most 16 MiB, and commits are faster
    size_t index_memory_entries; // deferred, that wait before they are merged; at most twice as many. 0: 1,000,000
    uint32_t schema_version;
    const struct store_migration *migrations; // in order of `from`, without a gap up to schema_version
    size_t migration_count;
    struct replog *replog;              // NULL: the local one (replog.h)
    const struct clock *clock;          // NULL: the system's
    const struct random_source *random; // NULL: the system's
};

struct store_identity {
    uint8_t id[STORE_ID_BYTES]; // random, made with the store; a restored store keeps it
    uint64_t epoch;             // 1 at first, lifted by every restore
};

/**
 * Opens, or makes, a store; runs migrations; checks the journal's last record. The config's pointers must outlive the
 * store. Faults: IN_USE, VERSION (newer than the config, or older than its migrations), CONFIG (another service's
 * store), CORRUPT, IO, STORAGE_FULL, TOO_LARGE (the path), MEMORY; each is logged with the path. Gives the store:
 * store_close.
 */
enum fault store_open(const struct store_config *config, struct store **out_store);

/** No transaction may be open. */
void store_close(struct store *store);

struct store_identity store_identity(const struct store *store);
const char *store_name(const struct store *store);

/** Last committed journal position; any thread. */
uint64_t store_seq(const struct store *store);

/** A key of this store, for keyed digests of what must not be guessed from outside; 32 bytes. Borrows: store. */
struct bytes store_secret(const struct store *store);

struct store_usage {
    uint64_t used_bytes;  // pages in use, free ones apart
    uint64_t file_bytes;  // size of the file
    uint64_t quota_bytes; // 0: none
    uint64_t free_bytes;  // of the file system
    uint64_t readers;     // read transactions open now
    uint64_t reader_lag;  // commits that the oldest of them is behind
};
struct store_usage store_usage(const struct store *store);

/**
 * FAULT_NONE, or FAULT_STORAGE_FULL when the quota or the floor of free space is passed: ask before beginning a batch
 * that is to grow the store; nothing else stops it. Free space is read at most every 100 ms. The writer's thread, or
 * any.
 */
enum fault store_has_room(const struct store *store);

/** Who reads the store now: this process, and others (mdb_dump, mdb_copy), which nothing but their end can stop. */
struct store_readers {
    uint64_t count;
    uint64_t oldest_txn; // number of the commit that the oldest one sees
    uint64_t lag;        // commits that it is behind
    bool has_others;     // readers of other processes; the oldest of them sees:
    uint64_t others_oldest_txn;
};
struct store_readers store_readers(const struct store *store);

/** Frees the slots of readers that died; call it every 10 s. Returns how many. */
int store_clean_readers(struct store *store);

/** A table that every store has, for who answers commands: the ids it was given lately (common/service/recall.c). */
const struct store_table *store_ids_table(void);

/** Another, and its index, for who writes down who saw what (common/service/access_log.h). */
const struct store_table *store_access_table(void);
const struct index *store_access_by_person(void);

/* Transactions. */

/**
 * The one write transaction; the calling thread owns it until commit or abort, another that wants one waits. Never
 * NULL: a fault is sticky in it. After a commit met FAULT_IO every later one has it too, until the store is opened
 * again.
 */
struct store_txn *store_begin_write(struct store *store);

/** A snapshot for the calling thread; end it with store_abort, within a second, never across a send. Never NULL. */
struct store_txn *store_begin_read(struct store *store);

/** Syncs to disk; the transaction is gone. On a fault nothing of it is there, ids and journal positions included. */
enum fault store_commit(struct store_txn *txn);
void store_abort(struct store_txn *txn);

/** First fault met in the transaction. */
enum fault store_txn_fault(const struct store_txn *txn);

/** Makes a fault of the caller's own sticky (no memory for what it wanted to write). */
void store_txn_fail(struct store_txn *txn, enum fault fault);

/** Last journal position in this transaction's view, its own appends included. */
uint64_t store_txn_seq(struct store_txn *txn);

struct store *store_txn_store(const struct store_txn *txn);

/*
 * Rows. A key has 1 to STORE_MAX_KEY_BYTES bytes: no row has another, and to put one is a sticky FAULT_TOO_LARGE. What
 * a get or cursor gives borrows until the transaction's next write or end; to write it into the same table again, copy
 * it first.
 */

bool store_get(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes *out_value);
void store_put(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes value);

/** As store_put, for a key greater than every key of the table: cheap. A smaller one is a defect of the caller. */
void store_append(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes value);

/** Absent is fine. */
void store_delete(struct store_txn *txn, const struct store_table *table, struct bytes key);

/** Number of rows. */
uint64_t store_count(struct store_txn *txn, const struct store_table *table);

/** Walks a table in key order. Close it before the transaction ends; a write to the table ends what it borrowed. */
struct store_cursor {
    struct store_txn *txn;
    void *cursor; // the library's; NULL after a fault
    struct bytes key;
    struct bytes value;
};
void store_cursor_open(struct store_cursor *cursor, struct store_txn *txn, const struct store_table *table);
void store_cursor_close(struct store_cursor *cursor);

/** Each moves and says whether there is a row, which is then in key and value. */
bool store_cursor_first(struct store_cursor *cursor);
bool store_cursor_last(struct store_cursor *cursor);
bool store_cursor_seek(struct store_cursor *cursor, struct bytes key);        // first row at or after the key
bool store_cursor_find(struct store_cursor *cursor, struct bytes key);        // the row of exactly this key
bool store_cursor_seek_before(struct store_cursor *cursor, struct bytes key); // last row before the key
bool store_cursor_next(struct store_cursor *cursor);
bool store_cursor_previous(struct store_cursor *cursor);

/**
 * Next number of a named sequence (name ≤ 64 bytes), from 1; 0 after a fault. An aborted transaction gives its numbers
 * back.
 */
uint64_t store_next_id(struct store_txn *txn, const char *sequence);

#endif
