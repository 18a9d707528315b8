// SPDX-License-Identifier: Apache-2.0
#include "services/activity/activity_rules.h"

#include <inttypes.h>
#include <stdio.h>

#include "services/activity/employees.h"
#include "services/activity/id_bits.h"
#include "services/activity/persons.h"
#include "services/activity/times.h"
#include "services/activity/types.h"

bool activity_rule_person(struct ctx *ctx, uint64_t person)
{
    if (!persons_has(ctx, person))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "person", "there is no person with this id");
    return !is_refused(&ctx->refusal);
}

static void refuse_merged(struct ctx *ctx, uint64_t into)
{
    char message[100];
    snprintf(message, sizeof message, "the activity type was merged into another one; choose that, %" PRIu64, into);
    ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "type", message);
}

bool activity_rule_type(struct ctx *ctx, uint64_t type)
{
    struct activity_type row;
    if (!types_choose(ctx, "type", type, &row))
        return false;
    if (row.has_merged_into)
        refuse_merged(ctx, row.merged_into);
    else if (!row.active)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "type",
                   "the activity type is deactivated and cannot be newly chosen; choose another or activate it");
    return !is_refused(&ctx->refusal);
}

static bool check_organisation(struct ctx *ctx, uint64_t organisation)
{
    if (!id_bits_has(ctx, &activity_organisations, organisation))
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, "organisation",
                   "there is no such organisation; organisation.list shows those there are");
    return !is_refused(&ctx->refusal);
}

static bool check_times(struct ctx *ctx, const struct activity *now)
{
    return (!now->has_due_ms || times_check(ctx, "due_ms", now->due_ms)) &&
           times_check(ctx, "start_ms", now->start_ms) &&
           (!now->has_end_ms || times_check_end(ctx, now->start_ms, now->end_ms));
}

/** Done if and only if there is an end. */
static bool check_status(struct ctx *ctx, const struct activity *now)
{
    bool done = now->status == ACTIVITY_STATUS_DONE;
    if (done && !now->has_end_ms)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "status", "done needs end_ms; give it, or another status");
    else if (!done && now->has_end_ms)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "status",
                   "an activity that has end_ms is done; give that status, or leave end_ms out or take it away");
    return !is_refused(&ctx->refusal);
}

/** What a merged employee did stays his; what is to be done is the kept one's. */
static bool check_assignee(struct ctx *ctx, const struct activity *before, struct activity *now)
{
    if (!now->has_assignee)
        return true;
    uint64_t kept = persons_lead(ctx, now->assignee);
    bool has_him = before && before->has_assignee && persons_lead(ctx, before->assignee) == kept;
    if (!has_him || now->status != ACTIVITY_STATUS_DONE)
        now->assignee = kept;
    return has_him || employees_check(ctx, "assignee", kept);
}

bool activity_rules_check(struct ctx *ctx, const struct activity *before, struct activity *now)
{
    bool has_type = before && before->type == now->type;
    bool has_organisation =
        !now->has_organisation || (before && before->has_organisation && before->organisation == now->organisation);
    return check_times(ctx, now) && check_status(ctx, now) && (has_type || activity_rule_type(ctx, now->type)) &&
           check_assignee(ctx, before, now) && (has_organisation || check_organisation(ctx, now->organisation));
}
