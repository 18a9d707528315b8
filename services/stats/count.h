// SPDX-License-Identifier: Apache-2.0
/**
 * Count: goes through what a question asks for, be it kept cells, cells of quarter-hours or the facts themselves, and gives each to whoever counts. What
 * is given is always the same in sum.
 */
#ifndef SERVICES_STATS_COUNT_H
#define SERVICES_STATS_COUNT_H

#include "services/stats/question.h"

/** Entries that a question looks at: each takes about as long, a third of a second for all. */
enum {
    COUNT_MOST_CELLS = 2 * 1000 * 1000,
    COUNT_MOST_FACTS = 5 * 1000 * 1000,
};

enum counting {
    COUNTED,
    COUNTED_NOT,    // refused
    COUNTED_FINER,  // the cells of quarter-hours are too coarse for this one, the facts are not
    COUNTED_ENOUGH, // whoever counts wants no more
};

/** Takes one that the question wants, for as long as the call; false: no more, please. */
typedef bool count_use(void *user, uint64_t activity, const struct counted *counted);

/** Gives every cell, of a question whose source is cells. `read` grows by how many were looked at, and is refused beyond COUNT_MOST_CELLS. */
enum counting count_cells(const struct question *question, struct ctx *ctx, count_use *use, void *user, int64_t *read);

/** Gives every fact of an activity after `after`, in the order of their ids; looks at `most` of them. `out_last`: the last one looked at; 0: all were. */
enum counting count_facts(const struct question *question, struct ctx *ctx, uint64_t after, int64_t most,
                          count_use *use, void *user, int64_t *read, uint64_t *out_last);

#endif
