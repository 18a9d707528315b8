// SPDX-License-Identifier: Apache-2.0
/** `type.created`, `type.updated`: the types that figures are kept for. */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/state.h"

struct stats_on_type_created_plan {
    struct activity_type type;
};

struct stats_on_type_updated_plan {
    struct activity_type type;
};

const struct stats_on_type_created_plan *stats_on_type_created_check(const struct stats_service *self,
                                                                     const struct type_created *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_type_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->type = event->type;
    return plan;
}

void stats_on_type_created_apply(struct stats_service *self, const struct stats_on_type_created_plan *plan,
                                 struct ctx *ctx)
{
    (void)self;
    row_put(ctx, &stats_types, &activity_type_row_desc, plan->type.type, &plan->type);
}

const struct stats_on_type_updated_plan *stats_on_type_updated_check(const struct stats_service *self,
                                                                     const struct type_updated *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_type_updated_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->type = event->type;
    return plan;
}

void stats_on_type_updated_apply(struct stats_service *self, const struct stats_on_type_updated_plan *plan,
                                 struct ctx *ctx)
{
    (void)self;
    row_put(ctx, &stats_types, &activity_type_row_desc, plan->type.type, &plan->type);
}
