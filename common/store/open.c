// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/store/internal.h"

enum {
    MAX_READERS = 254,
    WRITE_SET_MAX_BYTES = 512 * 1024 * 1024,
};
static const uint64_t DEFAULT_MAP_BYTES = (uint64_t)1 << 40;
static const uint64_t DEFAULT_MIN_FREE_BYTES = 64 << 20;

const struct store_table store_own_tables[STORE_OWN_TABLES] = {
    [SLOT_JOURNAL] = {"journal", SLOT_JOURNAL},
    [SLOT_OFFSETS] = {"offsets", SLOT_OFFSETS},
    [SLOT_META] = {"meta", SLOT_META},
    [SLOT_SET_ASIDE] = {"set_aside", SLOT_SET_ASIDE},
    [SLOT_SET_ASIDE_SUBJECT] = {"set_aside_subject", SLOT_SET_ASIDE_SUBJECT},
    [SLOT_INDEX_LOG] = {"index_log", SLOT_INDEX_LOG},
    [SLOT_IDS] = {"ids", SLOT_IDS},
    [SLOT_ACCESS] = {"access", SLOT_ACCESS},
};

static const struct index access_by_person = {{"access_by_person", SLOT_ACCESS_PERSON}, INDEX_MAP, INDEX_DEFERRED};

const struct store_table *store_ids_table(void)
{
    return &store_own_tables[SLOT_IDS];
}

const struct store_table *store_access_table(void)
{
    return &store_own_tables[SLOT_ACCESS];
}

const struct index *store_access_by_person(void)
{
    return &access_by_person;
}

static size_t table_count(const struct store_config *config)
{
    return config->table_count + config->index_count;
}

/** The service's tables, then those of its indexes. */
static const struct store_table *table_at(const struct store_config *config, size_t i)
{
    return i < config->table_count ? config->tables[i] : &config->indexes[i - config->table_count]->table;
}

/** A config is constant data of the program: what is wrong with it is a defect. */
static void check_config(const struct store_config *config)
{
    must(config->name && config->name[0] && config->path && config->path[0] && config->schema_version > 0);
    bool seen[STORE_MAX_TABLES] = {false};
    for (size_t i = 0; i < table_count(config); i++) {
        const struct store_table *table = table_at(config, i);
        must(table->slot >= STORE_FIRST_SERVICE_SLOT && table->slot < STORE_MAX_TABLES && !seen[table->slot]);
        seen[table->slot] = true;
        for (size_t other = 0; other < i; other++)
            must(strcmp(table->name, table_at(config, other)->name) != 0);
        for (size_t own = 0; own < STORE_OWN_TABLES; own++)
            must(strcmp(table->name, store_own_tables[own].name) != 0);
        must(strcmp(table->name, access_by_person.table.name) != 0);
    }
    for (size_t i = 0; i < config->migration_count; i++)
        must(config->migrations[i].from + (config->migration_count - i) == config->schema_version);
}

static void mutex_init(pthread_mutex_t *mutex, int kind)
{
    pthread_mutexattr_t attributes;
    must(pthread_mutexattr_init(&attributes) == 0);
    must(pthread_mutexattr_settype(&attributes, kind) == 0);
    must(pthread_mutex_init(mutex, &attributes) == 0);
    pthread_mutexattr_destroy(&attributes);
}

static struct store *store_new(const struct store_config *config)
{
    struct store *store = calloc(1, sizeof *store);
    uint8_t *scratch = malloc(STORE_SCRATCH_BYTES);
    if (!store || !scratch) {
        free(store);
        free(scratch);
        return NULL;
    }
    store->config = *config;
    store->ahead.fd = -1;
    if (!config->map_bytes)
        store->config.map_bytes = DEFAULT_MAP_BYTES;
    if (!config->min_free_bytes)
        store->config.min_free_bytes = DEFAULT_MIN_FREE_BYTES;
    if (!config->replog)
        store->config.replog = replog_local();
    if (!config->clock)
        store->config.clock = clock_system();
    if (!config->random)
        store->config.random = random_system();
    store->process = store_process();
    store->lock.fd = -1;
    store->writer.scratch = scratch;
    store->writer.salts_used = STORE_SALTS_BYTES;
    store->writer.txn = (struct store_txn){.store = store, .writing = true};
    buffer_init(&store->writer.write_set, WRITE_SET_MAX_BYTES);
    buffer_init(&store->writer.index_log.row, INDEX_LOG_ROW_BYTES);
    store->indexes[SLOT_ACCESS_PERSON] = &access_by_person;
    for (size_t i = 0; i < config->index_count; i++)
        store->indexes[config->indexes[i]->table.slot] = config->indexes[i];
    store->after_fork = (struct store_txn){.store = store, .ready_made = true, .fault = FAULT_IN_USE};
    store->no_memory = (struct store_txn){.store = store, .ready_made = true, .fault = FAULT_MEMORY};
    mutex_init(&store->write_mutex, PTHREAD_MUTEX_ERRORCHECK);
    mutex_init(&store->readers_mutex, PTHREAD_MUTEX_DEFAULT);
    mutex_init(&store->room.mutex, PTHREAD_MUTEX_DEFAULT);
    return store;
}

static void store_free(struct store *store)
{
    while (store->idle_readers) {
        struct store_txn *reader = store->idle_readers;
        store->idle_readers = reader->next;
        mdb_txn_abort(reader->mdb);
        free(reader);
    }
    if (store->env)
        mdb_env_close(store->env);
    store_ahead_close(store);
    if (store->lock.fd >= 0)
        store_lock_release(&store->lock);
    pthread_mutex_destroy(&store->write_mutex);
    pthread_mutex_destroy(&store->readers_mutex);
    pthread_mutex_destroy(&store->room.mutex);
    buffer_fini(&store->writer.write_set);
    index_memory_fini(&store->index_memory);
    buffer_fini(&store->writer.index_log.row);
    sodium_memzero(store->secret, sizeof store->secret);
    free(store->writer.scratch);
    free(store);
}

static enum fault open_environment(struct store *store)
{
    int rc = mdb_env_create(&store->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(store->env, STORE_MAX_TABLES);
    if (!rc)
        rc = mdb_env_set_maxreaders(store->env, MAX_READERS);
    if (!rc)
        rc = mdb_env_set_mapsize(store->env, store->config.map_bytes);
    // Never NOSYNC or WRITEMAP: see README.md. NOTLS: a reader's slot belongs to the transaction object, not to a
    // thread.
    if (!rc)
        rc = mdb_env_open(store->env, store->path.text, MDB_NOTLS, 0600);
    MDB_stat stat = {0};
    if (!rc)
        rc = mdb_env_stat(store->env, &stat);
    if (rc) {
        LOG(LOG_LEVEL_ERROR, "store cannot be mapped", log_name("path", store->path.text),
            log_name("cause", mdb_strerror(rc)));
        return store_fault_of(rc, store->path.text);
    }
    store->page_bytes = stat.ms_psize;
    store_clean_readers(store);
    return FAULT_NONE;
}

/** A compacted copy has every page its meta page speaks of; to read beyond the end of a cut one would be SIGBUS. */
static enum fault check_whole(struct store *store)
{
    MDB_envinfo info;
    int fd;
    struct stat file;
    int rc = mdb_env_info(store->env, &info);
    if (!rc)
        rc = mdb_env_get_fd(store->env, &fd);
    if (!rc && fstat(fd, &file) != 0)
        rc = errno;
    if (rc)
        return store_fault_of(rc, store->path.text);
    return (uint64_t)file.st_size >= ((uint64_t)info.me_last_pgno + 1) * store->page_bytes ? FAULT_NONE : FAULT_CORRUPT;
}

static void open_table(struct store_txn *txn, const struct store_table *table)
{
    if (txn->fault)
        return;
    int rc = mdb_dbi_open(txn->mdb, table->name, MDB_CREATE, &txn->store->tables[table->slot]);
    if (rc)
        store_txn_fail_lmdb(txn, rc, "opening a table");
    else
        txn->store->slots[table->slot] = table;
}

/** Whether the environment holds a store already; asked before anything is made in it. */
static bool holds_store(struct store_txn *txn)
{
    MDB_dbi root, meta;
    MDB_stat stat = {0};
    int rc = txn->fault ? 0 : mdb_dbi_open(txn->mdb, NULL, 0, &root);
    if (!txn->fault && !rc)
        rc = mdb_stat(txn->mdb, root, &stat);
    if (rc)
        store_txn_fail_lmdb(txn, rc, "opening the root");
    if (txn->fault || stat.ms_entries == 0)
        return false;
    rc = mdb_dbi_open(txn->mdb, store_own_tables[SLOT_META].name, 0, &meta);
    if (rc == MDB_NOTFOUND)
        store_txn_fail_logged(txn, FAULT_CORRUPT, "looking for a store in what is another program's file");
    else if (rc)
        store_txn_fail_lmdb(txn, rc, "opening the table of meta");
    return !txn->fault;
}

static enum fault open_tables(struct store *store, enum store_open_mode mode)
{
    struct store_txn *txn = store_begin_local(store);
    bool fresh = !holds_store(txn);
    if (fresh && mode == STORE_OPEN_RESTORED)
        store_txn_fail_logged(txn, FAULT_CORRUPT, "looking for a store");
    open_table(txn, &store_own_tables[SLOT_META]);
    if (!txn->fault && fresh)
        store_meta_create(txn);
    if (!txn->fault)
        store_txn_fail(txn, store_meta_load(txn));
    for (size_t i = 0; i < STORE_OWN_TABLES; i++)
        if (i != SLOT_META)
            open_table(txn, &store_own_tables[i]);
    open_table(txn, &access_by_person.table);
    for (size_t i = 0; i < table_count(&store->config); i++)
        open_table(txn, table_at(&store->config, i));
    enum fault fault = store_commit(txn);
    if (!fault && fresh)
        fault = store_sync_path(store->path.text);
    return fault;
}

/** The last record must be whole and follow the one before it; the chain before that is the scrub's affair. */
static void check_last_record(struct store_txn *txn, uint64_t seq)
{
    struct journal_position before = {0};
    struct journal_record record;
    bool found = true;
    enum fault fault = FAULT_NONE;
    if (seq > 1) {
        fault = journal_get(txn, seq - 1, &record, &found);
        if (!fault && found)
            before = journal_position_of(&record);
    }
    if (!fault && found)
        fault = journal_get(txn, seq, &record, &found);
    if (!fault && (!found || !journal_follows(&before, &record)))
        fault = FAULT_CORRUPT;
    if (fault)
        store_txn_fail_logged(txn, fault, "checking the journal's last record");
}

static enum fault load_journal_end(struct store *store, enum store_open_mode mode)
{
    struct store_txn *txn = store_begin_read(store);
    struct journal_position last = journal_last(txn);
    if (!txn->fault && last.seq > 0 && mode == STORE_OPEN_SERVICE) // a restore looks at every record
        check_last_record(txn, last.seq);
    enum fault fault = txn->fault;
    store_abort(txn);
    if (!fault) {
        store->writer.committed = last;
        atomic_store(&store->seq, last.seq);
    }
    return fault;
}

/** Each step with the new version in a transaction of its own, so that a crash goes on where it was. */
static enum fault migrate(struct store *store)
{
    const struct store_config *config = &store->config;
    for (size_t i = 0; i < config->migration_count; i++) {
        const struct store_migration *migration = &config->migrations[i];
        if (migration->from != store->schema_version)
            continue;
        struct store_txn *txn = store_begin_local(store);
        migration->run(txn);
        store_sets_end(txn);
        store_meta_put_version(txn, migration->from + 1);
        enum fault fault = store_commit(txn);
        if (fault)
            return fault;
        store->schema_version = migration->from + 1;
        LOG(LOG_LEVEL_INFO, "store migrated", log_name("path", store->path.text),
            log_int("version", store->schema_version), log_name("doc", migration->doc));
    }
    // A version no migration begins at is one that this program no longer knows.
    return store->schema_version == config->schema_version ? FAULT_NONE : FAULT_VERSION;
}

static enum fault open_steps(struct store *store, enum store_open_mode mode)
{
    bool made = false;
    enum fault fault = sodium_init() < 0 ? FAULT_IO : store_make_directory(store->path.text, &made);
    if (!fault)
        fault = store_lock_take(&store->lock, store->path.text);
    if (!fault) {
        store_compact_tidy(store->path.text);
        fault = open_environment(store);
    }
    if (!fault && mode == STORE_OPEN_RESTORED)
        fault = check_whole(store);
    if (!fault)
        fault = open_tables(store, mode);
    if (!fault)
        fault = load_journal_end(store, mode);
    if (!fault)
        fault = store_indexes_open(store);
    if (!fault)
        store_ahead_open(store);
    if (!fault && mode == STORE_OPEN_SERVICE)
        fault = migrate(store);
    if (!fault && mode == STORE_OPEN_SERVICE)
        fault = store_sets_open(store);
    return fault;
}

enum fault store_open_at(const struct store_config *config, const char *path, enum store_open_mode mode,
                         struct store **out_store)
{
    check_config(config);
    struct store *store = store_new(config);
    enum fault fault = store ? FAULT_NONE : FAULT_MEMORY;
    if (!fault && strlen(path) >= sizeof store->path.text)
        fault = FAULT_TOO_LARGE;
    if (!fault) {
        memcpy(store->path.text, path, strlen(path) + 1);
        fault = open_steps(store, mode);
    }
    if (fault) {
        LOG(LOG_LEVEL_ERROR, "store cannot be opened", log_name("path", path), log_name("fault", fault_name(fault)));
        if (store)
            store_free(store);
        return fault;
    }
    *out_store = store;
    return FAULT_NONE;
}

enum fault store_open(const struct store_config *config, struct store **out_store)
{
    return store_open_at(config, config->path, STORE_OPEN_SERVICE, out_store);
}

void store_close(struct store *store)
{
    if (store->process != store_process()) {
        // A forked child: unmapping would clear the parent's reader slots. Only the inherited lock is let go.
        close(store->lock.fd);
        return;
    }
    must(pthread_mutex_lock(&store->write_mutex) == 0);
    pthread_mutex_unlock(&store->write_mutex);
    must(store->open_readers == 0);
    store_free(store);
}
