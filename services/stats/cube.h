// SPDX-License-Identifier: Apache-2.0
/**
 * Cube: the cells of all roll-ups, kept as facts and persons change. There are two, and one of them at most holds the figures: the other is empty, or
 * being counted anew from the facts in slices, while events go on and questions are answered. When it holds all, it is compared
 * with the one that has the figures (comparison.h); then they come from it, and the former one is cleared.
 *
 *     row "cube" of `layout` → u8 state, u64 the last activity that the new cube has, and what the cells of the cubes depend on
 *
 * What they depend on is the table of roll-ups and the default zone: a store that was counted by another one is counted anew, and has no figures
 * until it is. A start goes on where the one before was ended, by whatever.
 *
 * A person's attributes count as they are now: cube_move takes his cells from what they were to what they are, in the
 * transaction that changes them.
 */
#ifndef SERVICES_STATS_CUBE_H
#define SERVICES_STATS_CUBE_H

#include "services/stats/facts.h"

enum cube_step {
    CUBE_RESTS,
    CUBE_CLEARS, // the cube that has no figures
    CUBE_COUNTS, // it is counted anew
    CUBE_COMPARES,
};

struct cube {
    bool has_figures; // the active one does
    unsigned active;
    enum cube_step step;
    bool is_wanted; // the other one is to be counted, once it is cleared
    uint64_t upto;  // counting, comparing: the last activity that the other one has
};

/** What a start finds, or begins with. Logs. The commit's faults. */
enum fault cube_open(struct stats_service *self);
void cube_close(struct stats_service *self);

/** As the view has it. */
struct cube cube_read(struct store_txn *txn);

/** The cube whose cells are the figures; false when there is none, and then the query is refused as busy. */
bool cube_of_figures(struct ctx *ctx, unsigned *out_cube);

/* The command loop's side. */

/** An activity's fact changes; `old` or `now` is NULL when there is none. */
void cube_count(struct stats_service *self, struct store_txn *txn, uint64_t activity, const struct fact *old,
                const struct fact *now);

/** Moves the cells of persons whose attributes the batch changes (persons.h). At its end. */
void cube_move(struct stats_service *self, struct store_txn *txn);

/** Whether it is not being counted anew already; then has it counted anew. */
bool cube_may_rebuild(const struct stats_service *self);
void cube_rebuild(struct stats_service *self, struct store_txn *txn);

/** Facts or persons are about to be removed beside cube_count and cube_move: there are no figures until what is left then is counted. */
void cube_invalidate(struct stats_service *self, struct store_txn *txn);

/** Whether cube_work has something to do; and a slice of it. */
bool cube_has_work(const struct stats_service *self);
void cube_work(struct stats_service *self, struct ctx *ctx);

/** The batch is durable, or gone. */
void cube_committed(struct stats_service *self);
void cube_aborted(struct stats_service *self);

#endif
