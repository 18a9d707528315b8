// SPDX-License-Identifier: Apache-2.0
#include "services/activity/times.h"

#include "common/base/date.h"

enum { DAY_MS = 24 * 3600 * 1000 };

bool times_check(struct ctx *ctx, const char *field, int64_t time_ms)
{
    int64_t day = time_ms / DAY_MS - (time_ms % DAY_MS < 0);
    if (!date_in_range(day))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, field,
                   "is outside the years 1800 to 9999; give milliseconds since 1970 (UTC)");
    return !is_refused(&ctx->refusal);
}

bool times_check_end(struct ctx *ctx, int64_t start_ms, int64_t end_ms)
{
    if (end_ms < start_ms)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "end_ms",
                   "is before the activity's start; give a later end (a start that is not given is now)");
    return !is_refused(&ctx->refusal) && times_check(ctx, "end_ms", end_ms);
}
