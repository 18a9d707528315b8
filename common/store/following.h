// SPDX-License-Identifier: Apache-2.0
/**
 * What a follower keeps, in the same transaction as the effects of what it followed: how far it has come with each
 * source, and the events it set aside because they could not be applied. Once an event of a subject is set aside, later
 * events of the same source and subject have to be set aside too, so that nothing is applied out of order.
 */
#ifndef COMMON_STORE_FOLLOWING_H
#define COMMON_STORE_FOLLOWING_H

#include "common/store/journal.h"

enum { FOLLOW_CURSOR_BYTES = 512 };

struct follow_position {
    uint8_t store[STORE_ID_BYTES];
    uint64_t epoch;
    struct journal_position at;
};

/** False when this source was never followed. */
bool follow_position_get(struct store_txn *txn, const char *source, struct follow_position *out_position);
void follow_position_put(struct store_txn *txn, const char *source, const struct follow_position *position);

/** Sets an event aside: its raw record and why (a code of proto/errors.toml, no personal data). */
void set_aside_put(struct store_txn *txn, const char *source, const struct journal_record *record, struct text reason);

/** Whether events of this subject wait. */
bool set_aside_has_subject(struct store_txn *txn, const char *source, struct text subject);

uint64_t set_aside_count(struct store_txn *txn, const char *source);

/** The oldest event set aside at or after `from`; its record borrows as store_get. False when there is none. */
bool set_aside_next(struct store_txn *txn, const char *source, uint64_t from, struct journal_record *out_record,
                    struct text *out_reason);

/** Takes it off the list, applied or given up. */
void set_aside_remove(struct store_txn *txn, const char *source, uint64_t seq);

/** Position of the oldest event of this subject that waits; 0: none does. */
uint64_t set_aside_first_of(struct store_txn *txn, const char *source, struct text subject);

/** A snapshot of a source: where its journal was when it began, where the last page ended, and where its journal was then. */
struct follow_snapshot {
    bool has_position; // a page has come
    struct follow_position position;
    uint64_t until; // all have come, and the last one was of this position; 0: not all have
    size_t after_len;
    uint8_t after[FOLLOW_CURSOR_BYTES];
};

/** False: there is none, or it was followed beyond its last page. */
bool follow_snapshot_get(struct store_txn *txn, const char *source, struct follow_snapshot *out_snapshot);
void follow_snapshot_put(struct store_txn *txn, const char *source, const struct follow_snapshot *snapshot);
void follow_snapshot_remove(struct store_txn *txn, const char *source);

/*
 * Beginning anew with a source takes several batches; as long as it is under way, nothing is followed.
 */

/** Notes that what is kept of the source is being removed. */
void follow_reset_begin(struct store_txn *txn, const char *source);
bool follow_reset_is_under_way(struct store_txn *txn, const char *source);

/** Forgets how far the source was followed, and that it was being removed. */
void follow_reset_end(struct store_txn *txn, const char *source);

/**
 * Has the source followed from its first record again, over what is kept: for migrations of services whose events may come again. What was
 * set aside goes, for it comes again, too. Not from a snapshot, which says nothing of what was deleted.
 */
void follow_anew(struct store_txn *txn, const char *source);
bool follow_needs_all(struct store_txn *txn, const char *source);

#endif
