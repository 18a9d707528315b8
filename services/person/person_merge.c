// SPDX-License-Identifier: Apache-2.0
/** `person.merge` and `person.merge_preview`: two cards of one person become one, and what that would be. Source: domain.md 6. */
#include "proto/person_dispatch.gen.h"
#include "services/person/merge.h"

struct person_merge_plan {
    struct merge merge;
};

const struct person_merge_plan *person_merge_check(const struct person_service *self,
                                                   const struct person_merge *command, struct ctx *ctx)
{
    (void)self;
    const struct merge_wish wish = {
        .keep = command->keep,
        .drop = command->drop,
        .has_keep_revision = command->has_keep_revision,
        .keep_revision = command->keep_revision,
        .has_drop_revision = command->has_drop_revision,
        .drop_revision = command->drop_revision,
        .take_count = command->take.count,
        .take = command->take.items,
    };
    struct person_merge_plan *plan = ctx_alloc(ctx, sizeof *plan);
    return plan && merge_plan(ctx, &wish, &plan->merge) ? plan : NULL;
}

void person_merge_apply(struct person_service *self, const struct person_merge_plan *plan, struct ctx *ctx,
                        struct person_merge_reply *out_reply)
{
    const struct merge *merge = &plan->merge;
    uint64_t keep = merge->change.card.person;
    card_change_drop(ctx, &merge->drop, keep); // first: its numbers may go over
    *out_reply = (struct person_merge_reply){
        .person = keep,
        .revision = card_change_apply(ctx, &merge->change),
        .customers = merge->customers,
    };
    if (merge->customers > 0)
        self->customers = (struct customer_moves){.due_ms = 0};
}

bool person_merge_preview_answer(const struct person_service *self, const struct person_merge_preview *query,
                                 struct ctx *ctx, struct person_merge_preview_reply *out_reply)
{
    (void)self;
    const struct merge_wish wish = {
        .keep = query->keep,
        .drop = query->drop,
        .take_count = query->take.count,
        .take = query->take.items,
    };
    struct merge *merge = ctx_alloc(ctx, sizeof *merge);
    if (!merge || !merge_plan(ctx, &wish, merge))
        return false;
    out_reply->card = merge->change.card;
    out_reply->card.revision++;
    out_reply->card.changed_ms = ctx->now_ms;
    out_reply->changed.count = merge->change.changed_count;
    out_reply->changed.items = merge->change.changed;
    out_reply->keep_revision = merge->change.before.revision;
    out_reply->drop_revision = merge->drop.revision;
    out_reply->customers = merge->customers;
    return true;
}
