// SPDX-License-Identifier: Apache-2.0
/** `activity.reassign`: gives an activity, or what an employee still has to do, to another one. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/employees.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"
#include "services/activity/tasks.h"

enum { MOST = 500 };

struct activity_reassign_plan {
    size_t count;
    struct activity_change *changes;
    bool more;
};

static bool find_one(struct ctx *ctx, const struct activity_reassign *command, struct activity_reassign_plan *plan)
{
    plan->count = 1;
    return history_get_to_change(ctx, command->activity, command->has_revision, command->revision, &plan->changes[0]);
}

static bool find_many(struct ctx *ctx, const struct activity_reassign *command, size_t most,
                      struct activity_reassign_plan *plan)
{
    uint64_t activities[MOST];
    plan->count = tasks_list(ctx, command->from, most, activities, &plan->more);
    for (size_t i = 0; i < plan->count; i++)
        if (!history_begin_change(ctx, activities[i], &plan->changes[i])) {
            ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A listed activity has no row; an operator has to restore the store.");
            return false;
        }
    return true;
}

static bool check_choice(struct ctx *ctx, const struct activity_reassign *command, uint64_t to)
{
    if (command->has_activity == command->has_from)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "activity", "give either an activity or the employee whose tasks go over");
    else if (command->has_from && command->has_revision)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "revision", "is of one activity; leave it out when many go over");
    else if (command->has_from && command->from == to)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "to", "is the one who has them; name another employee");
    return !is_refused(&ctx->refusal);
}

const struct activity_reassign_plan *activity_reassign_check(const struct activity_service *self,
                                                             const struct activity_reassign *command, struct ctx *ctx)
{
    (void)self;
    size_t most = command->has_activity ? 1 : command->has_limit ? (size_t)command->limit : MOST;
    uint64_t to = command->has_to ? persons_lead(ctx, command->to) : 0;
    struct activity_reassign_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !check_choice(ctx, command, to) || (to && !employees_check(ctx, "to", to)))
        return NULL;
    plan->changes = ctx_alloc_array(ctx, most, sizeof *plan->changes);
    if (!plan->changes || !(command->has_activity ? find_one(ctx, command, plan) : find_many(ctx, command, most, plan)))
        return NULL;
    for (size_t i = 0; i < plan->count; i++) {
        plan->changes[i].now.has_assignee = to != 0;
        plan->changes[i].now.assignee = to;
    }
    return plan;
}

void activity_reassign_apply(struct activity_service *self, const struct activity_reassign_plan *plan, struct ctx *ctx,
                             struct activity_reassign_reply *out_reply)
{
    for (size_t i = 0; i < plan->count; i++)
        history_change(self, ctx, &plan->changes[i]);
    *out_reply = (struct activity_reassign_reply){.reassigned = (int64_t)plan->count, .more = plan->more};
}
