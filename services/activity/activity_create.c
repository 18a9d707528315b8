// SPDX-License-Identifier: Apache-2.0
/** `activity.create`: writes an activity on a card. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"
#include "services/activity/times.h"
#include "services/activity/types.h"

struct activity_create_plan {
    struct activity activity; // without id and revision
};

/** Done if and only if there is an end. */
static bool check_status(struct ctx *ctx, const struct activity_create *command, enum activity_status *out_status)
{
    bool done = command->status == ACTIVITY_STATUS_DONE;
    if (command->has_status && done && !command->has_end_ms)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "status", "done needs end_ms; give it, or another status");
    else if (command->has_status && !done && command->has_end_ms)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "status",
                   "an activity that has end_ms is done; give that status, or leave end_ms out");
    else if (command->has_status)
        *out_status = command->status;
    else
        *out_status = command->has_end_ms ? ACTIVITY_STATUS_DONE : ACTIVITY_STATUS_NOT_STARTED;
    return !is_refused(&ctx->refusal);
}

static bool check_type(struct ctx *ctx, uint64_t type)
{
    struct activity_type row;
    if (!types_get(ctx, type, &row))
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, "type", "there is no such activity type; type.list shows those there are");
    else if (!row.active)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "type",
                   "the activity type is deactivated and cannot be newly chosen; choose another or activate it");
    return !is_refused(&ctx->refusal);
}

static bool check_person(struct ctx *ctx, uint64_t person)
{
    if (!persons_has(ctx, person))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "person", "there is no person with this id");
    return !is_refused(&ctx->refusal);
}

const struct activity_create_plan *activity_create_check(const struct activity_service *self,
                                                         const struct activity_create *command, struct ctx *ctx)
{
    (void)self;
    struct activity_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->activity = (struct activity){
        .has_person = true,
        .person = persons_lead(ctx, command->person),
        .type = command->type,
        .subject = command->subject,
        .has_body = command->has_body,
        .body = command->body,
        .start_ms = command->has_start_ms ? command->start_ms : ctx->now_ms,
        .has_end_ms = command->has_end_ms,
        .end_ms = command->end_ms,
        .origin = ORIGIN_MANUAL,
        .created_ms = ctx->now_ms,
        .has_created_by = ctx->actor.len > 0,
        .created_by = ctx->actor,
    };
    if (!times_check(ctx, "start_ms", plan->activity.start_ms) ||
        (command->has_end_ms && !times_check_end(ctx, plan->activity.start_ms, command->end_ms)) ||
        !check_status(ctx, command, &plan->activity.status) || !check_type(ctx, command->type) ||
        !check_person(ctx, plan->activity.person))
        return NULL;
    return plan;
}

void activity_create_apply(struct activity_service *self, const struct activity_create_plan *plan, struct ctx *ctx,
                           struct activity_create_reply *out_reply)
{
    (void)self;
    *out_reply = (struct activity_create_reply){.activity = history_add(ctx, &plan->activity), .revision = 1};
}
