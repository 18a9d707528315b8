// SPDX-License-Identifier: Apache-2.0
/**
 * Journal: everything that happened in a service, in order, without a gap, in the same transaction as its effect.
 *
 * A record concerns at most one person. Records are chained by digests over header and salted body digest, so that a
 * body can be erased, with its salt, and the chain still verifies. The key is the position (u64); the value, all
 * numbers big-endian:
 *
 *      0  u32  crc32c of all bytes after this field
 *      4  u8   version of this layout, 1
 *      5  u8   flags: 1 = erased
 *      6  u16  length of the header
 *      8  [32] digest = BLAKE2b-256(digest of the record before ‖ u64 position ‖ header ‖ body digest)
 *     40  [16] salt, random; zeros once erased
 *     56  header:
 *           i64 time_ms   u64 person (0: none)   i64 expires_ms (0: remembers no command)
 *           [16] command digest (zeros: none)
 *           u8 length, type     u8 length, subject   u8 length, actor
 *           u8 length, sender   u8 length, id        u8 length, trace
 *           u16 length, reply
 *         body, to the end; once erased: the 32 bytes of its digest
 *
 * where body digest = BLAKE2b-256(salt ‖ body), and the record before the first has a digest of zeros. For example:
 *
 *     cf32ffc4 | 01 | 00 | 005f | 72405b61…096e6d03 | 56e88a22…e6da8ab8 | header:
 *     ffffffff fffffffb | 00000000 00000011 | 0000018b cfee8fc0 | 30313233…63646566
 *     0e person.created | 09 person/17 | 04 anna | 06 loader | 03 c-1 | 06 00-abc | 0005 81a2696411
 *     a body with a name in it
 */
#ifndef COMMON_STORE_JOURNAL_H
#define COMMON_STORE_JOURNAL_H

#include "common/store/store.h"

enum {
    JOURNAL_SALT_BYTES = 16,
    JOURNAL_COMMAND_DIGEST_BYTES = 16,
    JOURNAL_MAX_BODY_BYTES = 1024 * 1024,
    JOURNAL_MAX_REPLY_BYTES = 4096,
};

/** What a record says beside its body. Texts are at most 255 bytes. */
struct journal_header {
    int64_t time_ms; // when it happened, UTC
    uint64_t person; // whom it concerns; 0: nobody
    struct text type;
    struct text subject; // "person/17"
    struct text actor;
    struct text sender; // with id: whose command it was
    struct text id;
    struct text trace;
    int64_t expires_ms;          // with command_digest and reply: in the record that remembers the command
    struct bytes command_digest; // JOURNAL_COMMAND_DIGEST_BYTES or empty
    struct bytes reply;          // encoded body of the reply: ids, seq and revision, never personal data
};

struct journal_record {
    uint64_t seq;
    struct journal_header header;
    struct bytes digest;
    struct bytes salt;
    struct bytes body; // empty once erased
    bool erased;
    struct bytes raw; // the value as stored
};

struct journal_position {
    uint64_t seq;                       // 0: before the first record
    uint8_t digest[STORE_DIGEST_BYTES]; // of the record at seq; zeros at 0
};

/**
 * Appends; returns its position, 0 after a fault. Sticky: FAULT_TOO_LARGE when a part is longer than it may be, and the
 * store's.
 */
uint64_t journal_append(struct store_txn *txn, const struct journal_header *header, struct bytes body);

/**
 * The record at `seq`; borrows as store_get. `out_found` says whether there is one. FAULT_CORRUPT, logged with the
 * position, is not sticky; a fault the transaction has is returned.
 */
enum fault journal_get(struct store_txn *txn, uint64_t seq, struct journal_record *out_record, bool *out_found);

/** Reads a value as stored, checking layout and crc; `out_record` borrows `raw`. FAULT_CORRUPT: it is none. */
enum fault journal_decode(uint64_t seq, struct bytes raw, struct journal_record *out_record);

/** Whether `record` is the one that follows `before`: position and digest. */
bool journal_follows(const struct journal_position *before, const struct journal_record *record);

/** Position and digest of `record`. */
struct journal_position journal_position_of(const struct journal_record *record);

/** Last position of the transaction's view with its digest. */
struct journal_position journal_last(struct store_txn *txn);

/** What a check of the chain found first; `what` is NULL when nothing is wrong. */
struct journal_problem {
    uint64_t seq;     // 0: none
    const char *what; // constant
    uint64_t checked; // records looked at
};

/** Checks every record after `from` up to `to` (0: the last): dense, crc, chain. */
struct journal_problem journal_verify(struct store_txn *txn, struct journal_position from, uint64_t to);

/**
 * Overwrites body and salt with what keeps the chain verifiable; done already is fine. FAULT_CORRUPT, not sticky, when
 * there is no such record or it is damaged; the transaction's fault, if it has one. Free pages keep old bytes until the
 * store is compacted.
 */
enum fault journal_erase(struct store_txn *txn, uint64_t seq);

/** Keyed digest of a command's type and body: tells a repeat from another command under the same id. */
void journal_command_digest(const struct store *store, struct text type, struct bytes body,
                            uint8_t out_digest[JOURNAL_COMMAND_DIGEST_BYTES]);

/** Walks records in order; close before the transaction ends. */
struct journal_cursor {
    struct store_cursor cursor;
    bool started;
    uint64_t after;
};
void journal_cursor_open(struct journal_cursor *cursor, struct store_txn *txn, uint64_t after);
/** False at the end; a record that fails its check is a sticky FAULT_CORRUPT and ends the walk. */
bool journal_cursor_next(struct journal_cursor *cursor, struct journal_record *out_record);
void journal_cursor_close(struct journal_cursor *cursor);

#endif
