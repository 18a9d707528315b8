// SPDX-License-Identifier: Apache-2.0
/**
 * Comparison: the cells that are kept beside those that were counted anew, all of them, in slices. Both cubes change in the same transactions, so that a
 * cell that differs in any of these slices is wrong. Its state is in memory: after a start, or a batch that failed, it begins again. One thread.
 */
#ifndef SERVICES_STATS_COMPARISON_H
#define SERVICES_STATS_COMPARISON_H

#include "proto/stats.gen.h"
#include "services/stats/state.h"

struct comparison;

/** Gives; NULL: no memory. */
struct comparison *comparison_new(void);
void comparison_free(struct comparison *comparison);

/** From the first cell again. */
void comparison_begin(struct comparison *comparison);

/** Compares up to `most` cells of what the transaction has; false: no others were left. */
bool comparison_slice(struct comparison *comparison, struct store_txn *txn, unsigned kept_cube, unsigned counted_cube,
                      size_t most);

/** Writes what came out of it, in place of what came out of the one before. */
void comparison_write(const struct comparison *comparison, struct ctx *ctx);

/** What came out of the last one. False: there was none. */
bool comparison_read(struct ctx *ctx, struct figure_comparison *out_result);

#endif
