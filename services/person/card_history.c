// SPDX-License-Identifier: Apache-2.0
#include "services/person/card_history.h"

#include "common/base/must.h"

enum {
    SEQ_AT = 8,
    KEY_BYTES = 16,
    REMOVED_AT_ONCE = 64,
};

static struct key change_key(uint64_t person, uint64_t seq)
{
    struct key key = key_of_id(person);
    key_u64(&key, ~seq);
    return key;
}

void card_history_add(struct store_txn *txn, uint64_t person, uint64_t seq)
{
    struct key key = change_key(person, seq);
    index_put(txn, &person_changes, key_bytes(&key), bytes_of("", 0));
}

void card_history_forget(struct store_txn *txn, uint64_t person, uint64_t seq)
{
    struct key key = change_key(person, seq);
    index_delete(txn, &person_changes, key_bytes(&key));
}

void card_history_remove(struct store_txn *txn, uint64_t person)
{
    uint64_t seqs[REMOVED_AT_ONCE];
    size_t count;
    do {
        count = card_history_find(txn, person, 0, REMOVED_AT_ONCE, seqs);
        for (size_t i = 0; i < count; i++) {
            card_history_forget(txn, person, seqs[i]);
            journal_erase(txn, seqs[i]); // of one that is damaged the journal's check tells
        }
    } while (count == REMOVED_AT_ONCE);
}

size_t card_history_find(struct store_txn *txn, uint64_t person, uint64_t before, size_t max, uint64_t *out_seqs)
{
    struct key prefix = key_of_id(person);
    struct key from = change_key(person, before ? before - 1 : UINT64_MAX);
    struct index_scan scan;
    size_t count = 0;
    index_scan_open(&scan, txn, &person_changes, key_bytes(&prefix), key_bytes(&from), false);
    while (count < max && index_scan_next(&scan)) {
        must(scan.key.len == KEY_BYTES);
        out_seqs[count++] = ~get_u64(scan.key.data + SEQ_AT);
    }
    index_scan_close(&scan);
    return count;
}

void card_history_index(struct store_txn *txn)
{
    struct journal_cursor cursor;
    struct journal_record record;
    journal_cursor_open(&cursor, txn, 0);
    while (journal_cursor_next(&cursor, &record))
        if (text_equal(record.header.type, text_of(person_created_message.type)) ||
            text_equal(record.header.type, text_of(person_updated_message.type)))
            card_history_add(txn, record.header.person, record.seq);
    journal_cursor_close(&cursor);
}
