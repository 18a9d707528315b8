// SPDX-License-Identifier: Apache-2.0
/** `activity.finish`: sets the end, and done with it; and plans the next one. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_rules.h"
#include "services/activity/employees.h"
#include "services/activity/history.h"
#include "services/activity/id_bits.h"
#include "services/activity/persons.h"

struct activity_finish_plan {
    struct activity_change change;
    bool has_next;
    struct activity next; // without id and revision
};

/** What the plan does not say is as it was: the type, the priority, who does it if he still works here, and the organisation if there is one still. */
static bool plan_next(struct ctx *ctx, const struct activity *finished, const struct planned_activity *planned,
                      struct activity *out_next)
{
    uint64_t assignee = finished->has_assignee ? persons_lead(ctx, finished->assignee) : 0;
    bool keeps_assignee = finished->has_assignee && employees_has(ctx, assignee);
    bool keeps_organisation =
        finished->has_organisation && id_bits_has(ctx, &activity_organisations, finished->organisation);
    *out_next = (struct activity){
        .has_person = finished->has_person,
        .person = persons_lead(ctx, finished->person), // while they go over it is the kept one's at once
        .type = planned->has_type ? planned->type : finished->type,
        .subject = planned->subject,
        .has_body = planned->has_body,
        .body = planned->body,
        .status = ACTIVITY_STATUS_NOT_STARTED,
        .start_ms = planned->has_start_ms ? planned->start_ms
                    : planned->has_due_ms ? planned->due_ms
                                          : ctx->now_ms,
        .has_due_ms = planned->has_due_ms,
        .due_ms = planned->due_ms,
        .has_priority = planned->has_priority || finished->has_priority,
        .priority = planned->has_priority ? planned->priority : finished->priority,
        .has_assignee = planned->has_assignee || keeps_assignee,
        .assignee = planned->has_assignee ? planned->assignee
                    : keeps_assignee      ? finished->assignee
                                          : 0,
        .has_organisation = keeps_organisation,
        .organisation = keeps_organisation ? finished->organisation : 0,
        .has_previous = true,
        .previous = finished->activity,
        .origin = ORIGIN_MANUAL,
        .created_ms = ctx->now_ms,
        .has_created_by = ctx->actor.len > 0,
        .created_by = ctx->actor,
    };
    bool is_right = activity_rules_check(ctx, NULL, out_next);
    if (!is_right)
        refusal_within(&ctx->refusal, "next");
    return is_right;
}

const struct activity_finish_plan *activity_finish_check(const struct activity_service *self,
                                                         const struct activity_finish *command, struct ctx *ctx)
{
    (void)self;
    struct activity_finish_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan ||
        !history_get_to_change(ctx, command->activity, command->has_revision, command->revision, &plan->change))
        return NULL;
    struct activity *now = &plan->change.now;
    if (now->status == ACTIVITY_STATUS_DONE)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "activity", "the activity is done already");
    int64_t earliest_ms = now->start_ms > ctx->now_ms ? now->start_ms : ctx->now_ms;
    now->status = ACTIVITY_STATUS_DONE;
    now->has_end_ms = true;
    now->end_ms = command->has_end_ms ? command->end_ms : earliest_ms;
    if (command->has_result) {
        now->has_result = command->result.len > 0;
        now->result = command->result;
    }
    plan->has_next = command->has_next;
    if (!activity_rules_check(ctx, &plan->change.before, now) ||
        (plan->has_next && !plan_next(ctx, &plan->change.before, &command->next, &plan->next)))
        return NULL;
    return plan;
}

void activity_finish_apply(struct activity_service *self, const struct activity_finish_plan *plan, struct ctx *ctx,
                           struct activity_finish_reply *out_reply)
{
    *out_reply = (struct activity_finish_reply){
        .activity = plan->change.now.activity,
        .revision = history_change(self, ctx, &plan->change),
        .has_planned = plan->has_next,
        .planned = plan->has_next ? history_add(self, ctx, &plan->next) : 0,
    };
}
