// SPDX-License-Identifier: Apache-2.0
/** `activity.create`: writes an activity on a card. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_rules.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"

struct activity_create_plan {
    struct activity activity; // without id and revision
};

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
        .status = command->has_status   ? command->status
                  : command->has_end_ms ? ACTIVITY_STATUS_DONE
                                        : ACTIVITY_STATUS_NOT_STARTED,
        .start_ms = command->has_start_ms ? command->start_ms : ctx->now_ms,
        .has_end_ms = command->has_end_ms,
        .end_ms = command->end_ms,
        .has_due_ms = command->has_due_ms,
        .due_ms = command->due_ms,
        .has_priority = command->has_priority,
        .priority = command->priority,
        .has_assignee = command->has_assignee,
        .assignee = command->assignee,
        .has_result = command->has_result && command->result.len > 0,
        .result = command->result,
        .has_organisation = command->has_organisation,
        .organisation = command->organisation,
        .origin = ORIGIN_MANUAL,
        .created_ms = ctx->now_ms,
        .has_created_by = ctx->actor.len > 0,
        .created_by = ctx->actor,
    };
    return activity_rules_check(ctx, NULL, &plan->activity) && activity_rule_person(ctx, plan->activity.person) ? plan
                                                                                                                : NULL;
}

void activity_create_apply(struct activity_service *self, const struct activity_create_plan *plan, struct ctx *ctx,
                           struct activity_create_reply *out_reply)
{
    *out_reply = (struct activity_create_reply){.activity = history_add(self, ctx, &plan->activity), .revision = 1};
}
