// SPDX-License-Identifier: Apache-2.0
/**
 * Access log: who saw, changed, exported or erased what is held on whom (domain.md, 6), in a table that every store has. adr/0002
 * says why it is not the journal.
 *
 * Rows are numbered from 1 without a gap, and chained by digests, so that none can be altered, removed or put between others
 * unnoticed; whoever keeps the last one's digest elsewhere can tell whether rows were cut off the end. A row has less than half a
 * page and holds what was gathered within a fraction of a second. The key is its number (u64); the value, numbers big-endian but
 * for the varints (LEB128):
 *
 *      0  [32] digest = BLAKE2b-256(digest of the row before ‖ u64 number ‖ all after this field)
 *     32  u8   version of this layout, 1
 *     33  i64  time_ms: no access of the row was before it
 *     41  u8   number of acts
 *         for each: u8 kind | u8 length, message type | u8 length, actor | u8 length, sender
 *         entries to the end, ascending by person: varint person, less that of the entry before | u8 act |
 *         varint time_ms, less the row's | varint count
 *
 * and the row before the first has a digest of zeros. For example, anna saw the cards of 17 and, twice, of 20:
 *
 *     digest | 01 | 00000192 a51e4800 | 01 | 01 0a person.get 04 anna 02 pk | 11 00 00 01 | 03 00 0c 02
 *
 * An index has person, ~number of each row that has an entry of the person. Rows hold ids and names of staff, and nothing else of
 * the persons: when one is erased they stay as they are, and tell that somebody whose number leads to nobody was looked at.
 */
#ifndef COMMON_SERVICE_ACCESS_LOG_H
#define COMMON_SERVICE_ACCESS_LOG_H

#include "common/store/index.h"
#include "common/store/key.h"
#include "proto/service.gen.h"

enum {
    ACCESS_ROW_BYTES = 2000, // two to a page
    ACCESS_ROW_ACTS = 255,
    ACCESS_TEXT_BYTES = 255, // of a type, an actor, a sender; more is cut off
};

/** What was done, by whom. */
struct access_act {
    enum access_kind kind;
    struct text type; // of the message
    struct text actor;
    struct text sender;
};

/** That an act concerned a person. */
struct access_entry {
    uint64_t person;
    int64_t time_ms;
    uint32_t act; // its place among the acts
    uint32_t count;
};

struct access_position {
    uint64_t row; // 0: before the first
    uint8_t digest[STORE_DIGEST_BYTES];
};

/** Appends rows with the entries, which it sorts and, where they say the same of the same person, makes one. */
void access_log_append(struct store_txn *txn, const struct access_act *acts, struct access_entry *entries,
                       size_t count);

/** The last row of the transaction's view. */
struct access_position access_log_last(struct store_txn *txn);

/** Reads a row's entries. Borrows the value. */
struct access_reader {
    int64_t time_ms;
    size_t act_count;
    struct access_act acts[ACCESS_ROW_ACTS];
    struct bytes rest;
    uint64_t person;
    bool malformed;
};

/** False: it is no row. */
bool access_reader_open(struct access_reader *reader, struct bytes row);

/** The next entry, whose act is one of the reader's; false at the end, or where the row is malformed. */
bool access_reader_next(struct access_reader *reader, struct access_entry *out_entry);

/** Whether `row` is the one that follows `before`. */
bool access_row_follows(const struct access_position *before, uint64_t number, struct bytes row);

/** Checks rows after `at`, which moves to the last that is right: at most so many, and none after so many entries. Returns what is wrong
 *  with the next one: constant; NULL: nothing. `at` must be a row's place and digest, or all zeros. */
const char *access_log_verify(struct store_txn *txn, struct access_position *at, size_t most_rows, size_t most_entries);

/** Walks rows newest first: all, or those that have an entry of a person. Close it before the transaction ends. */
struct access_walk {
    uint64_t number; // of the current row
    struct bytes row;
    // Its own affair:
    struct store_txn *txn;
    uint64_t person; // 0: all
    struct key prefix;
    struct key from;
    struct index_scan scan;
    struct store_cursor cursor;
    bool started;
};

/** Begins at row `from`, or the next older one. */
void access_walk_open(struct access_walk *walk, struct store_txn *txn, uint64_t person, uint64_t from);

/** Moves to the first, then each next row; false at the end. A row that the index names and is not there is a sticky FAULT_CORRUPT. */
bool access_walk_next(struct access_walk *walk);
void access_walk_close(struct access_walk *walk);

#endif
