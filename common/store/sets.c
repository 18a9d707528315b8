// SPDX-License-Identifier: Apache-2.0
/**
 * Sets: how many of its write sets a store's log has, kept in the store itself, in the transactions that the sets are
 * of. So a copy of the store tells exactly which set comes next: journal positions cannot, since a batch that only
 * moves an offset has a write set and no record.
 */
#include "common/base/endian.h"
#include "common/base/log.h"
#include "common/store/internal.h"

enum { AT_NUMBER = STORE_CHAIN_BYTES, POSITION_BYTES = AT_NUMBER + 8 };

static struct bytes sets_key(void)
{
    return text_bytes(TEXT("sets"));
}

/** Of this store alone: a stand-by counts what it applies, for its own log. */
static void write_row(struct store_txn *txn, enum store_write_kind kind, struct bytes value)
{
    const struct store_write write = {
        .kind = kind, .local = true, .table = &store_own_tables[SLOT_META], .key = sets_key(), .value = value};
    store_write(txn, &write);
}

static void put_position(struct store_txn *txn)
{
    const struct replog_position *at = &txn->store->writer.sets.at;
    uint8_t value[POSITION_BYTES];
    memcpy(value, at->chain, STORE_CHAIN_BYTES);
    put_u64(value + AT_NUMBER, at->number);
    write_row(txn, STORE_WRITE_PUT, bytes_of(value, sizeof value));
}

void store_sets_load(struct store_txn *txn)
{
    struct store_sets *sets = &txn->store->writer.sets;
    struct bytes value;
    if (!store_get(txn, &store_own_tables[SLOT_META], sets_key(), &value))
        return;
    if (value.len != POSITION_BYTES) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading the count of write sets");
        return;
    }
    sets->known = true;
    memcpy(sets->at.chain, value.data, STORE_CHAIN_BYTES);
    sets->at.number = get_u64(value.data + AT_NUMBER);
}

void store_sets_advance(struct store_txn *txn)
{
    struct store_sets *sets = &txn->store->writer.sets;
    if (!sets->known || txn->fault)
        return;
    sets->at.number++;
    put_position(txn);
}

void store_sets_end(struct store_txn *txn)
{
    struct store_sets *sets = &txn->store->writer.sets;
    if (!sets->known || txn->fault)
        return;
    *sets = (struct store_sets){.known = false};
    write_row(txn, STORE_WRITE_DELETE, (struct bytes){NULL, 0});
}

static enum fault begin_chain(struct store *store)
{
    struct store_txn *txn = store_begin_local(store);
    struct store_sets *sets = &store->writer.sets;
    *sets = (struct store_sets){.known = true};
    random_fill(store->config.random, sets->at.chain, STORE_CHAIN_BYTES);
    put_position(txn);
    return store_commit(txn);
}

enum fault store_sets_open(struct store *store)
{
    struct replog *log = store->config.replog;
    if (!log->wants_write_sets || !log->opened)
        return FAULT_NONE;
    enum fault fault = FAULT_CORRUPT; // no chain is one that does not go on
    if (store->sets.known)
        fault = log->opened(log, store, &store->sets.at);
    if (fault != FAULT_CORRUPT)
        return fault;
    LOG(LOG_LEVEL_WARNING, "the log of write sets begins anew; only a backup made from now on can be brought forward",
        log_name("path", store->path.text), log_int("seq", (int64_t)store->seq));
    fault = begin_chain(store);
    return fault ? fault : log->opened(log, store, &store->sets.at);
}
