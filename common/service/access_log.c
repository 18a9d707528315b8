// SPDX-License-Identifier: Apache-2.0
#include "common/service/access_log.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/wire/codec.h"

// The layout is drawn in access_log.h.
enum {
    LAYOUT_VERSION = 1,
    AT_VERSION = STORE_DIGEST_BYTES,
    AT_TIME = AT_VERSION + 1,
    AT_ACTS = AT_TIME + 8,
    PREFIX_BYTES = AT_ACTS + 1,
    VARINT_BYTES = 10,
    ENTRY_BYTES = 3 * VARINT_BYTES + 1, // at most
    KEY_PERSON_BYTES = 8,
    MOST_SPAN_MS = 24 * 3600 * 1000, // of a row
};

_Static_assert(PREFIX_BYTES + 1 + 3 * (1 + ACCESS_TEXT_BYTES) + ENTRY_BYTES <= ACCESS_ROW_BYTES,
               "any entry fits a row");

static void row_digest(const struct access_position *before, struct bytes rest, uint8_t out_digest[STORE_DIGEST_BYTES])
{
    uint8_t begin[STORE_DIGEST_BYTES + 8];
    crypto_generichash_state state;
    memcpy(begin, before->digest, STORE_DIGEST_BYTES);
    put_u64(begin + STORE_DIGEST_BYTES, before->row + 1);
    crypto_generichash_init(&state, NULL, 0, STORE_DIGEST_BYTES);
    crypto_generichash_update(&state, begin, sizeof begin);
    crypto_generichash_update(&state, rest.data, rest.len);
    crypto_generichash_final(&state, out_digest, STORE_DIGEST_BYTES);
}

static void person_key(struct key *key, uint64_t person, uint64_t number)
{
    *key = key_of_id(person);
    key_u64(key, ~number);
}

/* Writing. */

/** A row that is being put together. */
struct row_writer {
    struct store_txn *txn;
    const struct access_act *acts;
    struct access_position last;
    int64_t time_ms;
    uint64_t person; // of the entry before
    size_t act_count;
    uint32_t row_acts[ACCESS_ROW_ACTS]; // which of the acts each of the row's is
    size_t act_bytes;
    size_t entry_bytes;
    uint8_t act_data[ACCESS_ROW_BYTES];
    uint8_t entry_data[ACCESS_ROW_BYTES];
};

static uint8_t *put_varint(uint8_t *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *out++ = (uint8_t)(number | 0x80);
    *out++ = (uint8_t)number;
    return out;
}

static uint8_t *put_text(uint8_t *out, struct text text)
{
    *out++ = (uint8_t)text.len;
    if (text.len)
        memcpy(out, text.data, text.len);
    return out + text.len;
}

static size_t act_size(const struct access_act *act)
{
    return 4 + act->type.len + act->actor.len + act->sender.len;
}

static void flush_row(struct row_writer *writer)
{
    uint8_t row[ACCESS_ROW_BYTES];
    if (writer->entry_bytes == 0)
        return;
    row[AT_VERSION] = LAYOUT_VERSION;
    put_u64(row + AT_TIME, (uint64_t)writer->time_ms);
    row[AT_ACTS] = (uint8_t)writer->act_count;
    memcpy(row + PREFIX_BYTES, writer->act_data, writer->act_bytes);
    memcpy(row + PREFIX_BYTES + writer->act_bytes, writer->entry_data, writer->entry_bytes);
    size_t len = PREFIX_BYTES + writer->act_bytes + writer->entry_bytes;
    row_digest(&writer->last, bytes_of(row + AT_VERSION, len - AT_VERSION), row);
    struct key key = key_of_id(++writer->last.row);
    store_append(writer->txn, store_access_table(), key_bytes(&key), bytes_of(row, len));
    memcpy(writer->last.digest, row, STORE_DIGEST_BYTES);
    writer->act_count = writer->act_bytes = writer->entry_bytes = 0;
    writer->person = 0;
}

/** The act's place among the row's; their number when it is not there yet. */
static size_t find_act(const struct row_writer *writer, uint32_t act)
{
    size_t at = 0;
    while (at < writer->act_count && writer->row_acts[at] != act)
        at++;
    return at;
}

static void add_act(struct row_writer *writer, uint32_t number)
{
    const struct access_act *act = &writer->acts[number];
    uint8_t *out = writer->act_data + writer->act_bytes;
    *out++ = (uint8_t)act->kind;
    out = put_text(put_text(put_text(out, act->type), act->actor), act->sender);
    writer->row_acts[writer->act_count++] = number;
    writer->act_bytes = (size_t)(out - writer->act_data);
}

static void add_entry(struct row_writer *writer, const struct access_entry *entry)
{
    size_t act = find_act(writer, entry->act);
    bool is_new = act == writer->act_count;
    size_t len = PREFIX_BYTES + writer->act_bytes + writer->entry_bytes + ENTRY_BYTES;
    if (len + (is_new ? act_size(&writer->acts[entry->act]) : 0) > ACCESS_ROW_BYTES || act == ACCESS_ROW_ACTS) {
        flush_row(writer);
        act = 0;
        is_new = true;
    }
    if (is_new)
        add_act(writer, entry->act);
    if (entry->person && (entry->person != writer->person || writer->entry_bytes == 0)) {
        struct key key;
        person_key(&key, entry->person, writer->last.row + 1);
        index_put(writer->txn, store_access_by_person(), key_bytes(&key), bytes_of("", 0));
    }
    uint8_t *out = put_varint(writer->entry_data + writer->entry_bytes, entry->person - writer->person);
    *out++ = (uint8_t)act;
    out = put_varint(out, (uint64_t)(entry->time_ms - writer->time_ms));
    out = put_varint(out, entry->count);
    writer->entry_bytes = (size_t)(out - writer->entry_data);
    writer->person = entry->person;
}

static int order(const void *a, const void *b)
{
    const struct access_entry *left = a, *right = b;
    if (left->person != right->person)
        return left->person < right->person ? -1 : 1;
    if (left->act != right->act)
        return left->act < right->act ? -1 : 1;
    return (left->time_ms > right->time_ms) - (left->time_ms < right->time_ms);
}

void access_log_append(struct store_txn *txn, const struct access_act *acts, struct access_entry *entries, size_t count)
{
    struct row_writer writer = {.txn = txn, .acts = acts, .last = access_log_last(txn), .time_ms = INT64_MAX};
    qsort(entries, count, sizeof *entries, order);
    for (size_t i = 0; i < count; i++)
        if (entries[i].time_ms < writer.time_ms)
            writer.time_ms = entries[i].time_ms;
    for (size_t i = 0; i < count;) {
        struct access_entry entry = entries[i++];
        if (entry.time_ms - writer.time_ms > MOST_SPAN_MS) // the clock was set
            entry.time_ms = writer.time_ms + MOST_SPAN_MS;
        for (; i < count && entries[i].person == entry.person && entries[i].act == entry.act; i++)
            entry.count += entries[i].count;
        add_entry(&writer, &entry);
    }
    flush_row(&writer);
}

/* Reading. */

struct access_position access_log_last(struct store_txn *txn)
{
    struct access_position last = {.row = 0};
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, store_access_table());
    if (store_cursor_last(&cursor)) {
        if (cursor.key.len == 8 && cursor.value.len > PREFIX_BYTES) {
            last.row = get_u64(cursor.key.data);
            memcpy(last.digest, cursor.value.data, STORE_DIGEST_BYTES);
        } else {
            store_txn_fail(txn, FAULT_CORRUPT);
        }
    }
    store_cursor_close(&cursor);
    return last;
}

static bool take(struct bytes *rest, size_t len, struct bytes *out_taken)
{
    if (len > rest->len)
        return false;
    *out_taken = bytes_of(rest->data, len);
    *rest = bytes_of(rest->data + len, rest->len - len);
    return true;
}

static bool take_text(struct bytes *rest, struct text *out_text)
{
    struct bytes len, taken;
    if (!take(rest, 1, &len) || !take(rest, len.data[0], &taken))
        return false;
    *out_text = bytes_text(taken);
    return true;
}

static bool take_varint(struct bytes *rest, uint64_t *out_number)
{
    uint64_t number = 0;
    struct bytes byte;
    for (unsigned shift = 0; shift < 64 && take(rest, 1, &byte); shift += 7) {
        uint64_t part = byte.data[0] & 0x7f;
        if (part << shift >> shift != part)
            return false;
        number |= part << shift;
        if (byte.data[0] < 0x80) {
            *out_number = number;
            return true;
        }
    }
    return false;
}

static bool take_act(struct bytes *rest, struct access_act *out_act)
{
    struct bytes kind;
    if (!take(rest, 1, &kind) || !*enum_name(&access_kind_enum, kind.data[0]))
        return false;
    out_act->kind = (enum access_kind)kind.data[0];
    return take_text(rest, &out_act->type) && take_text(rest, &out_act->actor) && take_text(rest, &out_act->sender);
}

bool access_reader_open(struct access_reader *reader, struct bytes row)
{
    struct bytes prefix, rest = row;
    reader->person = 0;
    reader->malformed =
        row.len > ACCESS_ROW_BYTES || !take(&rest, PREFIX_BYTES, &prefix) || row.data[AT_VERSION] != LAYOUT_VERSION;
    reader->act_count = reader->malformed ? 0 : row.data[AT_ACTS];
    reader->time_ms = reader->malformed ? 0 : (int64_t)get_u64(row.data + AT_TIME);
    for (size_t i = 0; i < reader->act_count && !reader->malformed; i++)
        reader->malformed = !take_act(&rest, &reader->acts[i]);
    reader->rest = rest;
    return !reader->malformed;
}

bool access_reader_next(struct access_reader *reader, struct access_entry *out_entry)
{
    uint64_t person, after_ms, count;
    struct bytes act;
    if (reader->malformed || reader->rest.len == 0)
        return false;
    reader->malformed = !take_varint(&reader->rest, &person) || person > INT64_MAX - reader->person ||
                        !take(&reader->rest, 1, &act) || act.data[0] >= reader->act_count ||
                        !take_varint(&reader->rest, &after_ms) || after_ms > MOST_SPAN_MS ||
                        !take_varint(&reader->rest, &count) || count == 0 || count > UINT32_MAX;
    if (reader->malformed)
        return false;
    reader->person += person;
    *out_entry = (struct access_entry){
        .person = reader->person,
        .time_ms = (int64_t)((uint64_t)reader->time_ms + after_ms),
        .act = act.data[0],
        .count = (uint32_t)count,
    };
    return true;
}

/* Checking. */

bool access_row_follows(const struct access_position *before, uint64_t number, struct bytes row)
{
    uint8_t digest[STORE_DIGEST_BYTES];
    if (number != before->row + 1 || row.len <= PREFIX_BYTES)
        return false;
    row_digest(before, bytes_of(row.data + AT_VERSION, row.len - AT_VERSION), digest);
    return memcmp(digest, row.data, sizeof digest) == 0;
}

/** Each must be found by its person. `looked_up` counts them. */
static const char *check_entries(struct store_txn *txn, uint64_t number, struct bytes row, size_t *looked_up)
{
    struct access_reader reader;
    struct access_entry entry;
    struct bytes value;
    struct key key;
    access_reader_open(&reader, row);
    while (access_reader_next(&reader, &entry)) {
        person_key(&key, entry.person, number);
        ++*looked_up;
        if (entry.person && !index_get_unique(txn, store_access_by_person(), key_bytes(&key), &value))
            return "row is not found by a person in it";
    }
    return reader.malformed ? "row is malformed" : NULL;
}

static const char *check_row(const struct store_cursor *cursor, struct access_position *at, size_t *looked_up)
{
    if (cursor->key.len != 8)
        return "key is not a number";
    uint64_t number = get_u64(cursor->key.data);
    if (number != at->row + 1)
        return "row is missing";
    if (!access_row_follows(at, number, cursor->value))
        return "row does not follow the one before it: it was altered, or that one was";
    const char *problem = check_entries(cursor->txn, number, cursor->value, looked_up);
    if (problem)
        return problem;
    at->row = number;
    memcpy(at->digest, cursor->value.data, STORE_DIGEST_BYTES);
    return NULL;
}

const char *access_log_verify(struct store_txn *txn, struct access_position *at, size_t most_rows, size_t most_entries)
{
    const char *problem = NULL;
    size_t looked_up = 0;
    struct key from = key_of_id(at->row + 1);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, store_access_table());
    bool there = store_cursor_seek(&cursor, key_bytes(&from));
    for (size_t i = 0; there && i < most_rows && looked_up < most_entries && !problem; i++) {
        problem = check_row(&cursor, at, &looked_up);
        there = !problem && store_cursor_next(&cursor);
    }
    store_cursor_close(&cursor);
    return problem;
}

/* Walking. */

void access_walk_open(struct access_walk *walk, struct store_txn *txn, uint64_t person, uint64_t from)
{
    *walk = (struct access_walk){.txn = txn, .person = person};
    if (person) {
        walk->prefix = key_of_id(person);
        person_key(&walk->from, person, from);
        index_scan_open(&walk->scan, txn, store_access_by_person(), key_bytes(&walk->prefix), key_bytes(&walk->from),
                        false);
    } else {
        walk->from = key_of_id(from < UINT64_MAX ? from + 1 : from);
        store_cursor_open(&walk->cursor, txn, store_access_table());
    }
}

static bool next_of_all(struct access_walk *walk)
{
    bool there = walk->started ? store_cursor_previous(&walk->cursor)
                               : store_cursor_seek_before(&walk->cursor, key_bytes(&walk->from));
    if (!there)
        return false;
    walk->number = walk->cursor.key.len == 8 ? get_u64(walk->cursor.key.data) : 0;
    walk->row = walk->cursor.value;
    return true;
}

static bool next_of_person(struct access_walk *walk)
{
    if (!index_scan_next(&walk->scan))
        return false;
    walk->number = walk->scan.key.len == 2 * KEY_PERSON_BYTES ? ~get_u64(walk->scan.key.data + KEY_PERSON_BYTES) : 0;
    struct key key = key_of_id(walk->number);
    if (store_get(walk->txn, store_access_table(), key_bytes(&key), &walk->row))
        return true;
    store_txn_fail(walk->txn, FAULT_CORRUPT);
    return false;
}

bool access_walk_next(struct access_walk *walk)
{
    bool there = walk->person ? next_of_person(walk) : next_of_all(walk);
    walk->started = true;
    return there;
}

void access_walk_close(struct access_walk *walk)
{
    if (walk->person)
        index_scan_close(&walk->scan);
    else
        store_cursor_close(&walk->cursor);
}
