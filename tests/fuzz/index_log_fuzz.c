// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the log of deferred indexes. Input: a row, as another store's write set or a file brings it.
 *
 * Reading ends, at the row's end or where it is malformed; until then entries lie within their limits and the row, and what the
 * writer makes of them is read as the same entries.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/store/internal.h"

enum {
    MOST_ROW_BYTES = 4096,
    FEWEST_ENTRY_BYTES = 5,
    MOST_ENTRIES = MOST_ROW_BYTES / FEWEST_ENTRY_BYTES,
    MAP_SLOT = 16,
    COUNTER_SLOT = 17,
    DIRECT_SLOT = 18,
    BESIDES_KEY_AND_VALUE = 5 + 2 + 10,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct index map = {{"map", MAP_SLOT}, INDEX_MAP, INDEX_DEFERRED};
static const struct index counter = {{"counter", COUNTER_SLOT}, INDEX_COUNTER, INDEX_DEFERRED};
static const struct index direct = {{"direct", DIRECT_SLOT}, INDEX_MAP, INDEX_DIRECT};

/** What was read of the row; keys are copies. */
struct entries {
    size_t count;
    struct index_entry items[MOST_ENTRIES];
    uint8_t keys[MOST_ENTRIES][STORE_MAX_KEY_BYTES];
};

static void check_entry(const struct index_entry *entry, struct bytes row)
{
    must(entry->kind >= INDEX_ENTRY_PUT && entry->kind <= INDEX_ENTRY_ADD && entry->slot <= UINT8_MAX);
    must(entry->key.len > 0 && entry->key.len <= STORE_MAX_KEY_BYTES);
    must(entry->value.len <= INDEX_MAX_VALUE_BYTES);
    must(entry->kind == INDEX_ENTRY_PUT || entry->value.len == 0);
    must(entry->kind == INDEX_ENTRY_ADD || entry->amount == 0);
    must(entry->value.len == 0 ||
         (entry->value.data >= row.data && entry->value.data + entry->value.len <= row.data + row.len));
}

/** False: the row is malformed. */
static bool read_row(struct bytes row, struct entries *entries)
{
    struct index_log_reader reader = {.rest = row};
    for (entries->count = 0; index_log_next(&reader); entries->count++) {
        struct index_entry *entry = &entries->items[entries->count];
        must(entries->count < MOST_ENTRIES);
        check_entry(&reader.entry, row);
        *entry = reader.entry;
        memcpy(entries->keys[entries->count], entry->key.data, entry->key.len);
        entry->key.data = entries->keys[entries->count];
    }
    must(!index_log_next(&reader)); // and stays so
    must(reader.malformed || reader.rest.len == 0);
    return !reader.malformed;
}

/** That a row the writer made has the entries from `first` on. Returns behind which. */
static size_t check_written(struct bytes row, const struct entries *entries, size_t first)
{
    struct index_log_reader reader = {.rest = row};
    must(row.len <= INDEX_LOG_ROW_BYTES);
    for (; index_log_next(&reader); first++) {
        const struct index_entry *entry = &entries->items[first];
        must(first < entries->count && reader.entry.kind == entry->kind && reader.entry.slot == entry->slot);
        must(bytes_equal(reader.entry.key, entry->key) && bytes_equal(reader.entry.value, entry->value));
        must(reader.entry.amount == entry->amount);
    }
    must(!reader.malformed);
    return first;
}

/** Through a store that has nothing but a writer, in a transaction that stores nothing. */
static void check_round_trip(struct store *store, const struct entries *entries)
{
    struct store_txn txn = {.store = store, .fault = FAULT_IO};
    struct buffer *row = &store->writer.index_log.row;
    size_t checked = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const struct index_entry *entry = &entries->items[i];
        if (row->len + entry->key.len + entry->value.len + BESIDES_KEY_AND_VALUE > INDEX_LOG_ROW_BYTES)
            checked = check_written(buffer_bytes(row), entries, checked); // adding begins another
        must(checked == i || row->len > 0);
        index_log_add(&txn, entry);
    }
    must(check_written(buffer_bytes(row), entries, checked) == entries->count);
    index_log_flush(&txn);
}

static bool is_deferred(const struct index_entry *entry)
{
    return entry->kind == INDEX_ENTRY_ADD ? entry->slot == COUNTER_SLOT : entry->slot == MAP_SLOT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct entries entries;
    static struct store store = {.indexes = {[MAP_SLOT] = &map, [COUNTER_SLOT] = &counter, [DIRECT_SLOT] = &direct}};
    const struct bytes row = bytes_of(data, size);
    if (size > MOST_ROW_BYTES)
        return 0;
    bool is_row = read_row(row, &entries);
    buffer_init(&store.writer.index_log.row, INDEX_LOG_ROW_BYTES);
    check_round_trip(&store, &entries);
    buffer_fini(&store.writer.index_log.row);
    for (size_t i = 0; i < entries.count; i++)
        is_row = is_row && is_deferred(&entries.items[i]);
    must(index_log_is_row(&store, row) == (is_row && size > 0));
    return 0;
}
