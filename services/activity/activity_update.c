// SPDX-License-Identifier: Apache-2.0
/** `activity.update`: changes what is given and keeps the rest; `activity.reopen`: opens one that is done. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_rules.h"
#include "services/activity/history.h"

struct activity_update_plan {
    struct activity_change change;
};

struct activity_reopen_plan {
    struct activity_change change;
};

/** What was sent, and when, stays as it was. */
static bool check_send(struct ctx *ctx, const struct activity *before, const struct activity_update *command)
{
    static const char *const message =
        "is what was sent, and cannot be changed; only due_ms, priority, assignee, result and "
        "organisation of it can";
    const char *field = command->has_type                              ? "type"
                        : command->has_subject                         ? "subject"
                        : command->has_body || command->clear_body     ? "body"
                        : command->has_status                          ? "status"
                        : command->has_start_ms                        ? "start_ms"
                        : command->has_end_ms || command->clear_end_ms ? "end_ms"
                                                                       : NULL;
    if (before->origin != ORIGIN_MANUAL && field)
        ctx_refuse(ctx, ERROR_WRONG_STATE, field, message);
    return !is_refused(&ctx->refusal);
}

/** An end makes it done, and that it is taken away makes it open, unless the command says how it is. */
static void follow_end(const struct activity_update *command, struct activity *now)
{
    if (command->has_status)
        return;
    if (command->has_end_ms)
        now->status = ACTIVITY_STATUS_DONE;
    else if (command->clear_end_ms && now->status == ACTIVITY_STATUS_DONE)
        now->status = ACTIVITY_STATUS_IN_PROGRESS;
}

const struct activity_update_plan *activity_update_check(const struct activity_service *self,
                                                         const struct activity_update *command, struct ctx *ctx)
{
    struct activity_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan ||
        !history_get_to_change(ctx, command->activity, command->has_revision, command->revision, &plan->change) ||
        !check_send(ctx, &plan->change.before, command))
        return NULL;
    struct activity *now = &plan->change.now;
    taking_take(&self->update_fields, command, now);
    plan->change.has_new_body = command->has_body || command->clear_body;
    now->has_body = command->has_body;
    now->body = command->body;
    now->has_result = now->has_result && now->result.len > 0;
    follow_end(command, now);
    return activity_rules_check(ctx, &plan->change.before, now) ? plan : NULL;
}

void activity_update_apply(struct activity_service *self, const struct activity_update_plan *plan, struct ctx *ctx,
                           struct activity_update_reply *out_reply)
{
    *out_reply = (struct activity_update_reply){
        .activity = plan->change.now.activity,
        .revision = history_change(self, ctx, &plan->change),
    };
}

const struct activity_reopen_plan *activity_reopen_check(const struct activity_service *self,
                                                         const struct activity_reopen *command, struct ctx *ctx)
{
    (void)self;
    struct activity_reopen_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan ||
        !history_get_to_change(ctx, command->activity, command->has_revision, command->revision, &plan->change))
        return NULL;
    struct activity *now = &plan->change.now;
    if (now->status != ACTIVITY_STATUS_DONE)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "activity", "the activity is not done; it is open already");
    if (now->origin != ORIGIN_MANUAL)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "activity", "the activity came from a send, and stays done");
    if (command->has_status && command->status == ACTIVITY_STATUS_DONE)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "status", "is what it was; give not_started or in_progress");
    now->status = command->has_status ? command->status : ACTIVITY_STATUS_IN_PROGRESS;
    now->has_end_ms = false;
    now->end_ms = 0;
    return activity_rules_check(ctx, &plan->change.before, now) ? plan : NULL;
}

void activity_reopen_apply(struct activity_service *self, const struct activity_reopen_plan *plan, struct ctx *ctx,
                           struct activity_reopen_reply *out_reply)
{
    *out_reply = (struct activity_reopen_reply){
        .activity = plan->change.now.activity,
        .revision = history_change(self, ctx, &plan->change),
    };
}
