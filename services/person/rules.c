// SPDX-License-Identifier: Apache-2.0
#include "services/person/rules.h"

#include <stdlib.h>

#include "common/base/date.h"
#include "services/person/choices.h"
#include "services/person/own_values.h"
#include "services/person/phone.h"
#include "services/person/swedish_numbers.h"

enum {
    DAY_MS = 24 * 3600 * 1000,
    EASTERNMOST_MS = 14 * 3600 * 1000, // a day begins so much earlier there than in UTC
    GROUPS_MOST = 64,
};

static bool refuse(struct ctx *ctx, const char *field, const char *message)
{
    ctx_refuse(ctx, ERROR_INVALID_FIELD, field, message);
    return false;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/** Letters, digits and inner hyphens; beyond ASCII whatever UTF-8 holds (IDN). */
static bool is_label(const char *label, size_t len)
{
    if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alphanumeric(label[i]) && label[i] != '-' && !((unsigned char)label[i] & 0x80))
            return false;
    return true;
}

static bool is_domain(const char *domain, size_t len)
{
    size_t labels = 0, start = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && domain[i] != '.')
            continue;
        if (!is_label(domain + start, i - start))
            return false;
        labels++;
        start = i + 1;
    }
    return labels >= 2;
}

static bool is_local_part(const char *local, size_t len)
{
    if (len == 0 || len > 64 || local[0] == '.' || local[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dots = local[i] == '.' && i + 1 < len && local[i + 1] == '.';
        bool odd = !is_alphanumeric(local[i]) && !strchr(".!#$%&'*+/=?^_`{|}~-", local[i]);
        if (dots || (odd && !((unsigned char)local[i] & 0x80)))
            return false;
    }
    return true;
}

static bool check_email(struct ctx *ctx, struct text email)
{
    const char *at = memchr(email.data, '@', email.len);
    size_t local_len = at ? (size_t)(at - email.data) : 0;
    if (!at || !is_local_part(email.data, local_len) || !is_domain(at + 1, email.len - local_len - 1))
        return refuse(ctx, "email", "is not an e-mail address; it is written name@domain.se, without spaces");
    return true;
}

static bool check_phone(struct ctx *ctx, const char *field, struct text *phone)
{
    char number[PHONE_BYTES];
    size_t len = phone_read(*phone, number);
    if (len == 0)
        return refuse(ctx, field,
                      "is not a phone number; write it as 070-123 45 67, or with the country as +46 70 123 45 67");
    *phone = ctx_text(ctx, (struct text){number, len});
    return phone->data != NULL;
}

static bool check_phones(struct ctx *ctx, const struct card_change *change, struct person_card *card)
{
    return (!card_change_is_given(change, "mobile") || !card->has_mobile ||
            check_phone(ctx, "mobile", &card->mobile)) &&
           (!card_change_is_given(change, "work_phone") || !card->has_work_phone ||
            check_phone(ctx, "work_phone", &card->work_phone)) &&
           (!card_change_is_given(change, "home_phone") || !card->has_home_phone ||
            check_phone(ctx, "home_phone", &card->home_phone));
}

/** A Swedish postal code becomes 123 45. */
static bool check_postal_code(struct ctx *ctx, struct text *code)
{
    char digits[5], kept[6];
    size_t count = 0;
    for (size_t i = 0; i < code->len; i++) {
        char c = code->data[i];
        if (c >= '0' && c <= '9' && count < sizeof digits)
            digits[count++] = c;
        else if (c != ' ')
            count = sizeof digits + 1;
        if (count > sizeof digits)
            break;
    }
    if (count != sizeof digits)
        return refuse(ctx, "address.postal_code",
                      "is not a Swedish postal code; it has five digits, as 903 26, or give "
                      "the country");
    memcpy(kept, digits, 3);
    kept[3] = ' ';
    memcpy(kept + 4, digits + 3, 2);
    *code = ctx_text(ctx, (struct text){kept, sizeof kept});
    return code->data != NULL;
}

static bool check_address(struct ctx *ctx, struct postal_address *address)
{
    bool two_letters = address->country.len == 2;
    for (size_t i = 0; two_letters && i < 2; i++)
        two_letters = address->country.data[i] >= 'A' && address->country.data[i] <= 'Z';
    if (address->has_country && !two_letters)
        return refuse(ctx, "address.country", "is not a country; write two capital letters, as NO for Norway");
    bool is_swedish = !address->has_country || text_equal(address->country, TEXT("SE"));
    return !address->has_postal_code || !is_swedish || check_postal_code(ctx, &address->postal_code);
}

int32_t rule_today(const struct ctx *ctx)
{
    return (int32_t)(ctx->now_ms / DAY_MS);
}

int32_t rule_latest_today(const struct ctx *ctx)
{
    return (int32_t)((ctx->now_ms + EASTERNMOST_MS) / DAY_MS);
}

/** The card's birth date is that of its personal number, if it has one. */
static bool check_birth(struct ctx *ctx, const struct card_change *change, struct person_card *card)
{
    struct personal_number number;
    if (card->has_personal_number) {
        const char *problem = personal_number_read(card->personal_number, rule_latest_today(ctx), &number);
        if (problem)
            return refuse(ctx, "personal_number", problem);
        card->personal_number = ctx_text(ctx, (struct text){number.digits, sizeof number.digits});
        if (!card->personal_number.data)
            return false;
        bool is_given = card_change_is_given(change, "birth_date");
        if (is_given && !(card->has_birth_date && card->birth_date == number.birth_date))
            return refuse(ctx, "birth_date", "is not the personal number's; leave it out, or mend the personal number");
        card->has_birth_date = true;
        card->birth_date = number.birth_date;
    }
    if (card->has_birth_date && card->birth_date > rule_latest_today(ctx))
        return refuse(ctx, "birth_date", "is in the future; give the day of birth");
    return true;
}

bool rule_entry(struct ctx *ctx, const char *field, enum pick_list list, uint64_t entry, uint64_t current)
{
    struct pick_list_entry row;
    if (entry == current)
        return true;
    if (!row_get(ctx, &person_entries, &pick_list_entry_row_desc, entry, &row) || row.list != list)
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, field, "the pick-list has no such entry; entry.list shows those it has");
    else if (!row.active)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, field,
                   "the entry is deactivated and cannot be newly chosen; choose another or activate it");
    return !is_refused(&ctx->refusal);
}

bool rule_organisation(struct ctx *ctx, uint64_t organisation, uint64_t current)
{
    struct organisation row;
    if (organisation == current)
        return true;
    if (!row_get(ctx, &person_organisations, &organisation_row_desc, organisation, &row))
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, "organisation",
                   "there is no such organisation; organisation.list shows those there are");
    else if (!row.active)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "organisation",
                   "the organisation is deactivated and cannot be newly chosen; choose another or activate it");
    return !is_refused(&ctx->refusal);
}

/** The department is one of the card's organisation; with another organisation, or none, it goes. */
static bool check_department(struct ctx *ctx, const struct card_change *change, struct person_card *card)
{
    const struct person_card *before = &change->before;
    bool moved = card->has_organisation != before->has_organisation || card->organisation != before->organisation;
    if (moved && !card_change_is_given(change, "department")) {
        card->has_department = false;
        card->department = 0;
    }
    if (!card->has_department || (!moved && before->has_department && before->department == card->department))
        return true;
    if (!card->has_organisation)
        return refuse(ctx, "department", "belongs to an organisation, and the person has none; give that first");
    if (!rule_entry(ctx, "department", PICK_LIST_DEPARTMENT, card->department, 0))
        return false;
    struct pick_list_entry row;
    if (!row_get(ctx, &person_entries, &pick_list_entry_row_desc, card->department, &row) ||
        row.organisation != card->organisation)
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, "department",
                   "is not a department of the person's organisation; entry.list shows those it has");
    return !is_refused(&ctx->refusal);
}

/** Somebody who works here, today at least. */
static bool check_account_manager(struct ctx *ctx, const struct card_change *change, const struct person_card *card)
{
    const struct person_card *before = &change->before;
    struct person_card manager;
    if (!card->has_account_manager || (before->has_account_manager && before->account_manager == card->account_manager))
        return true;
    if (!row_get(ctx, &person_cards, &person_card_row_desc, card->account_manager, &manager) || !manager.has_employment)
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, "account_manager",
                   "is not an employee; choose one of employee.list, or register the person as one");
    else if (manager.employment.has_ended_on && manager.employment.ended_on < rule_today(ctx))
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "account_manager",
                   "has ended as an employee and cannot be newly chosen; choose another");
    return !is_refused(&ctx->refusal);
}

static bool check_choices(struct ctx *ctx, const struct card_change *change, struct person_card *card)
{
    const struct person_card *before = &change->before;
    for (size_t i = 0; i < choice_count; i++) {
        uint64_t entry = choice_of(&choices[i], card);
        if (entry && !rule_entry(ctx, choices[i].field, choices[i].list, entry, choice_of(&choices[i], before)))
            return false;
    }
    return (!card->has_organisation ||
            rule_organisation(ctx, card->organisation, before->has_organisation ? before->organisation : 0)) &&
           check_department(ctx, change, card) && check_account_manager(ctx, change, card);
}

bool rule_unique(struct ctx *ctx, const struct index *index, const char *field, struct text number, uint64_t owner,
                 const char *message)
{
    struct bytes value;
    if (!index_get_unique(ctx->txn, index, text_bytes(number), &value) || get_u64(value.data) == owner)
        return true;
    ctx_refuse(ctx, ERROR_NOT_UNIQUE, field, message);
    return false;
}

/** Nobody else has it; that of a merged card, which leads to the kept one, is free. */
static bool check_customer_number(struct ctx *ctx, const struct person_card *card)
{
    struct bytes owner, row;
    if (index_get_unique(ctx->txn, &person_numbers, text_bytes(card->customer_number), &owner) &&
        !store_get(ctx->txn, &person_cards, owner, &row))
        return true;
    return rule_unique(ctx, &person_numbers, "customer_number", card->customer_number, card->person,
                       "another person has this customer number; give another one");
}

static bool check_unique(struct ctx *ctx, const struct card_change *change, const struct person_card *card)
{
    bool numbered = !card_change_is_given(change, "customer_number") || check_customer_number(ctx, card);
    return numbered && (!card->has_personal_number ||
                        rule_unique(ctx, &person_personal_numbers, "personal_number", card->personal_number,
                                    card->person, "another card has this personal number; it may be the same person"));
}

bool rules_check(struct ctx *ctx, struct card_change *change)
{
    struct person_card *card = &change->card;
    if (card_change_is_given(change, "email") && card->has_email && !check_email(ctx, card->email))
        return false;
    if (card_change_is_given(change, "terms_accepted_on") && card->has_terms_accepted_on &&
        card->terms_accepted_on > rule_latest_today(ctx))
        return refuse(ctx, "terms_accepted_on", "is in the future; give the day the person agreed");
    if (card_change_is_given(change, "address") && card->has_address && !check_address(ctx, &card->address))
        return false;
    return check_phones(ctx, change, card) && check_birth(ctx, change, card) && check_unique(ctx, change, card) &&
           check_choices(ctx, change, card);
}

static bool holds(const uint64_t *ids, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static int order_ids(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static bool check_groups(struct ctx *ctx, struct card_change *change, const struct list_changes *lists)
{
    const struct person_card *before = &change->before;
    size_t count = 0;
    uint64_t *groups = ctx_alloc_array(ctx, before->groups.count + lists->join_count, sizeof *groups);
    if (!groups)
        return false;
    for (size_t i = 0; i < before->groups.count; i++)
        if (!holds(lists->leave, lists->leave_count, before->groups.items[i]))
            groups[count++] = before->groups.items[i];
    for (size_t i = 0; i < lists->join_count; i++) {
        uint64_t group = lists->join[i];
        bool has = holds(before->groups.items, before->groups.count, group);
        if (!rule_entry(ctx, lists->groups_field, PICK_LIST_GROUP, group, has ? group : 0))
            return false;
        if (!holds(groups, count, group))
            groups[count++] = group;
    }
    if (count > GROUPS_MOST)
        return refuse(ctx, lists->groups_field, "would give the person more than 64 groups; remove some first");
    if (count)
        qsort(groups, count, sizeof *groups, order_ids);
    change->card.groups.count = count;
    change->card.groups.items = groups;
    return true;
}

static bool same_consent(const struct consent *old, const struct consent_change *change)
{
    return old->granted == change->granted && old->has_source == change->has_source &&
           text_equal(old->source, change->source) && old->has_legal_basis == change->has_legal_basis &&
           text_equal(old->legal_basis, change->legal_basis);
}

static struct consent consent_of(const struct ctx *ctx, const struct consent_change *change)
{
    return (struct consent){
        .channel = change->channel,
        .granted = change->granted,
        .changed_ms = ctx->now_ms,
        .has_changed_by = ctx->actor.len > 0,
        .changed_by = ctx->actor,
        .has_source = change->has_source,
        .source = change->source,
        .has_legal_basis = change->has_legal_basis,
        .legal_basis = change->legal_basis,
    };
}

static int order_consents(const void *a, const void *b)
{
    return (int)((const struct consent *)a)->channel - (int)((const struct consent *)b)->channel;
}

/** The place of the channel's consent; one past the last when there is none. */
static size_t place_of(const struct consent *consents, size_t count, enum channel channel)
{
    size_t at = 0;
    while (at < count && consents[at].channel != channel)
        at++;
    return at;
}

static bool check_consents(struct ctx *ctx, struct card_change *change, const struct list_changes *lists)
{
    const struct consent_change *changes = lists->consents;
    size_t count = change->before.consents.count;
    struct consent *consents = ctx_alloc_array(ctx, count + lists->consent_count, sizeof *consents);
    if (!consents)
        return false;
    if (count)
        memcpy(consents, change->before.consents.items, count * sizeof *consents);
    for (size_t i = 0; i < lists->consent_count; i++) {
        for (size_t j = 0; j < i; j++)
            if (changes[j].channel == changes[i].channel)
                return refuse(ctx, "consents", "says two things about one channel; say one");
        size_t at = place_of(consents, count, changes[i].channel);
        if (at < count && same_consent(&consents[at], &changes[i]))
            continue;
        consents[at] = consent_of(ctx, &changes[i]);
        count += at == count;
    }
    if (count)
        qsort(consents, count, sizeof *consents, order_consents);
    change->card.consents.count = count;
    change->card.consents.items = consents;
    return true;
}

bool rules_check_lists(struct ctx *ctx, struct card_change *change, const struct list_changes *lists)
{
    return check_groups(ctx, change, lists) && check_consents(ctx, change, lists) &&
           own_values_check(ctx, change, lists->own_count, lists->own);
}
