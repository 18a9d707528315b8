// SPDX-License-Identifier: Apache-2.0
/** `person.create`: makes a card. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/person_create.h"
#include "services/person/rules.h"

enum { FIRST_ASSIGNED_NUMBER = 1000 }; // assigned customer numbers have four digits at least

const struct person_create_plan *person_create_check(const struct person_service *self,
                                                     const struct person_create *command, struct ctx *ctx)
{
    struct person_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    struct person_card *card = &plan->change.card;
    plan->assign_number = !command->has_customer_number;
    card_change_take(&plan->change, &self->create_fields, command);
    card->revision = 1;
    card->created_ms = ctx->now_ms;
    card->changed_ms = ctx->now_ms;
    const struct list_changes lists = {
        .groups_field = "groups",
        .join_count = command->groups.count,
        .join = command->groups.items,
        .consent_count = command->consents.count,
        .consents = command->consents.items,
        .own_count = command->own.count,
        .own = command->own.items,
    };
    return rules_check(ctx, &plan->change) && rules_check_lists(ctx, &plan->change, &lists) ? plan : NULL;
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

uint64_t person_create_add(struct ctx *ctx, const struct person_create_plan *plan, uint64_t import)
{
    struct person_card card = plan->change.card;
    card.person = store_next_id(ctx->txn, "person");
    card.has_import = import != 0;
    card.import = import;
    if (plan->assign_number)
        card.customer_number = assign_number(ctx);
    card_change_add(ctx, &card);
    return card.person;
}

void person_create_apply(struct person_service *self, const struct person_create_plan *plan, struct ctx *ctx,
                         struct person_create_reply *out_reply)
{
    (void)self;
    *out_reply = (struct person_create_reply){
        .person = person_create_add(ctx, plan, 0),
        .revision = plan->change.card.revision,
    };
}
