// SPDX-License-Identifier: Apache-2.0
/**
 * Sums: what a batch adds to cells, each cell once. Of a page of events that is followed most meet in the cells of few days. An event is added to
 * the finest roll-ups alone; what these come to is added to the coarser ones at the end (struct rollup, `finer`), level by level, so that
 * 27 cells of an event cost eight additions of numbers and a share of the keys that the batch writes.
 */
#ifndef SERVICES_STATS_SUMS_H
#define SERVICES_STATS_SUMS_H

#include "services/stats/rollups.h"

struct sums;

/** Gives; NULL: no memory. */
struct sums *sums_new(void);
void sums_free(struct sums *sums);

/** Takes `old` out of every roll-up of the cube and counts `now` in; either may be NULL. Cells that stay the same are left alone. */
void sums_count(struct sums *sums, struct store_txn *txn, unsigned cube, const struct amount *old,
                const struct amount *now);

/** Adds all to the cells: before the commit, and before anybody in the batch reads them. */
void sums_flush(struct sums *sums, struct store_txn *txn);

/** The batch is gone. */
void sums_forget(struct sums *sums);

#endif
