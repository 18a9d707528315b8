// SPDX-License-Identifier: Apache-2.0
/** `organisation.created` and `organisation.deleted`: at which organisations an activity can be shown. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/id_bits.h"
#include "services/activity/state.h"

struct activity_on_organisation_created_plan {
    uint64_t organisation;
};

struct activity_on_organisation_deleted_plan {
    uint64_t organisation;
};

const struct activity_on_organisation_created_plan *
activity_on_organisation_created_check(const struct activity_service *self, const struct organisation_created *event,
                                       struct ctx *ctx)
{
    (void)self;
    struct activity_on_organisation_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->organisation = event->organisation.organisation;
    return plan;
}

void activity_on_organisation_created_apply(struct activity_service *self,
                                            const struct activity_on_organisation_created_plan *plan, struct ctx *ctx)
{
    (void)self;
    id_bits_set(ctx, &activity_organisations, plan->organisation, true);
}

const struct activity_on_organisation_deleted_plan *
activity_on_organisation_deleted_check(const struct activity_service *self, const struct organisation_deleted *event,
                                       struct ctx *ctx)
{
    (void)self;
    struct activity_on_organisation_deleted_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->organisation = event->organisation;
    return plan;
}

void activity_on_organisation_deleted_apply(struct activity_service *self,
                                            const struct activity_on_organisation_deleted_plan *plan, struct ctx *ctx)
{
    (void)self;
    id_bits_set(ctx, &activity_organisations, plan->organisation, false);
}
