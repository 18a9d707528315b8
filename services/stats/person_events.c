// SPDX-License-Identifier: Apache-2.0
/**
 * `person.created`, `person.updated`, `person.removed`, `person.erased`: what a person's figures can be grouped by. Kept from the first
 * day, so that a dimension over it needs no second following of the register; ids only, no personal data. `person.merged`: where a person's id
 * leads; his figures follow with the activities, one by one, and are grouped by what the kept person has. That the figures of who was
 * erased become those of nobody is told by his activities.
 */
#include "common/service/erasing.h"
#include "common/store/alias.h"
#include "proto/stats_dispatch.gen.h"
#include "services/stats/state.h"

struct stats_on_person_created_plan {
    uint64_t person;
    struct person_attributes attributes;
};

struct stats_on_person_updated_plan {
    uint64_t person;
    struct person_attributes attributes;
};

struct stats_on_person_merged_plan {
    uint64_t person;
    uint64_t into;
};

struct stats_on_person_erased_plan {
    uint64_t person;
};

static void put_attributes(struct ctx *ctx, uint64_t person, const struct person_attributes *attributes)
{
    if (!erasing_has(ctx->txn, &stats_erased_persons, person)) // a register that was restored may have him again
        row_put(ctx, &stats_persons, &person_attributes_desc, person, attributes);
}

static void forget_attributes(void *self, struct ctx *ctx, uint64_t person)
{
    struct key id = key_of_id(person);
    (void)self;
    store_delete(ctx->txn, &stats_persons, key_bytes(&id));
}

const struct service_erasure stats_erasure = {
    .table = &stats_erased_persons,
    .merged = &stats_merged,
    .event = &person_erased_message,
    .begin = forget_attributes,
};

static struct person_attributes attributes_of(const struct person_card *card)
{
    return (struct person_attributes){
        .has_category = card->has_category,
        .category = card->category,
        .has_region = card->has_region,
        .region = card->region,
        .groups = {card->groups.count, card->groups.items},
        .has_account_manager = card->has_account_manager,
        .account_manager = card->account_manager,
        .has_sales_status = card->has_sales_status,
        .sales_status = card->sales_status,
        .has_organisation = card->has_organisation,
        .organisation = card->organisation,
    };
}

const struct stats_on_person_created_plan *
stats_on_person_created_check(const struct stats_service *self, const struct person_created *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct stats_on_person_created_plan){event->card.person, attributes_of(&event->card)};
    return plan;
}

void stats_on_person_created_apply(struct stats_service *self, const struct stats_on_person_created_plan *plan,
                                   struct ctx *ctx)
{
    (void)self;
    put_attributes(ctx, plan->person, &plan->attributes);
}

const struct stats_on_person_updated_plan *
stats_on_person_updated_check(const struct stats_service *self, const struct person_updated *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_updated_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct stats_on_person_updated_plan){event->card.person, attributes_of(&event->card)};
    return plan;
}

void stats_on_person_updated_apply(struct stats_service *self, const struct stats_on_person_updated_plan *plan,
                                   struct ctx *ctx)
{
    (void)self;
    put_attributes(ctx, plan->person, &plan->attributes);
}

const struct stats_on_person_erased_plan *
stats_on_person_erased_check(const struct stats_service *self, const struct person_erased *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_erased_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->person = event->person;
    return plan;
}

void stats_on_person_erased_apply(struct stats_service *self, const struct stats_on_person_erased_plan *plan,
                                  struct ctx *ctx)
{
    (void)self;
    ctx_erase(ctx, plan->person);
}

struct stats_on_person_removed_plan {
    uint64_t person;
};

const struct stats_on_person_removed_plan *
stats_on_person_removed_check(const struct stats_service *self, const struct person_removed *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_removed_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->person = event->person;
    return plan;
}

void stats_on_person_removed_apply(struct stats_service *self, const struct stats_on_person_removed_plan *plan,
                                   struct ctx *ctx)
{
    struct key key = key_of_id(plan->person);
    (void)self;
    store_delete(ctx->txn, &stats_persons, key_bytes(&key));
}

const struct stats_on_person_merged_plan *
stats_on_person_merged_check(const struct stats_service *self, const struct person_merged *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_merged_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct stats_on_person_merged_plan){event->person, event->into};
    return plan;
}

void stats_on_person_merged_apply(struct stats_service *self, const struct stats_on_person_merged_plan *plan,
                                  struct ctx *ctx)
{
    (void)self;
    struct key person = key_of_id(plan->person);
    store_delete(ctx->txn, &stats_persons, key_bytes(&person));
    alias_put(ctx->txn, &stats_merged, plan->person, plan->into, bytes_of("", 0));
}
