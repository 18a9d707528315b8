// SPDX-License-Identifier: Apache-2.0
/** `person.create`: makes a card. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/rules.h"

enum { FIRST_ASSIGNED_NUMBER = 1000 }; // assigned customer numbers have four digits at least

struct person_create_plan {
    struct person_card card; // all but what apply assigns: id, and customer number when it was not given
    bool assign_number;
};

static bool check_choices(struct ctx *ctx, const struct person_create *command, struct person_card *card)
{
    bool changed = false;
    return (!command->has_category || rule_entry(ctx, "category", PICK_LIST_CATEGORY, command->category, 0)) &&
           (!command->has_region || rule_entry(ctx, "region", PICK_LIST_REGION, command->region, 0)) &&
           rule_groups(ctx, "groups", card, command->groups.count, command->groups.items, 0, NULL, &card->groups.count,
                       &card->groups.items) &&
           rule_consents(ctx, card, command->consents.count, command->consents.items, &card->consents.count,
                         &card->consents.items, &changed);
}

const struct person_create_plan *person_create_check(const struct person_service *self,
                                                     const struct person_create *command, struct ctx *ctx)
{
    (void)self;
    struct person_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->assign_number = !command->has_customer_number;
    plan->card = (struct person_card){
        .revision = 1,
        .customer_number = command->customer_number,
        .given_name = command->given_name,
        .has_family_name = command->has_family_name,
        .family_name = command->family_name,
        .has_email = command->has_email,
        .email = command->email,
        .has_mobile = command->has_mobile,
        .has_language = command->has_language,
        .language = command->language,
        .has_terms_accepted_on = command->has_terms_accepted_on,
        .terms_accepted_on = command->terms_accepted_on,
        .has_category = command->has_category,
        .category = command->category,
        .has_region = command->has_region,
        .region = command->region,
        .created_ms = ctx->now_ms,
        .changed_ms = ctx->now_ms,
    };
    if (command->has_email && !rule_email(ctx, command->email))
        return NULL;
    if (command->has_mobile && !rule_mobile(ctx, command->mobile, &plan->card.mobile))
        return NULL;
    if (command->has_terms_accepted_on && !rule_terms_accepted(ctx, command->terms_accepted_on))
        return NULL;
    if (command->has_customer_number && !rule_customer_number(ctx, command->customer_number, 0))
        return NULL;
    return check_choices(ctx, command, &plan->card) ? plan : NULL;
}

/** The next number of the sequence that nobody has set by hand. */
static struct text assign_number(struct ctx *ctx)
{
    char number[24];
    struct bytes taken;
    int len = 0;
    do
        len = snprintf(number, sizeof number, "%" PRIu64,
                       FIRST_ASSIGNED_NUMBER - 1 + store_next_id(ctx->txn, "customer_number"));
    while (store_txn_fault(ctx->txn) == FAULT_NONE &&
           index_get_unique(ctx->txn, &person_numbers, bytes_of(number, (size_t)len), &taken));
    return ctx_text(ctx, (struct text){number, (size_t)len});
}

void person_create_apply(struct person_service *self, const struct person_create_plan *plan, struct ctx *ctx,
                         struct person_create_reply *out_reply)
{
    (void)self;
    struct person_created event = {.card = plan->card};
    struct person_card *card = &event.card;
    card->person = store_next_id(ctx->txn, "person");
    if (plan->assign_number)
        card->customer_number = assign_number(ctx);
    struct key id = key_of_id(card->person);
    row_append(ctx, &person_cards, &person_card_row_desc, card->person, card);
    index_put(ctx->txn, &person_numbers, text_bytes(card->customer_number), key_bytes(&id));
    ctx_emit(ctx, &person_created_message, &event, card->person, "person", card->person);
    *out_reply = (struct person_create_reply){.person = card->person, .revision = card->revision};
}
