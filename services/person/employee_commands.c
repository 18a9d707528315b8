// SPDX-License-Identifier: Apache-2.0
/** `employee.register` and `employee.end`: who works here, and so can answer for customers. Source: domain.md 1. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/bulk.h"
#include "services/person/bulk_work.h"
#include "services/person/choices.h"
#include "services/person/rules.h"

enum { WHERE_BYTES = 64 };

struct employee_register_plan {
    struct card_change change;
};

struct employee_end_plan {
    struct card_change change;
    bool has_successor;
    struct bulk bulk; // gives him the customers
};

const struct employee_register_plan *employee_register_check(const struct person_service *self,
                                                             const struct employee_register *command, struct ctx *ctx)
{
    (void)self;
    struct employee_register_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !card_change_begin(ctx, command->person, command->has_revision, command->revision, &plan->change) ||
        !rule_unique(ctx, &person_employee_numbers, "employee_number", command->employee_number, command->person,
                     "another employee has this number; give another one"))
        return NULL;
    plan->change.card.has_employment = true;
    plan->change.card.employment = (struct employment){
        .employee_number = command->employee_number,
        .started_on = command->started_on,
    };
    card_change_compare(&plan->change);
    return plan;
}

void employee_register_apply(struct person_service *self, const struct employee_register_plan *plan, struct ctx *ctx,
                             struct employee_register_reply *out_reply)
{
    (void)self;
    *out_reply = (struct employee_register_reply){
        .person = plan->change.card.person,
        .revision = card_change_apply(ctx, &plan->change),
    };
}

/** The successor is one who may be chosen as account manager, and stays when the other ends. */
static bool check_successor(const struct person_service *self, struct ctx *ctx, const struct employee_end *command,
                            struct bulk *out_bulk)
{
    struct card_change *trial = ctx_alloc(ctx, sizeof *trial);
    char *where = ctx_alloc(ctx, WHERE_BYTES);
    if (!trial || !where)
        return false;
    const struct person_changes set = {.has_account_manager = true, .account_manager = command->successor};
    if (command->successor == command->person) {
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "successor", "is the employee who ends; name another one");
        return false;
    }
    struct ctx asking = *ctx; // the rule names the field as the card does
    if (!bulk_change_card(self, &asking, &set, trial)) {
        ctx_refuse(ctx, asking.refusal.code, "successor", asking.refusal.message);
        return false;
    }
    snprintf(where, WHERE_BYTES, "account_manager:#%" PRIu64, command->person);
    *out_bulk = (struct bulk){.has_where = true, .where = text_of(where), .set = set};
    return true;
}

const struct employee_end_plan *employee_end_check(const struct person_service *self,
                                                   const struct employee_end *command, struct ctx *ctx)
{
    struct employee_end_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !card_change_begin(ctx, command->person, command->has_revision, command->revision, &plan->change))
        return NULL;
    plan->has_successor = command->has_successor;
    if (command->has_successor && !check_successor(self, ctx, command, &plan->bulk))
        return NULL;
    struct person_card *card = &plan->change.card;
    if (!card->has_employment)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "person", "is not an employee; there is nothing to end");
    if (command->ended_on < card->employment.started_on)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "ended_on", "is before the first day of work; give a later day");
    card->employment.has_ended_on = true;
    card->employment.ended_on = command->ended_on;
    card_change_compare(&plan->change);
    return plan;
}

void employee_end_apply(struct person_service *self, const struct employee_end_plan *plan, struct ctx *ctx,
                        struct employee_end_reply *out_reply)
{
    uint64_t person = plan->change.card.person;
    *out_reply = (struct employee_end_reply){
        .person = person,
        .revision = card_change_apply(ctx, &plan->change),
        .customers = used_by(ctx, USED_ACCOUNT_MANAGER, person),
        .has_bulk = plan->has_successor,
    };
    if (plan->has_successor)
        out_reply->bulk = bulk_begin(self, ctx, &plan->bulk);
}
