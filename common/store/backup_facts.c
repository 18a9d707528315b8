// SPDX-License-Identifier: Apache-2.0
/** What a store that nobody has open says of itself: read through LMDB alone, without locks, without a trace. */
#include <sys/stat.h>

#include "common/base/endian.h"
#include "common/store/backup_stream.h"
#include "common/store/internal.h"

static const uint64_t MAP_BYTES = (uint64_t)1 << 38;

/** A row of meta with a value of one length. */
static const uint8_t *meta_row(MDB_txn *txn, MDB_dbi meta, const char *name, size_t len)
{
    MDB_val key = {strlen(name), (void *)(uintptr_t)name}, value;
    bool found = mdb_get(txn, meta, &key, &value) == 0 && value.mv_size == len;
    return found ? value.mv_data : NULL;
}

static bool read_meta(MDB_txn *txn, struct store_facts *facts)
{
    MDB_dbi meta;
    if (mdb_dbi_open(txn, store_own_tables[SLOT_META].name, 0, &meta) != 0)
        return false;
    const uint8_t *id = meta_row(txn, meta, "id", STORE_ID_BYTES);
    const uint8_t *epoch = meta_row(txn, meta, "epoch", 8);
    const uint8_t *schema = meta_row(txn, meta, "schema", 4);
    const uint8_t *sets = meta_row(txn, meta, "sets", STORE_CHAIN_BYTES + 8);
    if (!id || !epoch || !schema)
        return false;
    memcpy(facts->identity.id, id, STORE_ID_BYTES);
    facts->identity.epoch = get_u64(epoch);
    facts->schema_version = get_u32(schema);
    facts->has_sets = sets != NULL;
    if (sets) {
        memcpy(facts->sets.chain, sets, STORE_CHAIN_BYTES);
        facts->sets.number = get_u64(sets + STORE_CHAIN_BYTES);
    }
    return true;
}

static bool read_last(MDB_txn *txn, struct store_facts *facts)
{
    MDB_dbi journal;
    MDB_cursor *cursor;
    MDB_val key, value;
    facts->last = (struct journal_position){.seq = 0};
    if (mdb_dbi_open(txn, store_own_tables[SLOT_JOURNAL].name, 0, &journal) != 0 ||
        mdb_cursor_open(txn, journal, &cursor) != 0)
        return false;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    bool whole = rc == MDB_NOTFOUND;
    if (rc == 0 && key.mv_size == 8 && value.mv_size > JOURNAL_PREFIX_BYTES) {
        facts->last.seq = get_u64(key.mv_data);
        memcpy(facts->last.digest, (const uint8_t *)value.mv_data + 8, STORE_DIGEST_BYTES);
        whole = true;
    }
    mdb_cursor_close(cursor);
    return whole;
}

enum fault store_read_facts(const char *directory, struct store_facts *facts)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    int rc = mdb_env_create(&env);
    if (!rc)
        rc = mdb_env_set_maxdbs(env, STORE_MAX_TABLES);
    if (!rc)
        rc = mdb_env_set_mapsize(env, MAP_BYTES);
    if (!rc)
        rc = mdb_env_open(env, directory, MDB_RDONLY | MDB_NOLOCK, 0600);
    if (!rc)
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    enum fault fault = rc ? store_fault_of(rc, directory) : FAULT_NONE;
    if (!fault && (!read_meta(txn, facts) || !read_last(txn, facts)))
        fault = FAULT_CORRUPT;
    if (txn)
        mdb_txn_abort(txn);
    if (env)
        mdb_env_close(env);
    return fault;
}

enum fault store_is_free(const char *directory)
{
    struct store_lock lock;
    enum fault fault = store_lock_take(&lock, directory);
    if (!fault)
        store_lock_release(&lock);
    return fault;
}
