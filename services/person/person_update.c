// SPDX-License-Identifier: Apache-2.0
/** `person.update`: changes what is given and keeps the rest. */
#include "proto/person_dispatch.gen.h"
#include "services/person/rules.h"

enum { MAX_CHANGED = 64 };

struct person_update_plan {
    struct person_card card; // as it will be
    struct text old_number;
    struct text changed[MAX_CHANGED];
    size_t changed_count;
};

static void mark(struct person_update_plan *plan, const char *field)
{
    plan->changed[plan->changed_count++] = text_of(field);
}

/** Sets or clears an optional text. */
static void change_text(struct person_update_plan *plan, const char *field, bool given, bool clear, struct text value,
                        bool *has, struct text *current)
{
    if (clear && *has) {
        *has = false;
        *current = TEXT("");
        mark(plan, field);
    } else if (given && !(*has && text_equal(*current, value))) {
        *has = true;
        *current = value;
        mark(plan, field);
    }
}

static void change_id(struct person_update_plan *plan, const char *field, bool given, bool clear, uint64_t value,
                      bool *has, uint64_t *current)
{
    if (clear && *has) {
        *has = false;
        *current = 0;
        mark(plan, field);
    } else if (given && !(*has && *current == value)) {
        *has = true;
        *current = value;
        mark(plan, field);
    }
}

static bool check_values(struct ctx *ctx, const struct person_update *command, const struct person_card *card,
                         struct text *out_mobile)
{
    *out_mobile = TEXT("");
    return (!command->has_email || rule_email(ctx, command->email)) &&
           (!command->has_mobile || rule_mobile(ctx, command->mobile, out_mobile)) &&
           (!command->has_terms_accepted_on || rule_terms_accepted(ctx, command->terms_accepted_on)) &&
           (!command->has_customer_number || rule_customer_number(ctx, command->customer_number, command->person)) &&
           (!command->has_category || rule_entry(ctx, "category", PICK_LIST_CATEGORY, command->category,
                                                 card->has_category ? card->category : 0)) &&
           (!command->has_region ||
            rule_entry(ctx, "region", PICK_LIST_REGION, command->region, card->has_region ? card->region : 0));
}

static void change_values(struct person_update_plan *plan, const struct person_update *command, struct text mobile)
{
    struct person_card *card = &plan->card;
    bool always = true;
    change_text(plan, "given_name", command->has_given_name, false, command->given_name, &always, &card->given_name);
    change_text(plan, "customer_number", command->has_customer_number, false, command->customer_number, &always,
                &card->customer_number);
    change_text(plan, "family_name", command->has_family_name, command->clear_family_name, command->family_name,
                &card->has_family_name, &card->family_name);
    change_text(plan, "email", command->has_email, command->clear_email, command->email, &card->has_email,
                &card->email);
    change_text(plan, "mobile", command->has_mobile, command->clear_mobile, mobile, &card->has_mobile, &card->mobile);
    change_id(plan, "category", command->has_category, command->clear_category, command->category, &card->has_category,
              &card->category);
    change_id(plan, "region", command->has_region, command->clear_region, command->region, &card->has_region,
              &card->region);
    if (command->clear_language ? card->has_language : command->has_language && command->language != card->language) {
        card->has_language = !command->clear_language;
        card->language = command->language;
        mark(plan, "language");
    }
    if (command->clear_terms_accepted_on
            ? card->has_terms_accepted_on
            : command->has_terms_accepted_on &&
                  !(card->has_terms_accepted_on && command->terms_accepted_on == card->terms_accepted_on)) {
        card->has_terms_accepted_on = !command->clear_terms_accepted_on;
        card->terms_accepted_on = command->terms_accepted_on;
        mark(plan, "terms_accepted_on");
    }
}

static bool change_lists(struct ctx *ctx, struct person_update_plan *plan, const struct person_update *command)
{
    struct person_card *card = &plan->card;
    size_t count = 0;
    const uint64_t *groups = NULL;
    bool consents_changed = false;
    if (!rule_groups(ctx, "groups_add", card, command->groups_add.count, command->groups_add.items,
                     command->groups_remove.count, command->groups_remove.items, &count, &groups))
        return false;
    if (count != card->groups.count || (count && memcmp(groups, card->groups.items, count * sizeof *groups) != 0))
        mark(plan, "groups");
    card->groups.count = count;
    card->groups.items = groups;
    if (!rule_consents(ctx, card, command->consents.count, command->consents.items, &card->consents.count,
                       &card->consents.items, &consents_changed))
        return false;
    if (consents_changed)
        mark(plan, "consents");
    return true;
}

const struct person_update_plan *person_update_check(const struct person_service *self,
                                                     const struct person_update *command, struct ctx *ctx)
{
    (void)self;
    struct text mobile;
    struct person_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (!row_get(ctx, &person_cards, &person_card_row_desc, command->person, &plan->card))
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "person", "there is no person with this id");
    if (command->has_revision && command->revision != plan->card.revision)
        return ctx_refuse(ctx, ERROR_CHANGED_SINCE, "revision",
                          "somebody else has changed the card since; read it again and decide what to change");
    plan->old_number = plan->card.customer_number;
    if (!check_values(ctx, command, &plan->card, &mobile))
        return NULL;
    change_values(plan, command, mobile);
    if (!change_lists(ctx, plan, command))
        return NULL;
    return plan;
}

void person_update_apply(struct person_service *self, const struct person_update_plan *plan, struct ctx *ctx,
                         struct person_update_reply *out_reply)
{
    (void)self;
    struct person_updated event = {.card = plan->card, .changed = {plan->changed_count, plan->changed}};
    struct person_card *card = &event.card;
    if (plan->changed_count > 0) {
        struct key id = key_of_id(card->person);
        card->revision++;
        card->changed_ms = ctx->now_ms;
        row_put(ctx, &person_cards, &person_card_row_desc, card->person, card);
        if (!text_equal(plan->old_number, card->customer_number)) {
            index_delete(ctx->txn, &person_numbers, text_bytes(plan->old_number));
            index_put(ctx->txn, &person_numbers, text_bytes(card->customer_number), key_bytes(&id));
        }
        ctx_emit(ctx, &person_updated_message, &event, card->person, "person", card->person);
    }
    *out_reply = (struct person_update_reply){.person = card->person, .revision = card->revision};
}
