// SPDX-License-Identifier: Apache-2.0
/** `activity.finish`: sets the end, and done with it. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/history.h"
#include "services/activity/times.h"

struct activity_finish_plan {
    struct activity activity; // as it will be, but for its revision
};

const struct activity_finish_plan *activity_finish_check(const struct activity_service *self,
                                                         const struct activity_finish *command, struct ctx *ctx)
{
    (void)self;
    struct activity_finish_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    struct activity *activity = &plan->activity;
    if (!history_get_revision(ctx, command->activity, command->has_revision, command->revision, activity))
        return NULL;
    if (activity->status == ACTIVITY_STATUS_DONE)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "activity", "the activity is done already");
    int64_t earliest_ms = activity->start_ms > ctx->now_ms ? activity->start_ms : ctx->now_ms;
    activity->status = ACTIVITY_STATUS_DONE;
    activity->has_end_ms = true;
    activity->end_ms = command->has_end_ms ? command->end_ms : earliest_ms;
    return times_check_end(ctx, activity->start_ms, activity->end_ms) ? plan : NULL;
}

void activity_finish_apply(struct activity_service *self, const struct activity_finish_plan *plan, struct ctx *ctx,
                           struct activity_finish_reply *out_reply)
{
    (void)self;
    *out_reply = (struct activity_finish_reply){.activity = plan->activity.activity,
                                                .revision = history_change(ctx, &plan->activity)};
}
