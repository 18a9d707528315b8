// SPDX-License-Identifier: Apache-2.0
/** `bulk.start` and `bulk.stop`: one change of many cards. Source: domain.md 1. */
#include <stdio.h>

#include "common/wire/value.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/bulk.h"
#include "services/person/bulk_work.h"
#include "services/person/card_change.h"
#include "services/person/filter.h"

struct bulk_start_plan {
    struct bulk bulk;
};

struct bulk_stop_plan {
    struct bulk bulk;
};

/** Whether the question can be answered; whom it is true of is found later. */
static bool check_where(const struct person_service *self, struct ctx *ctx, struct text where)
{
    struct filter filter;
    bool is_good = filter_read(&filter, ctx, self->nobody, where);
    filter_fini(&filter);
    return is_good;
}

static bool sets_anything(struct ctx *ctx, const struct person_changes *set)
{
    for (size_t i = 0; i < person_changes_desc.count; i++)
        if (value_presence(&person_changes_desc.fields[i], set) != VALUE_ABSENT)
            return true;
    ctx_refuse(ctx, ERROR_MISSING_FIELD, "set", "says nothing; give at least one field that is to be another");
    return false;
}

/** What would be refused of every card is refused at once: it is tried on a card that has nothing but the department's organisation. */
static bool check_set(const struct person_service *self, struct ctx *ctx, const struct person_changes *set)
{
    struct card_change *change = ctx_alloc(ctx, sizeof *change);
    struct pick_list_entry department;
    if (!change)
        return false;
    if (set->has_department && !set->has_organisation &&
        row_get(ctx, &person_entries, &pick_list_entry_row_desc, set->department, &department)) {
        change->before.has_organisation = department.has_organisation;
        change->before.organisation = department.organisation;
        change->card = change->before;
    }
    struct ctx asking = *ctx; // the rules name fields as a card does
    if (bulk_change_card(self, &asking, set, change))
        return true;
    char field[sizeof asking.refusal.field + 4];
    snprintf(field, sizeof field, "set.%s", asking.refusal.field);
    ctx_refuse(ctx, asking.refusal.code, field, asking.refusal.message);
    return false;
}

const struct bulk_start_plan *bulk_start_check(const struct person_service *self, const struct bulk_start *command,
                                               struct ctx *ctx)
{
    struct bulk_start_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !sets_anything(ctx, &command->set) || !check_set(self, ctx, &command->set) ||
        !check_where(self, ctx, command->where))
        return NULL;
    plan->bulk = (struct bulk){
        .has_where = true,
        .where = command->where,
        .set = command->set,
        .has_expect = command->has_expect,
        .expect = command->expect,
    };
    return plan;
}

void bulk_start_apply(struct person_service *self, const struct bulk_start_plan *plan, struct ctx *ctx,
                      struct bulk_start_reply *out_reply)
{
    out_reply->bulk = bulk_begin(self, ctx, &plan->bulk);
}

const struct bulk_stop_plan *bulk_stop_check(const struct person_service *self, const struct bulk_stop *command,
                                             struct ctx *ctx)
{
    (void)self;
    struct bulk_stop_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !bulk_get_row(ctx, command->bulk, &plan->bulk))
        return NULL;
    if (plan->bulk.state != BULK_STATE_CHOOSING && plan->bulk.state != BULK_STATE_RUNNING)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "bulk", "has ended; there is nothing to stop");
    if (plan->bulk.has_merges)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "bulk",
                          "merges an entry, and cards would be left with one that stands for nothing; let it end");
    plan->bulk.state = BULK_STATE_STOPPED;
    return plan;
}

void bulk_stop_apply(struct person_service *self, const struct bulk_stop_plan *plan, struct ctx *ctx,
                     struct bulk_stop_reply *out_reply)
{
    out_reply->bulk = plan->bulk;
    bulk_end(self, ctx, &out_reply->bulk);
}
