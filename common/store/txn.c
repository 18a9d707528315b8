// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/store/internal.h"

enum fault store_txn_fault(const struct store_txn *txn)
{
    return txn->fault;
}

void store_txn_fail(struct store_txn *txn, enum fault fault)
{
    if (!txn->ready_made && !txn->fault)
        txn->fault = fault;
}

void store_txn_fail_logged(struct store_txn *txn, enum fault fault, const char *doing)
{
    if (txn->fault)
        return;
    store_txn_fail(txn, fault);
    LOG(LOG_LEVEL_ERROR, "store fault", log_name("path", txn->store->path.text), log_name("fault", fault_name(fault)),
        log_name("doing", doing));
}

void store_txn_fail_lmdb(struct store_txn *txn, int rc, const char *doing)
{
    if (txn->fault)
        return;
    enum fault fault = store_fault_of(rc, txn->store->path.text);
    store_txn_fail(txn, fault);
    LOG(LOG_LEVEL_ERROR, "store fault", log_name("path", txn->store->path.text), log_name("fault", fault_name(fault)),
        log_name("doing", doing), log_name("cause", mdb_strerror(rc)));
}

struct store *store_txn_store(const struct store_txn *txn)
{
    return txn->store;
}

MDB_dbi store_dbi(const struct store_txn *txn, const struct store_table *table)
{
    must(table->slot < STORE_MAX_TABLES && txn->store->slots[table->slot]);
    return txn->store->tables[table->slot];
}

static struct store_txn *begin_write(struct store *store, bool replicated)
{
    if (store->process != store_process())
        return &store->after_fork;
    // An error-checking mutex: the thread that has a write transaction open and begins another is told, not hung.
    must(pthread_mutex_lock(&store->write_mutex) == 0);
    struct store_writer *writer = &store->writer;
    struct store_txn *txn = &writer->txn;
    txn->fault = writer->broken;
    txn->live = false;
    txn->head = writer->committed;
    txn->head_known = true;
    writer->sequence_count = 0;
    writer->gathers = replicated && store->config.replog->wants_write_sets;
    if (writer->gathers)
        store_write_set_begin(writer);
    if (txn->fault)
        return txn;
    int rc = mdb_txn_begin(store->env, NULL, 0, &txn->mdb);
    if (rc)
        store_txn_fail_lmdb(txn, rc, "beginning to write");
    txn->live = rc == 0;
    if (txn->live && (writer->broken = store_ahead_keep(store)) != FAULT_NONE)
        store_txn_fail(txn, writer->broken);
    writer->sets = store->sets;
    if (replicated && !writer->gathers)
        store_sets_end(txn);
    store_indexes_begin(txn);
    return txn;
}

struct store_txn *store_begin_write(struct store *store)
{
    return begin_write(store, true);
}

struct store_txn *store_begin_local(struct store *store)
{
    return begin_write(store, false);
}

/**
 * LMDB 0.9 looks up which commit is the last one, then copies that commit's meta page, of which there are two in turn.
 * A reader that is held up in between may copy what the next commit but one is just writing there, and which is not
 * synced yet: it would show, and let followers take, what a power cut can still undo. That needs a second commit to
 * begin after the reader did; then the snapshot is taken again.
 */
static int begin_snapshot(struct store *store, struct store_txn *txn)
{
    for (;;) {
        uint64_t ended = atomic_load(&store->commits_ended);
        // A reset transaction keeps its slot in the reader table, so that beginning again takes no lock of the
        // writer's.
        int rc = txn->mdb ? mdb_txn_renew(txn->mdb) : mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn->mdb);
        // Adding nothing, unlike a load, stays behind the copying on every machine.
        if (rc || atomic_fetch_add(&store->commits_begun, 0) <= ended + 1)
            return rc;
        mdb_txn_reset(txn->mdb);
    }
}

/** A snapshot and what memory had with it: see index_memory.h. */
static int begin_view(struct store *store, struct store_txn *txn)
{
    txn->merge_known = false;
    txn->indexes = NULL;
    for (;;) {
        int rc = begin_snapshot(store, txn);
        if (rc || !store->index_memory.shared)
            return rc;
        txn->indexes = index_memory_pin(&store->index_memory);
        if (txn->indexes->serves_from <= mdb_txn_id(txn->mdb))
            return 0;
        index_memory_unpin(&store->index_memory, txn->indexes);
        mdb_txn_reset(txn->mdb);
    }
}

struct store_txn *store_begin_read(struct store *store)
{
    if (store->process != store_process())
        return &store->after_fork;
    pthread_mutex_lock(&store->readers_mutex);
    struct store_txn *txn = store->idle_readers;
    if (txn)
        store->idle_readers = txn->next;
    store->open_readers++;
    pthread_mutex_unlock(&store->readers_mutex);
    if (!txn) {
        txn = calloc(1, sizeof *txn);
        if (!txn) {
            pthread_mutex_lock(&store->readers_mutex);
            store->open_readers--;
            pthread_mutex_unlock(&store->readers_mutex);
            return &store->no_memory;
        }
        txn->store = store;
    }
    txn->fault = FAULT_NONE;
    txn->head_known = false;
    int rc = begin_view(store, txn);
    if (rc)
        store_txn_fail_lmdb(txn, rc, "beginning to read");
    txn->live = rc == 0;
    return txn;
}

static void end_read(struct store_txn *txn)
{
    struct store *store = txn->store;
    if (txn->live)
        mdb_txn_reset(txn->mdb);
    if (txn->live && txn->indexes)
        index_memory_unpin(&store->index_memory, txn->indexes);
    bool keep = txn->mdb != NULL;
    pthread_mutex_lock(&store->readers_mutex);
    store->open_readers--;
    if (keep) {
        txn->next = store->idle_readers;
        store->idle_readers = txn;
    }
    pthread_mutex_unlock(&store->readers_mutex);
    if (!keep)
        free(txn);
}

static void end_write(struct store_txn *txn, bool committed)
{
    store_indexes_end(txn, committed);
    if (txn->live)
        mdb_txn_abort(txn->mdb);
    txn->live = false;
    txn->mdb = NULL;
    must(pthread_mutex_unlock(&txn->store->write_mutex) == 0);
}

void store_abort(struct store_txn *txn)
{
    if (txn->ready_made)
        return;
    // In a forked child the memory and the reader's slot are the parent's: nothing may be touched.
    if (txn->store->process != store_process())
        return;
    if (txn->writing)
        end_write(txn, false);
    else
        end_read(txn);
}

enum fault store_commit(struct store_txn *txn)
{
    if (txn->ready_made)
        return txn->fault;
    must(txn->writing);
    struct store *store = txn->store;
    if (store->process != store_process())
        return FAULT_IN_USE;
    struct store_writer *writer = &store->writer;
    store_indexes_prepare(txn);
    store_sequences_write(txn);
    bool sent = store_write_set_send(txn);
    if (!txn->fault) {
        txn->live = false; // LMDB frees it, whatever the result
        atomic_fetch_add(&store->commits_begun, 1);
        int rc = mdb_txn_commit(txn->mdb);
        atomic_fetch_add(&store->commits_ended, 1);
        if (rc)
            store_txn_fail_lmdb(txn, rc, "committing");
        // What the log holds and this store does not, or what a sync lost, is only told by opening again.
        if (txn->fault && (sent || txn->fault == FAULT_IO))
            writer->broken = FAULT_IO;
    }
    if (!txn->fault) {
        writer->committed = txn->head;
        store->sets = writer->sets;
        atomic_store(&store->seq, txn->head.seq);
    }
    enum fault fault = txn->fault;
    end_write(txn, fault == FAULT_NONE);
    return fault;
}

uint64_t store_seq(const struct store *store)
{
    return atomic_load(&store->seq);
}

struct journal_position journal_last(struct store_txn *txn)
{
    if (!txn->head_known && !txn->fault) {
        txn->head = journal_read_last(txn);
        txn->head_known = !txn->fault;
    }
    return txn->head_known ? txn->head : (struct journal_position){0};
}

uint64_t store_txn_seq(struct store_txn *txn)
{
    return journal_last(txn).seq;
}
