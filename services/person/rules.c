// SPDX-License-Identifier: Apache-2.0
#include "services/person/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/date.h"

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

bool rule_email(struct ctx *ctx, struct text email)
{
    const char *at = memchr(email.data, '@', email.len);
    size_t local_len = at ? (size_t)(at - email.data) : 0;
    if (!at || !is_local_part(email.data, local_len) || !is_domain(at + 1, email.len - local_len - 1))
        return refuse(ctx, "email", "is not an e-mail address; it is written name@domain.se, without spaces");
    return true;
}

bool rule_mobile(struct ctx *ctx, struct text mobile, struct text *out_number)
{
    static const char *const problem =
        "is not a phone number; write it as 070-123 45 67, or with the country as +46 70 123 45 67";
    char digits[32];
    size_t count = 0;
    bool international = false;
    for (size_t i = 0; i < mobile.len; i++) {
        char c = mobile.data[i];
        if (c == '+' && count == 0 && !international)
            international = true;
        else if (c >= '0' && c <= '9' && count < sizeof digits)
            digits[count++] = c;
        else if (!strchr(" -()./", c))
            return refuse(ctx, "mobile", problem);
    }
    const char *rest = digits;
    const char *country = "46";
    if (!international && count > 2 && digits[0] == '0' && digits[1] == '0') {
        international = true;
        rest += 2, count -= 2;
    }
    if (international)
        country = "";
    else if (count > 1 && digits[0] == '0')
        rest += 1, count -= 1;
    else
        return refuse(ctx, "mobile", problem);
    // People write +46 (0)70…: the zero is for calls within the country and no part of the number.
    char number[40];
    bool trunk_zero = international && count > 3 && memcmp(rest, "460", 3) == 0;
    int len = trunk_zero ? snprintf(number, sizeof number, "+46%.*s", (int)(count - 3), rest + 3)
                         : snprintf(number, sizeof number, "+%s%.*s", country, (int)count, rest);
    if (len < 8 || len > 16 || number[1] == '0') // E.164: at most 15 digits, no country begins with 0
        return refuse(ctx, "mobile", problem);
    *out_number = ctx_text(ctx, (struct text){number, (size_t)len});
    return out_number->data != NULL;
}

bool rule_terms_accepted(struct ctx *ctx, int32_t day)
{
    // A day begins up to 14 hours earlier in the east than in UTC.
    int64_t last_day = (ctx->now_ms + 14 * 3600 * 1000LL) / (24 * 3600 * 1000LL);
    if (day > last_day)
        return refuse(ctx, "terms_accepted_on", "is in the future; give the day the person agreed");
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

bool rule_customer_number(struct ctx *ctx, struct text number, uint64_t owner)
{
    struct bytes value;
    if (!index_get_unique(ctx->txn, &person_numbers, text_bytes(number), &value) || get_u64(value.data) == owner)
        return true;
    ctx_refuse(ctx, ERROR_NOT_UNIQUE, "customer_number", "another person has this customer number; give another one");
    return false;
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

bool rule_groups(struct ctx *ctx, const char *add_field, const struct person_card *card, size_t add_count,
                 const uint64_t *add, size_t remove_count, const uint64_t *remove, size_t *out_count,
                 const uint64_t **out_groups)
{
    size_t count = 0;
    uint64_t *groups = ctx_alloc_array(ctx, card->groups.count + add_count, sizeof *groups);
    if (!groups)
        return false;
    for (size_t i = 0; i < card->groups.count; i++)
        if (!holds(remove, remove_count, card->groups.items[i]))
            groups[count++] = card->groups.items[i];
    for (size_t i = 0; i < add_count; i++) {
        bool has = holds(card->groups.items, card->groups.count, add[i]);
        if (!rule_entry(ctx, add_field, PICK_LIST_GROUP, add[i], has ? add[i] : 0))
            return false;
        if (!holds(groups, count, add[i]))
            groups[count++] = add[i];
    }
    if (count > 64)
        return refuse(ctx, add_field, "would give the person more than 64 groups; remove some first");
    if (count)
        qsort(groups, count, sizeof *groups, order_ids);
    *out_count = count;
    *out_groups = groups;
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

bool rule_consents(struct ctx *ctx, const struct person_card *card, size_t change_count,
                   const struct consent_change *changes, size_t *out_count, const struct consent **out_consents,
                   bool *out_changed)
{
    size_t count = card->consents.count;
    struct consent *consents = ctx_alloc_array(ctx, count + change_count, sizeof *consents);
    if (!consents)
        return false;
    if (count)
        memcpy(consents, card->consents.items, count * sizeof *consents);
    *out_changed = false;
    for (size_t i = 0; i < change_count; i++) {
        for (size_t j = 0; j < i; j++)
            if (changes[j].channel == changes[i].channel)
                return refuse(ctx, "consents", "says two things about one channel; say one");
        size_t at = place_of(consents, count, changes[i].channel);
        if (at < count && same_consent(&consents[at], &changes[i]))
            continue;
        consents[at] = consent_of(ctx, &changes[i]);
        count += at == count;
        *out_changed = true;
    }
    if (count)
        qsort(consents, count, sizeof *consents, order_consents);
    *out_count = count;
    *out_consents = consents;
    return true;
}
