// SPDX-License-Identifier: Apache-2.0
#include "common/store/following.h"

#include "common/base/endian.h"
#include "common/base/must.h"
#include "common/store/internal.h"
#include "common/store/key.h"

/*
 * Numbers are big-endian; `source` is the name of a store:
 *
 *     offsets             source → [16] store id | u64 epoch | u64 seq | [32] digest
 *                         source 00 "reset" → nothing: what is kept of the source is being removed
 *                         source 00 "snapshot" → nothing, or the position where it began | u64 of the last page, or 0 | where the page before ended
 *                         source 00 "all" → nothing: every record is needed, since there is something that it comes again over
 *     set_aside           source 00 u64 seq → u8 length, reason | the record as its journal stores it
 *     set_aside_subject   source 00 subject 00 u64 seq → nothing
 *
 * For example: person 00 00 00 00 00 00 00 00 2a → 0d unknown_event 5d 1f 0a 77 01 …
 */
enum {
    AT_EPOCH = STORE_ID_BYTES,
    AT_SEQ = AT_EPOCH + 8,
    AT_DIGEST = AT_SEQ + 8,
    POSITION_BYTES = AT_DIGEST + STORE_DIGEST_BYTES,
    SNAPSHOT_HEAD = POSITION_BYTES + 8,
    MAX_REASON_BYTES = 255,
};

static const struct store_table *offsets_table(void)
{
    return &store_own_tables[SLOT_OFFSETS];
}

static const struct store_table *set_aside_table(void)
{
    return &store_own_tables[SLOT_SET_ASIDE];
}

static const struct store_table *subject_table(void)
{
    return &store_own_tables[SLOT_SET_ASIDE_SUBJECT];
}

static void read_position(const uint8_t *value, struct follow_position *out_position)
{
    memcpy(out_position->store, value, STORE_ID_BYTES);
    out_position->epoch = get_u64(value + AT_EPOCH);
    out_position->at.seq = get_u64(value + AT_SEQ);
    memcpy(out_position->at.digest, value + AT_DIGEST, STORE_DIGEST_BYTES);
}

static void write_position(const struct follow_position *position, uint8_t *out_value)
{
    memcpy(out_value, position->store, STORE_ID_BYTES);
    put_u64(out_value + AT_EPOCH, position->epoch);
    put_u64(out_value + AT_SEQ, position->at.seq);
    memcpy(out_value + AT_DIGEST, position->at.digest, STORE_DIGEST_BYTES);
}

bool follow_position_get(struct store_txn *txn, const char *source, struct follow_position *out_position)
{
    struct bytes value;
    if (!store_get(txn, offsets_table(), text_bytes(text_of(source)), &value))
        return false;
    if (value.len != POSITION_BYTES) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading an offset");
        return false;
    }
    read_position(value.data, out_position);
    return true;
}

void follow_position_put(struct store_txn *txn, const char *source, const struct follow_position *position)
{
    uint8_t value[POSITION_BYTES];
    write_position(position, value);
    store_put(txn, offsets_table(), text_bytes(text_of(source)), bytes_of(value, sizeof value));
}

static struct key source_key(const char *source)
{
    struct key key = {.len = 0};
    key_text(&key, text_of(source));
    return key;
}

static struct key event_key(const char *source, uint64_t seq)
{
    struct key key = source_key(source);
    key_u64(&key, seq);
    return key;
}

static struct key subject_key(const char *source, struct text subject)
{
    struct key key = source_key(source);
    key_text(&key, subject);
    return key;
}

void set_aside_put(struct store_txn *txn, const char *source, const struct journal_record *record, struct text reason)
{
    if (txn->fault)
        return;
    must(txn->writing);
    if (reason.len > MAX_REASON_BYTES || record->raw.len > JOURNAL_MAX_RECORD_BYTES) {
        store_txn_fail_logged(txn, FAULT_TOO_LARGE, "setting an event aside");
        return;
    }
    uint8_t *value = txn->store->writer.scratch;
    value[0] = (uint8_t)reason.len;
    if (reason.len)
        memcpy(value + 1, reason.data, reason.len);
    memcpy(value + 1 + reason.len, record->raw.data, record->raw.len);
    struct key event = event_key(source, record->seq);
    store_put(txn, set_aside_table(), key_bytes(&event), bytes_of(value, 1 + reason.len + record->raw.len));
    struct key subject = subject_key(source, record->header.subject);
    key_u64(&subject, record->seq);
    store_put(txn, subject_table(), key_bytes(&subject), (struct bytes){NULL, 0});
}

static bool starts_with(struct bytes key, const struct key *start)
{
    return text_starts_with(bytes_text(key), bytes_text(key_bytes(start)));
}

bool set_aside_has_subject(struct store_txn *txn, const char *source, struct text subject)
{
    struct key start = subject_key(source, subject);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, subject_table());
    bool found = store_cursor_seek(&cursor, key_bytes(&start)) && starts_with(cursor.key, &start);
    store_cursor_close(&cursor);
    return found;
}

uint64_t set_aside_first_of(struct store_txn *txn, const char *source, struct text subject)
{
    struct key start = subject_key(source, subject);
    struct store_cursor cursor;
    uint64_t first = 0;
    store_cursor_open(&cursor, txn, subject_table());
    if (store_cursor_seek(&cursor, key_bytes(&start)) && starts_with(cursor.key, &start) &&
        cursor.key.len == start.len + 8)
        first = get_u64(cursor.key.data + start.len);
    store_cursor_close(&cursor);
    return first;
}

static struct key reset_key(const char *source)
{
    struct key key = source_key(source);
    key_text(&key, TEXT("reset"));
    return key;
}

void follow_reset_begin(struct store_txn *txn, const char *source)
{
    struct key key = reset_key(source);
    store_put(txn, offsets_table(), key_bytes(&key), (struct bytes){NULL, 0});
}

static struct key snapshot_key(const char *source)
{
    struct key key = source_key(source);
    key_bytes_add(&key, text_bytes(TEXT("snapshot")));
    return key;
}

static struct key all_key(const char *source)
{
    struct key key = source_key(source);
    key_bytes_add(&key, text_bytes(TEXT("all")));
    return key;
}

bool follow_snapshot_get(struct store_txn *txn, const char *source, struct follow_snapshot *out_snapshot)
{
    struct key key = snapshot_key(source);
    struct bytes value;
    *out_snapshot = (struct follow_snapshot){.after_len = 0};
    if (!store_get(txn, offsets_table(), key_bytes(&key), &value))
        return false;
    if (value.len > 0 && (value.len < SNAPSHOT_HEAD || value.len > SNAPSHOT_HEAD + FOLLOW_CURSOR_BYTES)) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading how far a snapshot is");
        return false;
    }
    if (value.len == 0)
        return true;
    out_snapshot->has_position = true;
    read_position(value.data, &out_snapshot->position);
    out_snapshot->until = get_u64(value.data + POSITION_BYTES);
    out_snapshot->after_len = value.len - SNAPSHOT_HEAD;
    memcpy(out_snapshot->after, value.data + SNAPSHOT_HEAD, out_snapshot->after_len);
    return true;
}

void follow_snapshot_put(struct store_txn *txn, const char *source, const struct follow_snapshot *snapshot)
{
    struct key key = snapshot_key(source);
    uint8_t value[SNAPSHOT_HEAD + FOLLOW_CURSOR_BYTES];
    must(snapshot->after_len <= FOLLOW_CURSOR_BYTES);
    write_position(&snapshot->position, value);
    put_u64(value + POSITION_BYTES, snapshot->until);
    memcpy(value + SNAPSHOT_HEAD, snapshot->after, snapshot->after_len);
    store_put(txn, offsets_table(), key_bytes(&key),
              bytes_of(value, snapshot->has_position ? SNAPSHOT_HEAD + snapshot->after_len : 0));
}

void follow_snapshot_remove(struct store_txn *txn, const char *source)
{
    struct key key = snapshot_key(source);
    store_delete(txn, offsets_table(), key_bytes(&key));
}

bool follow_reset_is_under_way(struct store_txn *txn, const char *source)
{
    struct key key = reset_key(source);
    struct bytes ignored;
    return store_get(txn, offsets_table(), key_bytes(&key), &ignored);
}

void follow_reset_end(struct store_txn *txn, const char *source)
{
    struct key key = reset_key(source);
    store_delete(txn, offsets_table(), key_bytes(&key));
    store_delete(txn, offsets_table(), text_bytes(text_of(source)));
    follow_snapshot_remove(txn, source);
    struct key all = all_key(source);
    store_delete(txn, offsets_table(), key_bytes(&all));
}

uint64_t set_aside_count(struct store_txn *txn, const char *source)
{
    struct key start = source_key(source);
    struct store_cursor cursor;
    uint64_t count = 0;
    store_cursor_open(&cursor, txn, set_aside_table());
    bool more = store_cursor_seek(&cursor, key_bytes(&start));
    for (; more && starts_with(cursor.key, &start); more = store_cursor_next(&cursor))
        count++;
    store_cursor_close(&cursor);
    return count;
}

/** Reads a row of set_aside; a sticky fault when it is none. */
static bool decode_event(struct store_txn *txn, const struct key *start, struct bytes key, struct bytes value,
                         struct journal_record *out_record, struct text *out_reason)
{
    size_t reason_len = value.len ? value.data[0] : 0;
    if (key.len != start->len + 8 || value.len < 1 + reason_len) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading an event set aside");
        return false;
    }
    struct bytes raw = bytes_of(value.data + 1 + reason_len, value.len - 1 - reason_len);
    if (journal_decode(get_u64(key.data + start->len), raw, out_record) != FAULT_NONE) {
        store_txn_fail_logged(txn, FAULT_CORRUPT, "reading an event set aside");
        return false;
    }
    *out_reason = bytes_text(bytes_of(value.data + 1, reason_len));
    return true;
}

bool set_aside_next(struct store_txn *txn, const char *source, uint64_t from, struct journal_record *out_record,
                    struct text *out_reason)
{
    struct key start = source_key(source), first = event_key(source, from);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, set_aside_table());
    bool found = store_cursor_seek(&cursor, key_bytes(&first)) && starts_with(cursor.key, &start) &&
                 decode_event(txn, &start, cursor.key, cursor.value, out_record, out_reason);
    store_cursor_close(&cursor);
    return found;
}

void set_aside_remove(struct store_txn *txn, const char *source, uint64_t seq)
{
    struct journal_record record;
    struct text reason;
    if (!set_aside_next(txn, source, seq, &record, &reason) || record.seq != seq)
        return;
    struct key subject = subject_key(source, record.header.subject); // before the write ends what record borrows
    key_u64(&subject, seq);
    struct key event = event_key(source, seq);
    store_delete(txn, set_aside_table(), key_bytes(&event));
    store_delete(txn, subject_table(), key_bytes(&subject));
}

void follow_anew(struct store_txn *txn, const char *source)
{
    struct journal_record record;
    struct text reason;
    while (set_aside_next(txn, source, 0, &record, &reason))
        set_aside_remove(txn, source, record.seq);
    follow_reset_end(txn, source);
    struct key key = all_key(source);
    store_put(txn, offsets_table(), key_bytes(&key), bytes_of("", 0));
}

bool follow_needs_all(struct store_txn *txn, const char *source)
{
    struct key key = all_key(source);
    struct bytes ignored;
    return store_get(txn, offsets_table(), key_bytes(&key), &ignored);
}
