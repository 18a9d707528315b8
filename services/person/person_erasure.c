// SPDX-License-Identifier: Apache-2.0
/** `person.mark_erasure`, `person.unmark_erasure`, `person.complete_erasure`: erasure in two steps by two people. Source: domain.md 6. */
#include "common/base/fold.h"
#include "common/store/alias.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/card_change.h"
#include "services/person/choices.h"
#include "services/person/selections.h"

struct person_mark_erasure_plan {
    struct card_change change;
};

struct person_unmark_erasure_plan {
    struct card_change change;
};

struct person_complete_erasure_plan {
    uint64_t person;
};

const struct person_mark_erasure_plan *
person_mark_erasure_check(const struct person_service *self, const struct person_mark_erasure *command, struct ctx *ctx)
{
    (void)self;
    struct person_mark_erasure_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !card_change_begin(ctx, command->person, command->has_revision, command->revision, &plan->change))
        return NULL;
    struct person_card *card = &plan->change.card;
    if (ctx->actor.len == 0)
        return ctx_refuse(ctx, ERROR_MISSING_FIELD, "actor",
                          "is needed: who marks a person cannot complete the erasure; say who you are");
    if (card->has_erasure_marked_ms)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "person", "is marked already; complete the erasure, or unmark him");
    card->has_erasure_marked_ms = card->has_erasure_marked_by = true;
    card->erasure_marked_ms = ctx->now_ms;
    card->erasure_marked_by = ctx->actor;
    card_change_compare(&plan->change);
    plan->change.reason = command->has_reason ? command->reason : TEXT("");
    return plan;
}

void person_mark_erasure_apply(struct person_service *self, const struct person_mark_erasure_plan *plan,
                               struct ctx *ctx, struct person_mark_erasure_reply *out_reply)
{
    (void)self;
    *out_reply = (struct person_mark_erasure_reply){
        .person = plan->change.card.person,
        .revision = card_change_apply(ctx, &plan->change),
    };
}

const struct person_unmark_erasure_plan *person_unmark_erasure_check(const struct person_service *self,
                                                                     const struct person_unmark_erasure *command,
                                                                     struct ctx *ctx)
{
    (void)self;
    struct person_unmark_erasure_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !card_change_begin(ctx, command->person, command->has_revision, command->revision, &plan->change))
        return NULL;
    struct person_card *card = &plan->change.card;
    if (!card->has_erasure_marked_ms)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "person",
                          "is not marked to be erased; there is nothing to take back");
    card->has_erasure_marked_ms = card->has_erasure_marked_by = false;
    card->erasure_marked_ms = 0;
    card->erasure_marked_by = TEXT("");
    card_change_compare(&plan->change);
    plan->change.reason = command->has_reason ? command->reason : TEXT("");
    return plan;
}

void person_unmark_erasure_apply(struct person_service *self, const struct person_unmark_erasure_plan *plan,
                                 struct ctx *ctx, struct person_unmark_erasure_reply *out_reply)
{
    (void)self;
    *out_reply = (struct person_unmark_erasure_reply){
        .person = plan->change.card.person,
        .revision = card_change_apply(ctx, &plan->change),
    };
}

/** Customers of who was merged into him go over to him a slice at a time. */
static bool is_manager(struct ctx *ctx, uint64_t person)
{
    uint64_t alias = 0;
    bool found = used_by(ctx, USED_ACCOUNT_MANAGER, person) > 0;
    while (!found && alias_list(ctx->txn, &person_merged, person, alias, &alias, 1) > 0)
        found = used_by(ctx, USED_ACCOUNT_MANAGER, alias) > 0;
    return found;
}

const struct person_complete_erasure_plan *person_complete_erasure_check(const struct person_service *self,
                                                                         const struct person_complete_erasure *command,
                                                                         struct ctx *ctx)
{
    struct card_change *change = ctx_alloc(ctx, sizeof *change);
    struct person_complete_erasure_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!change || !plan || !card_change_begin(ctx, command->person, command->has_revision, command->revision, change))
        return NULL;
    const struct person_card *card = &change->card;
    if (!card->has_erasure_marked_ms)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "person",
                          "is not marked to be erased; somebody marks him with person.mark_erasure, another completes");
    if (ctx->actor.len == 0)
        return ctx_refuse(ctx, ERROR_MISSING_FIELD, "actor",
                          "is needed: who marked a person cannot complete the erasure; say who you are");
    if (fold_equal(ctx->actor, card->erasure_marked_by))
        return ctx_refuse(ctx, ERROR_NOT_ALLOWED, "actor",
                          "marked the person; somebody else has to complete the erasure");
    if (is_manager(ctx, card->person))
        return ctx_refuse(ctx, ERROR_IN_USE, "person",
                          "is account manager of customers; give them another account manager first");
    if (!selections_check_erasure(self, ctx, card))
        return NULL;
    plan->person = card->person;
    return plan;
}

void person_complete_erasure_apply(struct person_service *self, const struct person_complete_erasure_plan *plan,
                                   struct ctx *ctx, struct person_complete_erasure_reply *out_reply)
{
    (void)self;
    ctx_erase(ctx, plan->person); // card_erase does the rest
    *out_reply = (struct person_complete_erasure_reply){.person = plan->person};
}
