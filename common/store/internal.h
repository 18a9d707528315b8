// SPDX-License-Identifier: Apache-2.0
/**
 * The inside of common/store: what its files share and nobody else includes.
 *
 * The writer's parts (head, sequences, write set, scratch, salts) belong to the thread that holds `write_mutex`, from
 * store_begin_write to the end of that transaction. Everything else in a store is constant after store_open, atomic, or
 * under the mutex named beside it.
 */
#ifndef COMMON_STORE_INTERNAL_H
#define COMMON_STORE_INTERNAL_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "common/base/buffer.h"
#include "common/store/ahead.h"
#include "common/store/backup.h"
#include "common/store/following.h"
#include "common/store/index_deferred.h"
#include "common/store/index_log.h"
#include "common/store/journal.h"
#include "common/store/replog.h"

/** The tables every store has. Numbers stand in write sets and are never reused. */
enum store_own_slot {
    SLOT_JOURNAL = 0,
    SLOT_OFFSETS = 1,
    SLOT_META = 2,
    SLOT_SET_ASIDE = 3,
    SLOT_SET_ASIDE_SUBJECT = 4,
    SLOT_INDEX_LOG = 5,
    SLOT_IDS = 6,
    SLOT_ACCESS = 7,
    STORE_OWN_TABLES = 8,
    SLOT_ACCESS_PERSON = 8, // of an index
};
extern const struct store_table store_own_tables[STORE_OWN_TABLES]; // by slot

enum {
    STORE_SECRET_BYTES = 32,
    STORE_MAX_SEQUENCE_NAME = 64,
    STORE_SEQUENCES_HELD = 16, // in memory at once; more are written early
    STORE_SALTS_BYTES = 256 * JOURNAL_SALT_BYTES,
    STORE_PATH_BYTES = 4096,
    JOURNAL_PREFIX_BYTES = 56, // of a record, before its header
    JOURNAL_MAX_HEADER_BYTES = 3 * 8 + JOURNAL_COMMAND_DIGEST_BYTES + 6 * 256 + 2 + JOURNAL_MAX_REPLY_BYTES,
    JOURNAL_MAX_RECORD_BYTES = JOURNAL_PREFIX_BYTES + JOURNAL_MAX_HEADER_BYTES + JOURNAL_MAX_BODY_BYTES,
    STORE_SCRATCH_BYTES = JOURNAL_MAX_RECORD_BYTES + 256, // a record, or one set aside with its reason
};

/* Paths and files: files.c. All return what happened without logging it. */

struct store_path {
    char text[STORE_PATH_BYTES];
};

/** `directory`/`name`; FAULT_TOO_LARGE when it does not fit. */
enum fault store_path_join(struct store_path *out_path, const char *directory, const char *name);
/** The directory that holds `path`. */
enum fault store_path_parent(struct store_path *out_path, const char *path);
enum fault store_sync_path(const char *path);
/** Makes a directory with mode 0700, its parent synced; `out_made` is false when it was there. */
enum fault store_make_directory(const char *path, bool *out_made);
/** Copies a file to one that must not exist, synced. */
enum fault store_copy_file(const char *from, const char *to);
/** Removes a directory that holds nothing but a store's files. */
void store_remove_directory(const char *path);
bool store_path_exists(const char *path);
uint64_t store_free_bytes(const char *path);

extern const char store_data_file[];

/* LMDB's results and errno as faults: lmdb_fault.c. */

/** `path` is where to look for free space when a write failed. */
enum fault store_fault_of(int rc, const char *path);

/* What an index's table holds: index.c. */

/** Does to the table what the entry says. `cursor` is NULL or one of the table, for entries in key order; then the write is local:
 *  outside the write set. */
void index_write_table(struct store_txn *txn, const struct index *index, const struct index_entry *entry,
                       struct store_cursor *cursor);
/** False: it is none, a sticky fault. */
bool index_decode_sum(struct store_txn *txn, struct bytes value, int64_t *out_sum);

/* Exclusive opening: lock.c. */

struct store_lock {
    int fd;
    dev_t device;
    ino_t inode;
    struct store_lock *next;
};

/** FAULT_IN_USE when the directory is taken, here or elsewhere. The lock's memory must stay until it is released. */
enum fault store_lock_take(struct store_lock *lock, const char *directory);
void store_lock_release(struct store_lock *lock);
/** This process, as a number that costs no system call and changes in a forked child. */
int store_process(void);

struct store_txn {
    struct store *store;
    MDB_txn *mdb; // a reader keeps it while idle
    bool live;    // mdb may be used
    bool writing;
    bool ready_made; // belongs to the store, failed from birth, shared by threads: never changed
    bool head_known;
    enum fault fault;
    struct journal_position head;
    const struct index_version *indexes; // pinned; NULL: the store has no deferred index, or the transaction writes
    bool merge_known;
    bool applies; // another store's write set: its rows of the index log are there already
    struct index_merge merge;
    struct store_txn *next; // among the idle readers
};

struct store_sequence {
    char name[STORE_MAX_SEQUENCE_NAME];
    size_t name_len;
    uint64_t last;
};

/** Where the store stands in its log of write sets. */
struct store_sets {
    bool known; // false: no log counts
    struct replog_position at;
};

struct store_writer {
    struct store_txn txn;
    struct journal_position committed;
    struct store_sets sets; // with the transaction's
    struct store_sequence sequences[STORE_SEQUENCES_HELD];
    size_t sequence_count;
    bool gathers; // this transaction's writes into write_set
    struct buffer write_set;
    struct index_log_writer index_log;
    enum fault broken; // after a failed sync nothing may be written until the store is opened again
    uint8_t *scratch;  // STORE_SCRATCH_BYTES, where records are put together
    uint8_t salts[STORE_SALTS_BYTES];
    size_t salts_used;
};

/** What is known of the space, read again only now and then. */
struct store_room {
    pthread_mutex_t mutex;
    bool disk_known;
    int64_t disk_ms;
    uint64_t disk_free_bytes;
    bool pages_known;
    int64_t pages_ms;
    uint64_t pages_txn; // last commit when the free pages were counted
    uint64_t free_pages;
    uint64_t free_lists;
    bool pinned; // some were not counted: a reader of another process still needs them
};

struct store {
    struct store_config config; // replog, clock, random and sizes filled in
    struct store_path path;
    int process;
    struct store_lock lock;
    MDB_env *env;
    uint32_t page_bytes;
    MDB_dbi tables[STORE_MAX_TABLES];
    const struct store_table *slots[STORE_MAX_TABLES]; // NULL: none there
    const struct index *indexes[STORE_MAX_TABLES];     // by slot of their tables
    struct index_memory index_memory;
    struct store_identity identity;
    uint8_t secret[STORE_SECRET_BYTES];
    uint32_t schema_version;
    struct store_sets sets; // committed; the writer's thread
    _Atomic uint64_t seq;
    _Atomic uint64_t commits_begun; // see begin_snapshot in txn.c
    _Atomic uint64_t commits_ended;
    pthread_mutex_t write_mutex;
    struct store_writer writer;
    pthread_mutex_t readers_mutex; // idle_readers, open_readers
    struct store_txn *idle_readers;
    uint64_t open_readers;
    struct store_room room;
    struct store_ahead ahead; // the writer's thread
    struct store_txn after_fork;
    struct store_txn no_memory;
};

/** Whether the file system has so much more than the floor below which writes are refused: room.c. */
bool store_has_spare(struct store *store, uint64_t bytes);

/* Opening: open.c. */

enum store_open_mode {
    STORE_OPEN_SERVICE,
    STORE_OPEN_RESTORED, // must hold a store already; no migrations run
};

/** Removes what a compaction that was cut off left: compact.c. */
void store_compact_tidy(const char *directory);

/** store_open at another path than the config's. */
enum fault store_open_at(const struct store_config *config, const char *path, enum store_open_mode mode,
                         struct store **out_store);

/* What a store says of itself: meta.c. */

/** First opening: writes identity, secret, name and version. */
void store_meta_create(struct store_txn *txn);
/** Reads them. FAULT_VERSION, FAULT_CONFIG (another service's store), FAULT_CORRUPT. */
enum fault store_meta_load(struct store_txn *txn);
void store_meta_put_version(struct store_txn *txn, uint32_t version);
/** Lifts the epoch above its own and `epoch_above`, and every sequence, those not yet used too, by `numbers`. */
void store_meta_lift(struct store_txn *txn, uint64_t epoch_above, uint64_t numbers);
/** Whether a meta key is one that write sets may hold. */
bool store_meta_is_sequence(struct bytes key);
/** Writes the sequences that the transaction moved. */
void store_sequences_write(struct store_txn *txn);

/* Transactions: txn.c. */

/** As store_begin_write, for what concerns this store alone: it is not replicated. */
struct store_txn *store_begin_local(struct store *store);
/** Makes LMDB's result sticky, logged with what was being done. */
void store_txn_fail_lmdb(struct store_txn *txn, int rc, const char *doing);
/** As store_txn_fail, logged. */
void store_txn_fail_logged(struct store_txn *txn, enum fault fault, const char *doing);
MDB_dbi store_dbi(const struct store_txn *txn, const struct store_table *table);

/* Writing: rows.c. */

enum store_write_kind {
    STORE_WRITE_PUT = 1,
    STORE_WRITE_DELETE = 2,
};

struct store_write {
    enum store_write_kind kind;
    bool append;        // put: the key is greater than every other
    bool local;         // of this store alone: no part of the write set
    bool is_at_key;     // `cursor` stands on the key's row
    MDB_cursor *cursor; // of the table, which finds what is near its last key at once; NULL: none
    const struct store_table *table;
    struct bytes key;
    struct bytes value;
};

/** The one place where a transaction changes anything: rows, journal, offsets, meta, index entries and their log. */
void store_write(struct store_txn *txn, const struct store_write *write);

/* Write sets: write_set.c. */

void store_write_set_begin(struct store_writer *writer);
void store_write_set_add(struct store_writer *writer, const struct store_write *write);
/** Hands the gathered set, if any, to the replicated log; a fault is sticky. True: the log has taken it. */
bool store_write_set_send(struct store_txn *txn);

/* Their count: sets.c. */

/** Reads it, when the store is opened. */
void store_sets_load(struct store_txn *txn);
/** The last step of opening: the log and the store agree where they are. */
enum fault store_sets_open(struct store *store);
/** One more, in the transaction that it is of. Nothing when no log counts. */
void store_sets_advance(struct store_txn *txn);
/** The transaction's changes reach no log: what a log has does not go on from here. */
void store_sets_end(struct store_txn *txn);

/* Journal: journal_record.c. */

/** Bytes of the header encoded; 0 when a part is longer than its limit. */
size_t journal_header_size(const struct journal_header *header);
void journal_header_encode(const struct journal_header *header, uint8_t *out);
void journal_body_digest(struct bytes salt, struct bytes body, uint8_t out_digest[STORE_DIGEST_BYTES]);
void journal_record_digest(const struct journal_position *before, struct bytes header, const uint8_t *body_digest,
                           uint8_t out_digest[STORE_DIGEST_BYTES]);
/** Fills in everything before the header but the digest and salt: they are there already. */
void journal_seal(uint8_t *record, size_t len, size_t header_len, bool erased);
/** Position and digest of the journal's last record in the transaction's view, from the table itself. */
struct journal_position journal_read_last(struct store_txn *txn);

#endif
