// SPDX-License-Identifier: Apache-2.0
/** `activity.created`, `.updated`, `.moved` to another person and `.deleted`: the facts that are counted. */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/fact_changes.h"

struct stats_on_activity_created_plan {
    struct fact_change change;
};

struct stats_on_activity_updated_plan {
    struct fact_change change;
};

struct stats_on_activity_moved_plan {
    struct fact_change change;
};

struct stats_on_activity_deleted_plan {
    struct fact_change change;
};

const struct stats_on_activity_created_plan *
stats_on_activity_created_check(const struct stats_service *self, const struct activity_created *event, struct ctx *ctx)
{
    struct stats_on_activity_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        fact_change_plan(self, ctx, event->activity.activity, &event->activity, &plan->change);
    return plan;
}

void stats_on_activity_created_apply(struct stats_service *self, const struct stats_on_activity_created_plan *plan,
                                     struct ctx *ctx)
{
    fact_change_apply(self, ctx, &plan->change);
}

const struct stats_on_activity_updated_plan *
stats_on_activity_updated_check(const struct stats_service *self, const struct activity_updated *event, struct ctx *ctx)
{
    struct stats_on_activity_updated_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        fact_change_plan(self, ctx, event->activity.activity, &event->activity, &plan->change);
    return plan;
}

void stats_on_activity_updated_apply(struct stats_service *self, const struct stats_on_activity_updated_plan *plan,
                                     struct ctx *ctx)
{
    fact_change_apply(self, ctx, &plan->change);
}

const struct stats_on_activity_moved_plan *
stats_on_activity_moved_check(const struct stats_service *self, const struct activity_moved *event, struct ctx *ctx)
{
    struct stats_on_activity_moved_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        fact_change_plan(self, ctx, event->activity.activity, &event->activity, &plan->change);
    return plan;
}

void stats_on_activity_moved_apply(struct stats_service *self, const struct stats_on_activity_moved_plan *plan,
                                   struct ctx *ctx)
{
    fact_change_apply(self, ctx, &plan->change);
}

const struct stats_on_activity_deleted_plan *
stats_on_activity_deleted_check(const struct stats_service *self, const struct activity_deleted *event, struct ctx *ctx)
{
    struct stats_on_activity_deleted_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        fact_change_plan(self, ctx, event->activity, NULL, &plan->change);
    return plan;
}

void stats_on_activity_deleted_apply(struct stats_service *self, const struct stats_on_activity_deleted_plan *plan,
                                     struct ctx *ctx)
{
    fact_change_apply(self, ctx, &plan->change);
}
