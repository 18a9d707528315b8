// SPDX-License-Identifier: Apache-2.0
#include "common/service/derived.h"

#include "common/store/following.h"

enum { KEYS_AT_ONCE = 64 };

static int64_t remove_rows(struct store_txn *txn, const struct store_table *table, int64_t most)
{
    int64_t removed = 0;
    while (removed < most) {
        struct store_cursor cursor;
        struct key key = {.len = 0};
        store_cursor_open(&cursor, txn, table);
        bool found = store_cursor_first(&cursor);
        if (found)
            key_bytes_add(&key, cursor.key);
        store_cursor_close(&cursor);
        if (!found)
            break;
        store_delete(txn, table, key_bytes(&key));
        removed++;
    }
    return removed;
}

/** Up to so many of the first entries of an index; returns how many. */
static int64_t remove_first(struct store_txn *txn, const struct index *index, int64_t most)
{
    struct key keys[KEYS_AT_ONCE];
    int64_t count = 0;
    struct index_scan scan;
    index_scan_open(&scan, txn, index, bytes_of("", 0), bytes_of("", 0), false);
    while (count < most && count < KEYS_AT_ONCE && index_scan_next(&scan)) {
        keys[count] = (struct key){.len = 0};
        key_bytes_add(&keys[count++], scan.key);
    }
    index_scan_close(&scan);
    for (int64_t i = 0; i < count; i++)
        index_delete(txn, index, key_bytes(&keys[i]));
    return count;
}

static int64_t remove_entries(struct store_txn *txn, const struct index *index, int64_t most)
{
    int64_t removed = 0;
    for (int64_t count = 1; count > 0 && removed < most; removed += count)
        count = remove_first(txn, index, most - removed);
    return removed;
}

static int64_t remove_set_aside(struct store_txn *txn, const char *source, int64_t most)
{
    int64_t removed = 0;
    struct journal_record record;
    struct text reason;
    for (; removed < most && set_aside_next(txn, source, 0, &record, &reason); removed++)
        set_aside_remove(txn, source, record.seq);
    return removed;
}

int64_t derived_remove(struct store_txn *txn, const struct service_definition *definition, const char *source,
                       int64_t most, uint64_t *out_set_aside)
{
    int64_t removed = remove_set_aside(txn, source, most);
    *out_set_aside += (uint64_t)removed;
    for (size_t i = 0; i < definition->derived_count; i++) {
        const struct derived_rows *derived = &definition->derived[i];
        if (strcmp(derived->source, source) == 0)
            removed += derived->index ? remove_entries(txn, derived->index, most - removed)
                                      : remove_rows(txn, derived->table, most - removed);
    }
    return removed;
}

bool derived_is_circular(const struct service_definition *definition, const char *source)
{
    for (size_t i = 0; i < definition->derived_count; i++)
        if (definition->derived[i].is_circular && strcmp(definition->derived[i].source, source) == 0)
            return true;
    return false;
}
