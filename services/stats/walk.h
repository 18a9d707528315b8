// SPDX-License-Identifier: Apache-2.0
/**
 * Walk: the cells of a roll-up whose parts lie in given ranges, in key order. What lies outside is leapt over, not read: a
 * period of one type costs its days, and a period of all types a leap for each.
 */
#ifndef SERVICES_STATS_WALK_H
#define SERVICES_STATS_WALK_H

#include "services/stats/question.h"

struct walk {
    struct store_txn *txn;
    const struct rollup *rollup;
    unsigned cube;
    uint8_t head;                          // of the roll-up's keys
    struct range ranges[ROLLUP_MAX_PARTS]; // of the roll-up's parts
    struct index_scan scan;
    struct key from; // the scan's
    struct cell_key cell;
    int64_t sum;  // of figures
    int64_t read; // cells looked at so far
    int64_t most; // of them
};

/** Borrows `txn` until walk_close. The walk must not be moved. */
void walk_open(struct walk *walk, struct store_txn *txn, unsigned cube, const struct segment *segment, int64_t most);

/** Moves to the next cell, which is then in `cell` and `sum`. False at the end, when `read` passed `most`,
 *  and after a fault, which is the transaction's. */
bool walk_next(struct walk *walk);
void walk_close(struct walk *walk);

#endif
