// SPDX-License-Identifier: Apache-2.0
#include "common/base/endian.h"
#include "common/base/log.h"
#include "common/store/internal.h"

static bool step(struct journal_cursor *cursor)
{
    if (cursor->started)
        return store_cursor_next(&cursor->cursor);
    if (cursor->after == UINT64_MAX)
        return false;
    uint8_t key[8];
    put_u64(key, cursor->after + 1);
    return store_cursor_seek(&cursor->cursor, bytes_of(key, sizeof key));
}

void journal_cursor_open(struct journal_cursor *cursor, struct store_txn *txn, uint64_t after)
{
    *cursor = (struct journal_cursor){.after = after};
    store_cursor_open(&cursor->cursor, txn, &store_own_tables[SLOT_JOURNAL]);
}

bool journal_cursor_next(struct journal_cursor *cursor, struct journal_record *out_record)
{
    struct store_txn *txn = cursor->cursor.txn;
    if (!step(cursor)) {
        journal_cursor_close(cursor); // stays at the end
        return false;
    }
    struct bytes key = cursor->cursor.key;
    uint64_t seq = key.len == 8 ? get_u64(key.data) : 0;
    bool dense = !cursor->started || seq == cursor->after + 1;
    cursor->started = true;
    if (seq == 0 || !dense || journal_decode(seq, cursor->cursor.value, out_record) != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "journal record is damaged or missing", log_name("path", txn->store->path.text),
            log_int("after", (int64_t)cursor->after));
        store_txn_fail(txn, FAULT_CORRUPT);
        journal_cursor_close(cursor);
        return false;
    }
    cursor->after = seq;
    return true;
}

void journal_cursor_close(struct journal_cursor *cursor)
{
    store_cursor_close(&cursor->cursor);
}

/**
 * What is wrong with the record under the cursor, which should follow `at`; NULL: nothing, and `at` has moved to it.
 */
static const char *check_record(const struct store_cursor *cursor, struct journal_position *at)
{
    if (cursor->key.len != 8)
        return "key is not a position";
    if (get_u64(cursor->key.data) != at->seq + 1)
        return "record is missing";
    struct journal_record record;
    if (journal_decode(at->seq + 1, cursor->value, &record) != FAULT_NONE)
        return "record is damaged";
    if (!journal_follows(at, &record))
        return "record does not follow the one before it";
    *at = journal_position_of(&record);
    return NULL;
}

struct journal_problem journal_verify(struct store_txn *txn, struct journal_position from, uint64_t to)
{
    struct journal_problem problem = {0};
    struct journal_position at = from;
    struct journal_cursor walk;
    journal_cursor_open(&walk, txn, from.seq);
    while ((to == 0 || at.seq < to) && !problem.what && step(&walk)) {
        walk.started = true;
        problem.what = check_record(&walk.cursor, &at);
        problem.checked++;
    }
    journal_cursor_close(&walk);
    if (!problem.what && txn->fault)
        problem.what = "journal cannot be read";
    if (!problem.what && at.seq < to)
        problem.what = "record is missing";
    if (problem.what)
        problem.seq = at.seq + 1;
    return problem;
}
