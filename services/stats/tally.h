// SPDX-License-Identifier: Apache-2.0
/** Tally: the cells of one answer while they are counted, by what the question groups by. Memory of the answer's arena. */
#ifndef SERVICES_STATS_TALLY_H
#define SERVICES_STATS_TALLY_H

#include "services/stats/question.h"

enum { TALLY_GROUPS = 2 }; // dimensions, at most

struct tally_cell {
    int64_t values[TALLY_GROUPS]; // of the question's dimensions
    struct figures figures;
    struct figures previous; // of the period before
};

struct tally {
    const struct question *question;
    size_t most;      // cells
    bool is_previous; // what is added is of the period before
    struct tally_cell total;
    size_t count;
    struct tally_cell *cells;
    uint32_t *slots; // index of the cell plus one; 0: free
    size_t slot_count;
};

/** False after a refusal for want of memory. Borrows `question`. */
bool tally_open(struct tally *tally, const struct question *question, size_t most, struct ctx *ctx);

/** Takes all counts back; while the period before is counted, those of that alone. */
void tally_clear(struct tally *tally);

void tally_add_total(struct tally *tally, struct figures figures);

/** Adds to one group. False: more cells than `most`. */
bool tally_add(struct tally *tally, const int64_t values[TALLY_GROUPS], struct figures figures);

/** Puts the cells in the order of the question's dimensions. */
void tally_sort(struct tally *tally);

/** Puts those first that have the most; of as many, in the order of the dimensions. */
void tally_sort_by(struct tally *tally, enum measure measure);

#endif
