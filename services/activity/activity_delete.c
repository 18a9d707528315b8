// SPDX-License-Identifier: Apache-2.0
/** `activity.delete`: takes an activity off the card. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/history.h"

struct activity_delete_plan {
    struct activity activity;
};

const struct activity_delete_plan *activity_delete_check(const struct activity_service *self,
                                                         const struct activity_delete *command, struct ctx *ctx)
{
    (void)self;
    struct activity_delete_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan ||
        !history_get_revision(ctx, command->activity, command->has_revision, command->revision, &plan->activity))
        return NULL;
    return plan;
}

void activity_delete_apply(struct activity_service *self, const struct activity_delete_plan *plan, struct ctx *ctx,
                           struct activity_delete_reply *out_reply)
{
    history_delete(self, ctx, &plan->activity);
    *out_reply = (struct activity_delete_reply){.activity = plan->activity.activity};
}
