// SPDX-License-Identifier: Apache-2.0
/** Differences: how a cell that is not what was counted is told, a measure each. Stateless. */
#ifndef SERVICES_STATS_DIFFERENCES_H
#define SERVICES_STATS_DIFFERENCES_H

#include "common/base/arena.h"
#include "proto/stats.gen.h"
#include "services/stats/rollups.h"

enum {
    DIFFERENCES_MOST = 100,  // that an answer tells
    DIFFERENCES_OF_CELL = 2, // at most
};

/** Adds those of a cell whose sums (figures_sum) these are; how many. Their texts live in the arena, and are empty when it has no room. */
size_t differences_of(struct arena *arena, const struct rollup *rollup, const struct cell_key *cell, int64_t kept,
                      int64_t counted, struct figure_difference out_differences[DIFFERENCES_OF_CELL]);

#endif
