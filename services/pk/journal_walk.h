// SPDX-License-Identifier: Apache-2.0
/**
 * Journal walk: reads a service's journal over the bus, page by page, checking that each record is the one that follows the last:
 * dense, whole, and chained by its digest. One walk is one reader; it keeps no memory.
 */
#ifndef SERVICES_PK_JOURNAL_WALK_H
#define SERVICES_PK_JOURNAL_WALK_H

#include "common/store/journal.h"
#include "proto/service.gen.h"

struct journal_walk {
    struct journal_position at; // the last record that was taken
    bool digest_known;          // of `at`; not where a walk began in the middle
    bool store_known;           // the first page tells whose journal it is
    uint8_t store[STORE_ID_BYTES];
    int64_t epoch;
    uint64_t last_seq; // of the journal, as the last page told
};

/** What is done with a record; false ends the walk before the next one. */
typedef bool (*journal_taker)(void *self, const struct journal_record *record);

/** A walk of what comes after `after`; 0: from the beginning. */
void journal_walk_init(struct journal_walk *walk, uint64_t after);

/** The question for the next page, waiting for something to come. Borrows the walk until it is answered. */
struct journal_read journal_walk_query(const struct journal_walk *walk, int64_t limit, int64_t wait_ms);

/** Takes a page. Returns NULL, or what is wrong with it: constant; the walk then stays before the record that is wrong. */
const char *journal_walk_take(struct journal_walk *walk, const struct journal_read_reply *page, journal_taker taker,
                              void *self);

#endif
