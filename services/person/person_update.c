// SPDX-License-Identifier: Apache-2.0
/** `person.update`: changes what is given and keeps the rest. */
#include "proto/person_dispatch.gen.h"
#include "services/person/rules.h"

struct person_update_plan {
    struct card_change change;
};

const struct person_update_plan *person_update_check(const struct person_service *self,
                                                     const struct person_update *command, struct ctx *ctx)
{
    struct person_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    struct card_change *change = &plan->change;
    if (!card_change_begin(ctx, command->person, command->has_revision, command->revision, change))
        return NULL;
    card_change_take(change, &self->update_fields, command);
    const struct list_changes lists = {
        .groups_field = "groups_add",
        .join_count = command->groups_add.count,
        .join = command->groups_add.items,
        .leave_count = command->groups_remove.count,
        .leave = command->groups_remove.items,
        .consent_count = command->consents.count,
        .consents = command->consents.items,
        .own_count = command->own.count,
        .own = command->own.items,
    };
    if (!rules_check(ctx, change) || !rules_check_lists(ctx, change, &lists))
        return NULL;
    card_change_compare(change);
    return plan;
}

void person_update_apply(struct person_service *self, const struct person_update_plan *plan, struct ctx *ctx,
                         struct person_update_reply *out_reply)
{
    (void)self;
    *out_reply = (struct person_update_reply){
        .person = plan->change.card.person,
        .revision = card_change_apply(ctx, &plan->change),
    };
}
