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
#include "services/stats/persons.h"

struct stats_on_person_created_plan {
    uint64_t person;
    struct attributes attributes;
    size_t group_count;
    const uint64_t *groups;
};

struct stats_on_person_updated_plan {
    uint64_t person;
    struct attributes attributes;
    size_t group_count;
    const uint64_t *groups;
};

struct stats_on_person_merged_plan {
    uint64_t person;
    uint64_t into;
};

struct stats_on_person_erased_plan {
    uint64_t person;
};

static void forget(void *state, struct ctx *ctx, uint64_t person)
{
    struct stats_service *self = state;
    persons_set(self->persons, ctx->txn, person, NULL, NULL, 0);
}

const struct service_erasure stats_erasure = {
    .table = &stats_erased_persons,
    .merged = &stats_merged,
    .event = &person_erased_message,
    .begin = forget,
};

static struct attributes attributes_of(const struct person_card *card)
{
    struct attributes attributes;
    attributes.at[ATTRIBUTE_ACCOUNT_MANAGER] = card->has_account_manager ? (int64_t)card->account_manager : 0;
    attributes.at[ATTRIBUTE_REGION] = card->has_region ? (int64_t)card->region : 0;
    attributes.at[ATTRIBUTE_CATEGORY] = card->has_category ? (int64_t)card->category : 0;
    attributes.at[ATTRIBUTE_SALES_STATUS] = card->has_sales_status ? (int64_t)card->sales_status : 0;
    attributes.at[ATTRIBUTE_ORGANISATION] = card->has_organisation ? (int64_t)card->organisation : 0;
    return attributes;
}

static void take_card(struct stats_service *self, struct ctx *ctx, uint64_t person, const struct attributes *attributes,
                      const uint64_t *groups, size_t group_count)
{
    if (!erasing_has(ctx->txn, &stats_erased_persons, person)) // a register that was restored may have him again
        persons_set(self->persons, ctx->txn, person, attributes, groups, group_count);
}

const struct stats_on_person_created_plan *
stats_on_person_created_check(const struct stats_service *self, const struct person_created *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct stats_on_person_created_plan){event->card.person, attributes_of(&event->card),
                                                      event->card.groups.count, event->card.groups.items};
    return plan;
}

void stats_on_person_created_apply(struct stats_service *self, const struct stats_on_person_created_plan *plan,
                                   struct ctx *ctx)
{
    take_card(self, ctx, plan->person, &plan->attributes, plan->groups, plan->group_count);
}

const struct stats_on_person_updated_plan *
stats_on_person_updated_check(const struct stats_service *self, const struct person_updated *event, struct ctx *ctx)
{
    (void)self;
    struct stats_on_person_updated_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        *plan = (struct stats_on_person_updated_plan){event->card.person, attributes_of(&event->card),
                                                      event->card.groups.count, event->card.groups.items};
    return plan;
}

void stats_on_person_updated_apply(struct stats_service *self, const struct stats_on_person_updated_plan *plan,
                                   struct ctx *ctx)
{
    take_card(self, ctx, plan->person, &plan->attributes, plan->groups, plan->group_count);
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
    forget(self, ctx, plan->person);
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
    forget(self, ctx, plan->person);
    alias_put(ctx->txn, &stats_merged, plan->person, plan->into, bytes_of("", 0));
}
