// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of write sets, as a stand-by or a restore applies them. Input: u8 options | the set.
 *
 * A set is refused and changes nothing, or is applied: then every row is what its last operation says, the journal's chain holds,
 * what followers keep is read or called corrupt, the next batch is written, and the store opens again with the same in its
 * indexes. The option "mended" makes the set's beginning and its journal records right, which no fuzzer gets past.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/crc32c.h"
#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"
#include "tests/fuzz/scratch.h"

// The layouts are drawn in replog.h and journal.h.
enum {
    OPTION_MENDED = 1,
    OPTION_UNCHAINED = 2, // but for the records' digests
    AT_FIRST = 1,
    AT_LAST = 9,
    HEADER_BYTES = 17,
    OPERATION_BYTES = 4,
    RECORD_AT_VERSION = 4,
    RECORD_AT_FLAGS = 5,
    RECORD_AT_HEADER_LEN = 6,
    RECORD_AT_DIGEST = 8,
    RECORD_AT_SALT = 40,
    RECORDS = 2, // that the store has
    MOST_BYTES = 8 * 1024,
    MAP_BYTES = 16 * 1024 * 1024,
};

static const struct store_table rows = {"rows", 16};
static const struct index names = {{"names", 18}, INDEX_MAP, INDEX_DIRECT};
static const struct index sums = {{"sums", 19}, INDEX_COUNTER, INDEX_DIRECT};
static const struct index late_names = {{"late_names", 20}, INDEX_MAP, INDEX_DEFERRED};
static const struct index late_sums = {{"late_sums", 21}, INDEX_COUNTER, INDEX_DEFERRED};
static const struct store_table *const tables[] = {&rows};
static const struct index *const indexes[] = {&names, &sums, &late_names, &late_sums};
enum { INDEXES = sizeof indexes / sizeof *indexes };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The store: one that is made once, and copied whenever a set was applied. */

static void fill(void *self, void *out, size_t len)
{
    (void)self;
    memset(out, 7, len);
}

static const struct random_source random_bytes = {fill, NULL};

static struct store *open_store(void)
{
    static struct store_path path;
    struct store *store = NULL;
    if (!path.text[0])
        must(store_path_join(&path, scratch_folder(), "store") == FAULT_NONE);
    const struct store_config config = {
        .name = "person",
        .path = path.text,
        .map_bytes = MAP_BYTES,
        .min_free_bytes = 1,
        .tables = tables,
        .table_count = 1,
        .indexes = indexes,
        .index_count = INDEXES,
        .schema_version = 1,
        .random = &random_bytes,
    };
    must(store_open(&config, &store) == FAULT_NONE);
    return store;
}

/** The next batch of a store. Corrupt rows may stop it, nothing else. */
static void write_batch(struct store *store)
{
    struct store_txn *txn = store_begin_write(store);
    const struct journal_header header = {.type = TEXT("person.changed"), .subject = TEXT("person/1")};
    store_put(txn, &rows, text_bytes(TEXT("row")), text_bytes(TEXT("value")));
    index_put(txn, &late_names, text_bytes(TEXT("name")), text_bytes(TEXT("1")));
    index_add(txn, &late_sums, text_bytes(TEXT("sum")), 1);
    index_add(txn, &sums, text_bytes(TEXT("sum")), 1);
    store_next_id(txn, "person");
    uint64_t seq = journal_append(txn, &header, text_bytes(TEXT("a body")));
    enum fault fault = store_commit(txn);
    must(fault == FAULT_CORRUPT || (fault == FAULT_NONE && seq == store_seq(store)));
}

struct pristine {
    struct store_path data;
    uint8_t *bytes;
    size_t len;
    struct journal_position at;
    struct store *store;
};

static void keep_data(struct pristine *pristine)
{
    FILE *file = fopen(pristine->data.text, "rb");
    struct stat status;
    must(file && fstat(fileno(file), &status) == 0);
    pristine->len = (size_t)status.st_size;
    pristine->bytes = malloc(pristine->len);
    must(pristine->bytes && fread(pristine->bytes, 1, pristine->len, file) == pristine->len);
    fclose(file);
}

static struct pristine *pristine_store(void)
{
    static struct pristine pristine;
    if (pristine.store)
        return &pristine;
    struct store *store = open_store();
    must(store_path_join(&pristine.data, store->path.text, store_data_file) == FAULT_NONE);
    for (int i = 0; i < RECORDS; i++)
        write_batch(store);
    pristine.at = store->writer.committed;
    store_close(store);
    keep_data(&pristine);
    pristine.store = open_store();
    return &pristine;
}

static void begin_anew(struct pristine *pristine)
{
    store_close(pristine->store);
    scratch_write(pristine->data.text, bytes_of(pristine->bytes, pristine->len));
    pristine->store = open_store();
}

/* Operations, as the set's layout has them. */

struct operation {
    uint8_t kind;
    uint8_t slot;
    uint8_t *key;
    size_t key_len;
    uint8_t *value;
    size_t value_len;
};

static bool take_operation(uint8_t **at, const uint8_t *end, struct operation *out)
{
    size_t left = (size_t)(end - *at);
    if (left < OPERATION_BYTES || get_u16(*at + 2) > left - OPERATION_BYTES)
        return false;
    *out = (struct operation){.kind = (*at)[0], .slot = (*at)[1], .key = *at + OPERATION_BYTES};
    out->key_len = get_u16(*at + 2);
    uint8_t *next = out->key + out->key_len;
    if (out->kind == STORE_WRITE_PUT) {
        if (end - next < 4 || get_u32(next) > (size_t)(end - next) - 4)
            return false;
        out->value = next + 4;
        out->value_len = get_u32(next);
        next = out->value + out->value_len;
    }
    *at = next;
    return true;
}

/** Makes the record one that follows; of one whose key names an older one, and of one that is `unchained`, the checksum alone. */
static void mend_record(const struct operation *put, bool unchained, struct journal_position *at)
{
    uint8_t *raw = put->value, body_digest[STORE_DIGEST_BYTES];
    size_t header_end = JOURNAL_PREFIX_BYTES;
    if (put->value_len < JOURNAL_PREFIX_BYTES || put->key_len != 8)
        return;
    header_end += get_u16(raw + RECORD_AT_HEADER_LEN);
    if (put->value_len < header_end + (raw[RECORD_AT_FLAGS] ? STORE_DIGEST_BYTES : 0))
        return;
    size_t left = put->value_len - header_end;
    raw[RECORD_AT_VERSION] = 1;
    journal_body_digest(bytes_of(raw + RECORD_AT_SALT, JOURNAL_SALT_BYTES), bytes_of(raw + header_end, left),
                        body_digest);
    if (get_u64(put->key) > at->seq) {
        if (!unchained)
            journal_record_digest(at, bytes_of(raw + JOURNAL_PREFIX_BYTES, header_end - JOURNAL_PREFIX_BYTES),
                                  raw[RECORD_AT_FLAGS] ? raw + put->value_len - STORE_DIGEST_BYTES : body_digest,
                                  raw + RECORD_AT_DIGEST);
        memcpy(at->digest, raw + RECORD_AT_DIGEST, STORE_DIGEST_BYTES);
        put_u64(put->key, ++at->seq);
    }
    put_u32(raw, crc32c(raw + RECORD_AT_VERSION, put->value_len - RECORD_AT_VERSION));
}

static void mend(uint8_t *set, size_t len, bool unchained, struct journal_position at)
{
    struct operation operation;
    uint8_t *next = set + HEADER_BYTES;
    set[0] = 1;
    put_u64(set + AT_FIRST, at.seq + 1);
    while (take_operation(&next, set + len, &operation))
        if (operation.kind == STORE_WRITE_PUT && operation.slot == SLOT_JOURNAL)
            mend_record(&operation, unchained, &at);
    put_u64(set + AT_LAST, at.seq);
}

/* What must hold. */

static bool is_same_key(const struct operation *a, const struct operation *b)
{
    return a->slot == b->slot && bytes_equal(bytes_of(a->key, a->key_len), bytes_of(b->key, b->key_len));
}

/** Whether the set has a later operation on the same row. */
static bool is_overtaken(const struct operation *operation, uint8_t *next, const uint8_t *end)
{
    struct operation later;
    while (take_operation(&next, end, &later))
        if (is_same_key(operation, &later))
            return true;
    return false;
}

static void check_rows(struct store_txn *txn, uint8_t *set, size_t len)
{
    struct operation operation;
    uint8_t *next = set + HEADER_BYTES;
    while (take_operation(&next, set + len, &operation)) {
        struct bytes value;
        const struct store_table *table = txn->store->slots[operation.slot];
        if (is_overtaken(&operation, next, set + len))
            continue;
        bool is_there = store_get(txn, table, bytes_of(operation.key, operation.key_len), &value);
        must(is_there == (operation.kind == STORE_WRITE_PUT));
        must(!is_there || bytes_equal(value, bytes_of(operation.value, operation.value_len)));
    }
    must(next == set + len && store_txn_fault(txn) == FAULT_NONE);
}

static void check_journal(struct store_txn *txn)
{
    must(journal_verify(txn, (struct journal_position){0}, 0).what == NULL);
    must(journal_last(txn).seq == store_seq(txn->store));
}

/** Each in a view of its own: a corrupt row is a sticky fault. */
static void read_followers(struct store *store)
{
    struct follow_position position;
    struct journal_record record;
    struct text reason;
    struct store_txn *txn = store_begin_read(store);
    follow_position_get(txn, "activity", &position);
    must(txn->fault == FAULT_NONE || txn->fault == FAULT_CORRUPT);
    store_abort(txn);
    txn = store_begin_read(store);
    for (uint64_t from = 0; set_aside_next(txn, "activity", from, &record, &reason); from = record.seq + 1) {
        must(record.seq >= from && reason.len <= UINT8_MAX);
        set_aside_first_of(txn, "activity", record.header.subject);
        if (record.seq == UINT64_MAX)
            break;
    }
    must(txn->fault == FAULT_NONE || txn->fault == FAULT_CORRUPT);
    store_abort(txn);
}

static void add(uint32_t *content, struct bytes part)
{
    const uint32_t both[] = {*content, (uint32_t)part.len, crc32c(part.data, part.len)};
    *content = crc32c(both, sizeof both);
}

/** A checksum of what the indexes hold, up to where one is corrupt. */
static uint32_t read_indexes(struct store *store)
{
    static const struct bytes all;
    uint32_t content = 0;
    for (size_t i = 0; i < INDEXES; i++) {
        struct index_scan scan;
        struct store_txn *txn = store_begin_read(store);
        index_scan_open(&scan, txn, indexes[i], all, all, i % 2);
        while (index_scan_next(&scan)) {
            must(scan.key.len > 0 && scan.key.len <= STORE_MAX_KEY_BYTES);
            add(&content, scan.key);
            add(&content, indexes[i]->kind == INDEX_MAP ? scan.value : bytes_of(&scan.sum, sizeof scan.sum));
        }
        index_scan_close(&scan);
        must(txn->fault == FAULT_NONE || txn->fault == FAULT_CORRUPT);
        store_abort(txn);
    }
    return content;
}

static void check_applied(struct pristine *pristine, uint8_t *set, size_t len)
{
    struct store_txn *txn = store_begin_read(pristine->store);
    must(store_seq(pristine->store) == get_u64(set + AT_LAST));
    check_rows(txn, set, len);
    check_journal(txn);
    store_abort(txn);
    read_followers(pristine->store);
    write_batch(pristine->store);
    uint32_t content = read_indexes(pristine->store);
    store_close(pristine->store);
    pristine->store = open_store();
    must(read_indexes(pristine->store) == content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + HEADER_BYTES || size > MOST_BYTES)
        return 0;
    struct pristine *pristine = pristine_store();
    size_t len = size - 1;
    uint8_t *set = malloc(len);
    must(set);
    memcpy(set, data + 1, len);
    if (data[0] & OPTION_MENDED)
        mend(set, len, data[0] & OPTION_UNCHAINED, pristine->at);
    const struct write_set applied = {get_u64(set + AT_FIRST), get_u64(set + AT_LAST), bytes_of(set, len)};
    enum fault fault = store_apply_write_set(pristine->store, &applied);
    must(fault == FAULT_NONE || fault == FAULT_CORRUPT);
    if (fault == FAULT_NONE) {
        check_applied(pristine, set, len);
        begin_anew(pristine);
    } else {
        must(store_seq(pristine->store) == pristine->at.seq);
    }
    free(set);
    return 0;
}
