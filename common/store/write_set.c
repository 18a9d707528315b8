// SPDX-License-Identifier: Apache-2.0
#include "common/base/endian.h"
#include "common/base/log.h"
#include "common/store/internal.h"

// The layout is drawn in replog.h.
enum {
    LAYOUT_VERSION = 1,
    AT_FIRST = 1,
    AT_LAST = 9,
    HEADER_BYTES = 17,
    OPERATION_BYTES = 4, // before the key
};

void store_write_set_begin(struct store_writer *writer)
{
    static const uint8_t header[HEADER_BYTES] = {LAYOUT_VERSION};
    buffer_reset(&writer->write_set);
    buffer_append(&writer->write_set, header, sizeof header);
}

void store_write_set_add(struct store_writer *writer, const struct store_write *write)
{
    struct buffer *set = &writer->write_set;
    buffer_byte(set, (uint8_t)write->kind);
    buffer_byte(set, (uint8_t)write->table->slot);
    buffer_u16(set, (uint16_t)write->key.len);
    buffer_append(set, write->key.data, write->key.len);
    if (write->kind != STORE_WRITE_PUT)
        return;
    buffer_u32(set, (uint32_t)write->value.len);
    buffer_append(set, write->value.data, write->value.len);
}

bool store_write_set_send(struct store_txn *txn)
{
    struct store *store = txn->store;
    struct store_writer *writer = &store->writer;
    struct buffer *buffer = &writer->write_set;
    if (txn->fault || !writer->gathers || buffer->len <= HEADER_BYTES)
        return false;
    const struct write_set set = {
        .first_seq = writer->committed.seq + 1,
        .last_seq = txn->head.seq,
        .encoded = buffer_bytes(buffer),
    };
    put_u64(buffer->data + AT_FIRST, set.first_seq);
    put_u64(buffer->data + AT_LAST, set.last_seq);
    enum fault fault = store->config.replog->append(store->config.replog, store, &set);
    if (fault)
        store_txn_fail_logged(txn, fault, "appending to the replicated log");
    else
        store_sets_advance(txn);
    return fault == FAULT_NONE;
}

/** Takes the next operation off `rest`; false when what is there is none. */
static bool take_operation(const struct store *store, struct bytes *rest, struct store_write *out_write)
{
    struct bytes at = *rest;
    if (at.len < OPERATION_BYTES)
        return false;
    uint8_t kind = at.data[0], slot = at.data[1];
    size_t key_len = get_u16(at.data + 2);
    at = bytes_of(at.data + OPERATION_BYTES, at.len - OPERATION_BYTES);
    if ((kind != STORE_WRITE_PUT && kind != STORE_WRITE_DELETE) || slot >= STORE_MAX_TABLES || !store->slots[slot] ||
        key_len == 0 || key_len > STORE_MAX_KEY_BYTES || key_len > at.len)
        return false;
    struct bytes key = bytes_of(at.data, key_len), value = {NULL, 0};
    at = bytes_of(at.data + key_len, at.len - key_len);
    if (kind == STORE_WRITE_PUT) {
        if (at.len < 4 || get_u32(at.data) > at.len - 4)
            return false;
        value = bytes_of(at.data + 4, get_u32(at.data));
        at = bytes_of(at.data + 4 + value.len, at.len - 4 - value.len);
    }
    *out_write = (struct store_write){.kind = (enum store_write_kind)kind, .key = key, .value = value};
    out_write->table = store->slots[slot];
    *rest = at;
    return true;
}

static bool is_allowed(const struct store *store, const struct store_write *write)
{
    if (write->table->slot == SLOT_INDEX_LOG)
        return write->kind == STORE_WRITE_PUT && write->key.len == 8 && index_log_is_row(store, write->value);
    if (write->table->slot == SLOT_JOURNAL)
        return write->kind == STORE_WRITE_PUT && write->key.len == 8;
    return write->table->slot != SLOT_META || store_meta_is_sequence(write->key);
}

static struct bytes operations_of(const struct write_set *set)
{
    return bytes_of(set->encoded.data + HEADER_BYTES, set->encoded.len - HEADER_BYTES);
}

static bool is_well_formed(const struct store *store, const struct write_set *set)
{
    struct bytes encoded = set->encoded;
    if (encoded.len < HEADER_BYTES || encoded.data[0] != LAYOUT_VERSION ||
        get_u64(encoded.data + AT_FIRST) != set->first_seq || get_u64(encoded.data + AT_LAST) != set->last_seq)
        return false;
    struct bytes rest = operations_of(set);
    while (rest.len > 0) {
        struct store_write write;
        if (!take_operation(store, &rest, &write) || !is_allowed(store, &write))
            return false;
    }
    return true;
}

/** A new record must follow the last one; an older one may only be erased, which leaves its digest. */
static bool journal_write_fits(struct store_txn *txn, const struct store_write *write)
{
    uint64_t seq = get_u64(write->key.data);
    struct journal_record record, there;
    struct journal_position before = {0};
    if (journal_decode(seq, write->value, &record) != FAULT_NONE)
        return false;
    if (seq == txn->head.seq + 1) {
        if (!journal_follows(&txn->head, &record))
            return false;
        txn->head = journal_position_of(&record);
        return true;
    }
    bool found = seq == 1;
    if (!found && journal_get(txn, seq - 1, &there, &found) == FAULT_NONE && found)
        before = journal_position_of(&there);
    if (!found || !record.erased || !journal_follows(&before, &record))
        return false;
    return journal_get(txn, seq, &there, &found) == FAULT_NONE && found && bytes_equal(record.digest, there.digest);
}

/** Rows of the index log have no gap, and none is written twice. */
static bool log_row_fits(struct store_txn *txn, const struct store_write *write)
{
    const struct index_merge *merge = index_merge_of(txn);
    uint64_t last = index_log_last(txn);
    last = last > merge->merged_upto ? last : merge->merged_upto;
    return last < UINT64_MAX && get_u64(write->key.data) == last + 1;
}

static void apply(struct store_txn *txn, const struct write_set *set)
{
    bool fits = set->first_seq == txn->head.seq + 1;
    struct bytes rest = operations_of(set);
    struct store_write write;
    while (!txn->fault && fits && rest.len > 0 && take_operation(txn->store, &rest, &write)) {
        if (write.table->slot == SLOT_JOURNAL)
            fits = journal_write_fits(txn, &write);
        if (write.table->slot == SLOT_INDEX_LOG)
            fits = log_row_fits(txn, &write);
        if (fits)
            store_write(txn, &write);
        if (fits && write.table->slot == SLOT_INDEX_LOG)
            store_indexes_apply(txn, write.value);
    }
    if (!fits || txn->head.seq != set->last_seq)
        store_txn_fail_logged(txn, FAULT_CORRUPT, "applying a write set: it does not follow");
}

enum fault store_apply_write_set(struct store *store, const struct write_set *set)
{
    if (!is_well_formed(store, set)) {
        LOG(LOG_LEVEL_ERROR, "write set is malformed", log_name("path", store->path.text),
            log_int("first", (int64_t)set->first_seq));
        return FAULT_CORRUPT;
    }
    struct store_txn *txn = store_begin_local(store);
    apply(txn, set);
    store_sets_advance(txn);
    return store_commit(txn);
}
