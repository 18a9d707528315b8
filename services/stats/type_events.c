// SPDX-License-Identifier: Apache-2.0
/** `type.created`, `type.updated`: the types that figures are kept for, and which of them stand for others. */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/changes.h"
#include "services/stats/type_leads.h"

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

/** The type has no figures any more, and the one that stands for it has them all. */
static void merge(struct stats_service *self, struct ctx *ctx, const struct activity_type *type)
{
    type_leads_put(ctx->txn, type->type, type->merged_into);
    changes_note(self->changes, FIGURE_TYPE, type->type);
    changes_note(self->changes, FIGURE_TYPE, type->merged_into);
    changes_note(self->changes, FIGURE_QUESTION, 0);
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
    row_put(ctx, &stats_types, &activity_type_row_desc, plan->type.type, &plan->type);
    if (plan->type.has_merged_into)
        merge(self, ctx, &plan->type);
}
