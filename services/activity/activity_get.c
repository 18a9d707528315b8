// SPDX-License-Identifier: Apache-2.0
/** `activity.get`: one activity, whole. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/bodies.h"
#include "services/activity/history.h"

bool activity_get_answer(const struct activity_service *self, const struct activity_get *query, struct ctx *ctx,
                         struct activity_get_reply *out_reply)
{
    (void)self;
    if (!history_get(ctx, query->activity, &out_reply->activity)) {
        ctx_refuse(ctx, ERROR_NOT_FOUND, "activity", "there is no activity with this id");
        return false;
    }
    out_reply->activity.body = bodies_get(ctx, query->activity);
    out_reply->activity.has_body = out_reply->activity.body.len > 0;
    return !is_refused(&ctx->refusal);
}
