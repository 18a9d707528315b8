// SPDX-License-Identifier: Apache-2.0
/** Tally: the cells of one answer while they are counted, by what the question groups by. Memory of the answer's arena. */
#ifndef SERVICES_STATS_TALLY_H
#define SERVICES_STATS_TALLY_H

#include "services/stats/question.h"

struct tally {
    const struct question *question;
    struct figure_cell total;
    size_t count;
    struct figure_cell *cells;
    uint32_t *slots; // index of the cell plus one; 0: free
    size_t slot_count;
};

/** False after a refusal for want of memory. Borrows `question`. */
bool tally_open(struct tally *tally, const struct question *question, struct ctx *ctx);

/** Takes all counts back. */
void tally_clear(struct tally *tally);

/** Counts in one group; what the question does not group by is ignored. False: more cells than the question's limit. */
bool tally_add(struct tally *tally, uint64_t type, uint64_t person, int32_t day, struct figures figures);

/** Puts the cells in the order of the question's dimensions. */
void tally_sort(struct tally *tally);

#endif
