// SPDX-License-Identifier: Apache-2.0
/** Tally: the cells of one answer while they are counted, by what the question groups by. */
#ifndef SERVICES_STATS_TALLY_H
#define SERVICES_STATS_TALLY_H

#include "services/stats/question.h"

enum { TALLY_GROUPS = 2 }; // dimensions, at most

struct tally_cell {
    int64_t values[TALLY_GROUPS]; // of the question's dimensions
    int64_t sum;                  // figures_sum
    int64_t previous;             // the same of the period before
};

/** Where a cell is: cells of many groups are far apart in memory, and most that are not the one looked for need not be fetched. */
struct tally_slot {
    uint32_t tag;   // a part of the hash
    uint32_t place; // of the cell plus one; 0: free
};

/** The sums of a person whose id is the place: ids are given in sequence, so most places are taken, and nobody has to be looked for. */
struct tally_dense {
    int64_t sum;
    int64_t previous;
};

enum { TALLY_WAITING = 32 };

/** What is added, but not yet in its cell: several are fetched side by side. */
struct tally_waiting {
    int64_t values[TALLY_GROUPS];
    int64_t sum;
    bool is_dense;
    uint64_t hash; // unless it is
};

struct tally {
    const struct question *question;
    size_t most;      // cells
    bool is_of_top;   // only the greatest are told
    bool is_previous; // what is added is of the period before
    struct tally_cell total;
    size_t count;
    size_t capacity; // of cells
    struct tally_cell *cells;
    struct tally_slot *slots;
    size_t slot_count;
    bool has_no_memory;
    size_t waiting_count;
    struct tally_waiting waiting[TALLY_WAITING];
    size_t dense_count; // of persons alone: a place for each id below it
    struct tally_dense *dense;
};

/** Borrows `question`. Takes memory as cells come: tally_close. */
void tally_open(struct tally *tally, const struct question *question, size_t most);
void tally_close(struct tally *tally);

/** Takes all counts back; while the period before is counted, those of that alone. */
void tally_clear(struct tally *tally);

void tally_add_total(struct tally *tally, int64_t sum);

/** Adds to one group; what is added may be less than nothing. False: more cells than `most`, or `has_no_memory`; perhaps only tally_settle tells. */
bool tally_add(struct tally *tally, const int64_t values[TALLY_GROUPS], int64_t sum);

/** All that was added of a period is where it belongs then. False as tally_add. */
bool tally_settle(struct tally *tally);

/** All that was added of all periods is in the cells then, those that came to nothing not; nothing is added any more. False as tally_add. */
bool tally_end(struct tally *tally);

/** Puts the cells in the order of the question's dimensions. */
void tally_sort(struct tally *tally);

/** Puts the `count` first that have the most; of as many, in the order of the dimensions. The others follow in no order. */
void tally_sort_by(struct tally *tally, enum measure measure, size_t count);

#endif
