// SPDX-License-Identifier: Apache-2.0
/**
 * `type.merge`: one type stands for another from now on. Activities keep what they were given; wherever they are read, the type that stands for it
 * is said, and asked for (types_lead). Source: domain.md 2, design.md 7.
 */
#include "common/store/alias.h"
#include "proto/activity_dispatch.gen.h"
#include "services/activity/types.h"

struct type_merge_plan {
    struct activity_type type; // as it will be, but for its revision
};

static bool check_pair(struct ctx *ctx, const struct activity_type *type, const struct activity_type *into)
{
    if (type->type == into->type)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "into", "is the same type; name the one that is to stand for it");
    else if (type->has_merged_into)
        ctx_refuse(ctx, ERROR_WRONG_STATE, "type", "was merged into another one already");
    else if (types_is_needed(type->type))
        ctx_refuse(ctx, ERROR_WRONG_STATE, "type", "sends need this type; merge the other one into it");
    else if (into->has_merged_into)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "into",
                   "was merged into another one itself; type.list shows which: name that");
    else if (!into->active)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "into", "is deactivated; activate it first, or name another one");
    return !is_refused(&ctx->refusal);
}

const struct type_merge_plan *type_merge_check(const struct activity_service *self, const struct type_merge *command,
                                               struct ctx *ctx)
{
    struct activity_type into;
    (void)self;
    struct type_merge_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !types_get(ctx, "type", command->type, &plan->type) || !types_get(ctx, "into", command->into, &into) ||
        !check_pair(ctx, &plan->type, &into))
        return NULL;
    plan->type.active = false;
    plan->type.has_merged_into = true;
    plan->type.merged_into = into.type;
    return plan;
}

/** The types that led to it lead on. */
static void lead_on(struct ctx *ctx, const struct activity_type *type)
{
    size_t count = 0;
    struct activity_type *types = types_read(ctx, &count);
    for (size_t i = 0; types && i < count; i++)
        if (types[i].has_merged_into && types[i].merged_into == type->type) {
            types[i].merged_into = type->merged_into;
            types_put(ctx, &types[i]);
        }
}

void type_merge_apply(struct activity_service *self, const struct type_merge_plan *plan, struct ctx *ctx,
                      struct type_merge_reply *out_reply)
{
    (void)self;
    lead_on(ctx, &plan->type);
    alias_put(ctx->txn, &activity_merged_types, plan->type.type, plan->type.merged_into, bytes_of("", 0));
    *out_reply = (struct type_merge_reply){.type = plan->type.type, .revision = types_put(ctx, &plan->type)};
}
