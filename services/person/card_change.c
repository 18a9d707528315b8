// SPDX-License-Identifier: Apache-2.0
#include "services/person/card_change.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/service/erasing.h"
#include "common/store/alias.h"
#include "common/wire/codec.h"
#include "common/wire/same.h"
#include "services/person/card_erase.h"
#include "services/person/card_history.h"
#include "services/person/choices.h"
#include "services/person/contacts.h"

/* A card's unique numbers: empty when it has none. */

static struct text customer_number(const struct person_card *card)
{
    return card->customer_number;
}

static struct text personal_number(const struct person_card *card)
{
    return card->has_personal_number ? card->personal_number : TEXT("");
}

static struct text employee_number(const struct person_card *card)
{
    return card->has_employment ? card->employment.employee_number : TEXT("");
}

static const struct unique_number {
    const struct index *index;
    struct text (*of)(const struct person_card *card);
    bool leads_on; // that of a merged card leads to the kept one, until another card has it
} unique_numbers[] = {
    {&person_numbers, customer_number, true},
    {&person_personal_numbers, personal_number, false},
    {&person_employee_numbers, employee_number, false},
};

enum { UNIQUE_NUMBERS = sizeof unique_numbers / sizeof *unique_numbers };

bool card_change_check_merged(struct ctx *ctx, const char *field, uint64_t person)
{
    char message[120];
    uint64_t kept = alias_end(ctx->txn, &person_merged, person);
    if (kept == person)
        return true;
    if (erasing_has(ctx->txn, &person_erased_persons, kept)) {
        card_erase_refuse(ctx, field, kept);
        return false;
    }
    snprintf(message, sizeof message, "the card was merged into that of person %" PRIu64 "; take that one", kept);
    ctx_refuse(ctx, ERROR_WRONG_STATE, field, message);
    return false;
}

bool card_change_begin(struct ctx *ctx, uint64_t person, bool has_revision, int64_t revision,
                       struct card_change *out_change)
{
    struct person_card *before = &out_change->before;
    out_change->given = 0;
    out_change->changed_count = 0;
    out_change->merged = 0;
    out_change->reason = TEXT("");
    if (!card_change_check_merged(ctx, "person", person))
        return false;
    if (!row_get(ctx, &person_cards, &person_card_row_desc, person, before))
        card_erase_refuse(ctx, "person", person);
    else if (has_revision && revision != before->revision)
        ctx_refuse(ctx, ERROR_CHANGED_SINCE, "revision",
                   "somebody else has changed the card since; read it again and decide what to change");
    out_change->card = *before;
    return !is_refused(&ctx->refusal);
}

void card_change_take(struct card_change *change, const struct taking *fields, const void *command)
{
    change->given |= taking_take(fields, command, &change->card);
}

bool card_change_is_given(const struct card_change *change, const char *field)
{
    return change->given & taking_bit(&person_card_desc, field);
}

void card_change_compare(struct card_change *change)
{
    change->changed_count = 0;
    for (size_t i = 0; i < person_card_desc.count; i++) {
        const struct field_desc *field = &person_card_desc.fields[i];
        if (!same_field(field, &change->before, &change->card))
            change->changed[change->changed_count++] = text_of(field->name);
    }
}

/** Either card may be NULL: there was none, or there is none any more. */
static void put_numbers(struct ctx *ctx, uint64_t person, const struct person_card *before,
                        const struct person_card *card)
{
    struct key id = key_of_id(person);
    for (size_t i = 0; i < UNIQUE_NUMBERS; i++) {
        const struct unique_number *unique = &unique_numbers[i];
        struct text old = before ? unique->of(before) : TEXT(""), number = card ? unique->of(card) : TEXT("");
        if (text_equal(old, number))
            continue;
        if (old.len > 0)
            index_delete(ctx->txn, unique->index, text_bytes(old));
        if (number.len > 0)
            index_put(ctx->txn, unique->index, text_bytes(number), key_bytes(&id));
    }
}

/** Tells of an employment that is another than before; either card may be NULL. */
static void tell_employment(struct ctx *ctx, const struct person_card *before, const struct person_card *card)
{
    static const struct person_card nobody = {.has_employment = false};
    const struct field_desc *field = struct_field(&person_card_desc, TEXT("employment"));
    struct employee_changed event = {
        .person = card->person, .has_employment = card->has_employment, .employment = card->employment};
    if (!same_field(field, before ? before : &nobody, card))
        ctx_emit(ctx, &employee_changed_message, &event, card->person, "employee", card->person);
}

void card_change_add(struct ctx *ctx, const struct person_card *card)
{
    struct person_created event = {.card = *card};
    row_append(ctx, &person_cards, &person_card_row_desc, card->person, card);
    put_numbers(ctx, card->person, NULL, card);
    contacts_put(ctx->txn, NULL, card);
    used_count(ctx->txn, card, 1);
    uint64_t seq = ctx_emit(ctx, &person_created_message, &event, card->person, "person", card->person);
    card_history_add(ctx->txn, card->person, seq);
    tell_employment(ctx, NULL, card);
}

int64_t card_change_apply(struct ctx *ctx, const struct card_change *change)
{
    struct person_updated event = {
        .card = change->card,
        .changed = {change->changed_count, change->changed},
        .has_merged = change->merged != 0,
        .merged = change->merged,
        .has_reason = change->reason.len > 0,
        .reason = change->reason,
    };
    struct person_card *card = &event.card;
    if (change->changed_count == 0 && !change->merged)
        return card->revision;
    card->revision++;
    card->changed_ms = ctx->now_ms;
    row_put(ctx, &person_cards, &person_card_row_desc, card->person, card);
    put_numbers(ctx, card->person, &change->before, card);
    contacts_put(ctx->txn, &change->before, card);
    used_count(ctx->txn, &change->before, -1);
    used_count(ctx->txn, card, 1);
    uint64_t seq = ctx_emit(ctx, &person_updated_message, &event, card->person, "person", card->person);
    card_history_add(ctx->txn, card->person, seq);
    tell_employment(ctx, &change->before, card);
    return card->revision;
}

void card_change_erase(struct ctx *ctx, const struct person_card *card)
{
    struct key id = key_of_id(card->person);
    store_delete(ctx->txn, &person_cards, key_bytes(&id));
    put_numbers(ctx, card->person, card, NULL);
    contacts_put(ctx->txn, card, NULL);
    used_count(ctx->txn, card, -1);
}

void card_change_remove(struct ctx *ctx, const struct person_card *card)
{
    struct person_removed event = {.person = card->person, .import = card->import};
    card_change_erase(ctx, card);
    card_history_remove(ctx->txn, card->person);
    ctx_emit(ctx, &person_removed_message, &event, card->person, "person", card->person);
}

void card_change_drop(struct ctx *ctx, const struct person_card *card, uint64_t into)
{
    const struct person_merged event = {.person = card->person, .into = into};
    struct key id = key_of_id(card->person);
    store_delete(ctx->txn, &person_cards, key_bytes(&id));
    for (size_t i = 0; i < UNIQUE_NUMBERS; i++) {
        struct text number = unique_numbers[i].of(card);
        if (number.len > 0 && !unique_numbers[i].leads_on)
            index_delete(ctx->txn, unique_numbers[i].index, text_bytes(number));
    }
    contacts_put(ctx->txn, card, NULL);
    used_count(ctx->txn, card, -1);
    alias_put(ctx->txn, &person_merged, card->person, into, text_bytes(card->customer_number));
    ctx_emit(ctx, &person_merged_message, &event, card->person, "person", card->person);
}
