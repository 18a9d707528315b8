// SPDX-License-Identifier: Apache-2.0
#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"

/*
 * The table of meta, by key; numbers big-endian:
 *
 *     id              [16] random, made with the store
 *     epoch           u64
 *     secret          [32] random
 *     name            text, the service's
 *     schema          u32 version
 *     floor           u64 what sequences not yet used stand at: 0 until the store is a restored one
 *     next/<name>     u64 last number given out of a sequence, e.g. "next/person" → 00 00 00 00 00 00 00 11
 *     sets            [16] chain | u64 number of the last write set that its log has (sets.c)
 *
 * Only next/… is part of write sets: a stand-by begins as a copy of the store and then shares the rest.
 */
static const struct text SEQUENCE_PREFIX = {"next/", 5};

static const struct store_table *meta_table(void)
{
    return &store_own_tables[SLOT_META];
}

static void put(struct store_txn *txn, const char *key, struct bytes value)
{
    store_put(txn, meta_table(), text_bytes(text_of(key)), value);
}

static void put_number(struct store_txn *txn, const char *key, uint64_t number)
{
    uint8_t value[8];
    put_u64(value, number);
    put(txn, key, bytes_of(value, sizeof value));
}

void store_meta_put_version(struct store_txn *txn, uint32_t version)
{
    uint8_t value[4];
    put_u32(value, version);
    put(txn, "schema", bytes_of(value, sizeof value));
}

void store_meta_create(struct store_txn *txn)
{
    const struct store_config *config = &txn->store->config;
    uint8_t id[STORE_ID_BYTES], secret[STORE_SECRET_BYTES];
    random_fill(config->random, id, sizeof id);
    random_fill(config->random, secret, sizeof secret);
    put(txn, "id", bytes_of(id, sizeof id));
    put(txn, "secret", bytes_of(secret, sizeof secret));
    put(txn, "name", text_bytes(text_of(config->name)));
    put_number(txn, "epoch", 1);
    put_number(txn, "floor", 0);
    store_meta_put_version(txn, config->schema_version);
}

/** A value that must be there and of one length; NULL, with a sticky fault, when it is not. */
static const uint8_t *get_fixed(struct store_txn *txn, const char *key, size_t len)
{
    struct bytes value = {NULL, 0};
    bool found = store_get(txn, meta_table(), text_bytes(text_of(key)), &value);
    if (txn->fault)
        return NULL;
    if (!found || value.len != len) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading meta");
        return NULL;
    }
    return value.data;
}

static bool has_name(struct store_txn *txn, const char *name)
{
    struct bytes value;
    return store_get(txn, meta_table(), text_bytes(text_of("name")), &value) &&
           text_equal(bytes_text(value), text_of(name));
}

enum fault store_meta_load(struct store_txn *txn)
{
    struct store *store = txn->store;
    const uint8_t *schema = get_fixed(txn, "schema", 4);
    if (schema)
        store->schema_version = get_u32(schema);
    if (schema && store->schema_version > store->config.schema_version)
        return FAULT_VERSION;
    if (!txn->fault && !has_name(txn, store->config.name)) {
        store_txn_fail_logged(txn, FAULT_CONFIG, "opening a store of another name");
        return txn->fault;
    }
    const uint8_t *id = get_fixed(txn, "id", STORE_ID_BYTES);
    const uint8_t *epoch = get_fixed(txn, "epoch", 8);
    const uint8_t *secret = get_fixed(txn, "secret", STORE_SECRET_BYTES);
    if (txn->fault)
        return txn->fault;
    memcpy(store->identity.id, id, STORE_ID_BYTES);
    store->identity.epoch = get_u64(epoch);
    memcpy(store->secret, secret, STORE_SECRET_BYTES);
    store_sets_load(txn);
    return txn->fault;
}

bool store_meta_is_sequence(struct bytes key)
{
    return key.len > SEQUENCE_PREFIX.len && text_starts_with(bytes_text(key), SEQUENCE_PREFIX);
}

void store_meta_lift(struct store_txn *txn, uint64_t epoch_above, uint64_t numbers)
{
    const uint8_t *epoch = get_fixed(txn, "epoch", 8);
    if (epoch)
        put_number(txn, "epoch", (get_u64(epoch) > epoch_above ? get_u64(epoch) : epoch_above) + 1);
    const uint8_t *floor = get_fixed(txn, "floor", 8);
    if (floor)
        put_number(txn, "floor", get_u64(floor) + numbers);
    store_sets_end(txn);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, meta_table());
    bool more = store_cursor_seek(&cursor, text_bytes(SEQUENCE_PREFIX));
    for (; more && store_meta_is_sequence(cursor.key); more = store_cursor_next(&cursor)) {
        char name[STORE_MAX_KEY_BYTES + 1];
        memcpy(name, cursor.key.data, cursor.key.len);
        name[cursor.key.len] = 0;
        if (cursor.value.len == 8)
            put_number(txn, name, get_u64(cursor.value.data) + numbers);
        else
            store_txn_fail_logged(txn, FAULT_CORRUPT, "lifting a sequence");
    }
    store_cursor_close(&cursor);
}

struct sequence_key {
    uint8_t data[STORE_MAX_SEQUENCE_NAME + 8];
    size_t len;
};

static struct sequence_key key_of(const char *name, size_t len)
{
    struct sequence_key key;
    memcpy(key.data, SEQUENCE_PREFIX.data, SEQUENCE_PREFIX.len);
    memcpy(key.data + SEQUENCE_PREFIX.len, name, len);
    key.len = SEQUENCE_PREFIX.len + len;
    return key;
}

void store_sequences_write(struct store_txn *txn)
{
    struct store_writer *writer = &txn->store->writer;
    for (size_t i = 0; i < writer->sequence_count; i++) {
        const struct store_sequence *sequence = &writer->sequences[i];
        struct sequence_key key = key_of(sequence->name, sequence->name_len);
        uint8_t value[8];
        put_u64(value, sequence->last);
        store_put(txn, meta_table(), bytes_of(key.data, key.len), bytes_of(value, sizeof value));
    }
    writer->sequence_count = 0;
}

/** NULL after a fault. */
static struct store_sequence *hold_sequence(struct store_txn *txn, const char *name, size_t len)
{
    struct store_writer *writer = &txn->store->writer;
    for (size_t i = 0; i < writer->sequence_count; i++) {
        struct store_sequence *held = &writer->sequences[i];
        if (held->name_len == len && memcmp(held->name, name, len) == 0)
            return held;
    }
    if (writer->sequence_count == STORE_SEQUENCES_HELD)
        store_sequences_write(txn);
    struct sequence_key key = key_of(name, len);
    struct bytes value;
    const uint8_t *last = NULL;
    if (!store_get(txn, meta_table(), bytes_of(key.data, key.len), &value))
        last = get_fixed(txn, "floor", 8);
    else if (value.len == 8)
        last = value.data;
    else
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading a sequence");
    if (!last)
        return NULL;
    struct store_sequence *held = &writer->sequences[writer->sequence_count++];
    *held = (struct store_sequence){.name_len = len, .last = get_u64(last)};
    memcpy(held->name, name, len);
    return held;
}

uint64_t store_next_id(struct store_txn *txn, const char *sequence)
{
    size_t len = strlen(sequence);
    must(len > 0 && len <= STORE_MAX_SEQUENCE_NAME);
    if (txn->fault)
        return 0;
    must(txn->writing);
    struct store_sequence *held = hold_sequence(txn, sequence, len);
    return held ? ++held->last : 0;
}

struct store_identity store_identity(const struct store *store)
{
    return store->identity;
}

const char *store_name(const struct store *store)
{
    return store->config.name;
}

struct bytes store_secret(const struct store *store)
{
    return bytes_of(store->secret, sizeof store->secret);
}
