// SPDX-License-Identifier: Apache-2.0
/** `person.created`, `.updated`, `.removed`, `.merged` and `.erased` of the person service: the read model of whom can be reached, and how. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/merged.h"
#include "services/notification/recipient_erase.h"
#include "services/notification/recipients.h"

/** Both events carry the whole card. */
struct notification_on_person_created_plan {
    uint64_t person;
    struct reachable reachable;
};

struct notification_on_person_updated_plan {
    struct notification_on_person_created_plan card;
};

struct notification_on_person_merged_plan {
    uint64_t person;
    uint64_t into;
};

struct notification_on_person_erased_plan {
    uint64_t person;
};

static struct text full_name(struct ctx *ctx, const struct person_card *card)
{
    size_t len = card->given_name.len + 1 + card->family_name.len;
    char *name = ctx_alloc(ctx, len);
    if (!name)
        return TEXT("");
    memcpy(name, card->given_name.data, card->given_name.len);
    if (!card->has_family_name || card->family_name.len == 0)
        return (struct text){name, card->given_name.len};
    name[card->given_name.len] = ' ';
    memcpy(name + card->given_name.len + 1, card->family_name.data, card->family_name.len);
    return (struct text){name, len};
}

static bool plan_card(struct ctx *ctx, const struct person_card *card, struct notification_on_person_created_plan *plan)
{
    plan->person = card->person;
    plan->reachable = (struct reachable){
        .name = full_name(ctx, card),
        .has_email = card->has_email,
        .email = card->email,
        .has_mobile = card->has_mobile,
        .mobile = card->mobile,
        .has_language = card->has_language,
        .language = card->language,
        .consents = {card->consents.count, card->consents.items},
    };
    return !is_refused(&ctx->refusal);
}

/** A register that was restored may have again who was erased: he does not come back here. */
static void apply_card(struct ctx *ctx, const struct notification_on_person_created_plan *plan)
{
    if (!notification_has_erased(ctx, plan->person))
        row_put(ctx, &notification_persons, &reachable_desc, plan->person, &plan->reachable);
}

const struct notification_on_person_created_plan *
notification_on_person_created_check(const struct notification_service *self, const struct person_created *event,
                                     struct ctx *ctx)
{
    (void)self;
    struct notification_on_person_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    return plan && plan_card(ctx, &event->card, plan) ? plan : NULL;
}

void notification_on_person_created_apply(struct notification_service *self,
                                          const struct notification_on_person_created_plan *plan, struct ctx *ctx)
{
    (void)self;
    apply_card(ctx, plan);
}

const struct notification_on_person_updated_plan *
notification_on_person_updated_check(const struct notification_service *self, const struct person_updated *event,
                                     struct ctx *ctx)
{
    (void)self;
    struct notification_on_person_updated_plan *plan = ctx_alloc(ctx, sizeof *plan);
    return plan && plan_card(ctx, &event->card, &plan->card) ? plan : NULL;
}

void notification_on_person_updated_apply(struct notification_service *self,
                                          const struct notification_on_person_updated_plan *plan, struct ctx *ctx)
{
    (void)self;
    apply_card(ctx, &plan->card);
}

struct notification_on_person_removed_plan {
    uint64_t person;
    bool has_any; // messages
};

const struct notification_on_person_removed_plan *
notification_on_person_removed_check(const struct notification_service *self, const struct person_removed *event,
                                     struct ctx *ctx)
{
    (void)self;
    struct notification_on_person_removed_plan *plan = ctx_alloc(ctx, sizeof *plan);
    uint64_t first;
    if (plan)
        *plan = (struct notification_on_person_removed_plan){
            event->person, recipients_of_person(ctx, event->person, 0, &first, 1) > 0};
    return is_refused(&ctx->refusal) ? NULL : plan;
}

void notification_on_person_removed_apply(struct notification_service *self,
                                          const struct notification_on_person_removed_plan *plan, struct ctx *ctx)
{
    struct key key = key_of_id(plan->person);
    (void)self;
    store_delete(ctx->txn, &notification_persons, key_bytes(&key));
    if (plan->has_any)
        ctx_erase(ctx, plan->person); // without a card nobody could have his messages erased
}

const struct notification_on_person_merged_plan *
notification_on_person_merged_check(const struct notification_service *self, const struct person_merged *event,
                                    struct ctx *ctx)
{
    (void)self;
    struct notification_on_person_merged_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct notification_on_person_merged_plan){event->person, event->into};
    return plan;
}

void notification_on_person_merged_apply(struct notification_service *self,
                                         const struct notification_on_person_merged_plan *plan, struct ctx *ctx)
{
    (void)self;
    merged_put(ctx, plan->person, plan->into);
}

const struct notification_on_person_erased_plan *
notification_on_person_erased_check(const struct notification_service *self, const struct person_erased *event,
                                    struct ctx *ctx)
{
    (void)self;
    struct notification_on_person_erased_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->person = event->person;
    return plan;
}

void notification_on_person_erased_apply(struct notification_service *self,
                                         const struct notification_on_person_erased_plan *plan, struct ctx *ctx)
{
    (void)self;
    ctx_erase(ctx, plan->person);
}
