// SPDX-License-Identifier: Apache-2.0
/** `stats.rebuild`, and `stats.state`, which tells how far that is. */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/comparison.h"
#include "services/stats/cube.h"
#include "services/stats/renewal.h"

struct stats_rebuild_plan {
    char unused;
};

const struct stats_rebuild_plan *stats_rebuild_check(const struct stats_service *self,
                                                     const struct stats_rebuild *command, struct ctx *ctx)
{
    (void)command;
    if (!cube_may_rebuild(self))
        return ctx_refuse(ctx, ERROR_WRONG_STATE, NULL,
                          "The figures are being counted anew already; stats.state tells how far that is.");
    return ctx_alloc(ctx, sizeof(struct stats_rebuild_plan));
}

void stats_rebuild_apply(struct stats_service *self, const struct stats_rebuild_plan *plan, struct ctx *ctx,
                         struct stats_rebuild_reply *out_reply)
{
    (void)plan;
    cube_rebuild(self, ctx->txn);
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
}

/** 0: there are none. */
static uint64_t last_activity(struct ctx *ctx)
{
    struct store_cursor cursor;
    uint64_t last = 0;
    store_cursor_open(&cursor, ctx->txn, &stats_facts.table);
    if (store_cursor_last(&cursor))
        last = get_u64(cursor.key.data) * BLOCK_ROWS + (BLOCK_ROWS - 1);
    store_cursor_close(&cursor);
    return last;
}

bool stats_state_answer(const struct stats_service *self, const struct stats_state *query, struct ctx *ctx,
                        struct stats_state_reply *out_reply)
{
    (void)self;
    (void)query;
    out_reply->has_compared = comparison_read(ctx, &out_reply->compared);
    const struct cube cube = cube_read(ctx->txn);
    out_reply->figures = cube.has_figures && !renewal_is_under_way(ctx->txn);
    out_reply->rebuilding = cube.is_wanted;
    out_reply->has_counted_percent = cube.is_wanted;
    uint64_t last = last_activity(ctx);
    if (cube.is_wanted && cube.step >= CUBE_COUNTS && last > 0)
        out_reply->counted_percent = (int64_t)(100 * (cube.upto < last ? cube.upto : last) / last);
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
    return stats_is_sound(ctx);
}
