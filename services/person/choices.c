// SPDX-License-Identifier: Apache-2.0
#include "services/person/choices.h"

#include "common/wire/value.h"

#define CHOICE(list, field)                                                                                            \
    {                                                                                                                  \
#field, list, offsetof(struct person_card, field), offsetof(struct person_card, has_##field)                   \
    }

const struct choice choices[] = {
    CHOICE(PICK_LIST_JOB_TITLE, job_title),
    CHOICE(PICK_LIST_CATEGORY, category),
    CHOICE(PICK_LIST_REGION, region),
    CHOICE(PICK_LIST_BENEFIT_STATUS, benefit_status),
    CHOICE(PICK_LIST_SALES_STATUS, sales_status),
};
const size_t choice_count = sizeof choices / sizeof *choices;

uint64_t choice_of(const struct choice *choice, const struct person_card *card)
{
    return value_flag(card, choice->has) ? (uint64_t)value_int64(value_member(card, choice->value)) : 0;
}

static struct key used_key(enum used_kind kind, uint64_t id)
{
    struct key key = {.len = 0};
    key_u8(&key, (uint8_t)kind);
    key_u64(&key, id);
    return key;
}

static void count(struct store_txn *txn, enum used_kind kind, uint64_t id, int64_t amount)
{
    struct key key = used_key(kind, id);
    index_add(txn, &person_used, key_bytes(&key), amount);
}

void used_count(struct store_txn *txn, const struct person_card *card, int64_t amount)
{
    for (size_t i = 0; i < choice_count; i++)
        if (choice_of(&choices[i], card))
            count(txn, USED_ENTRY, choice_of(&choices[i], card), amount);
    for (size_t i = 0; i < card->groups.count; i++)
        count(txn, USED_ENTRY, card->groups.items[i], amount);
    if (card->has_department)
        count(txn, USED_ENTRY, card->department, amount);
    if (card->has_organisation)
        count(txn, USED_ORGANISATION, card->organisation, amount);
    if (card->has_account_manager)
        count(txn, USED_ACCOUNT_MANAGER, card->account_manager, amount);
    for (size_t i = 0; i < card->own.count; i++)
        count(txn, USED_OWN_FIELD, card->own.items[i].field, amount);
}

bool id_read(struct text text, uint64_t *out_id)
{
    uint64_t id = 0;
    if (text.len < 2 || text.len > 19 || text.data[0] != '#')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        id = id * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_id = id;
    return true;
}

int64_t used_by(struct ctx *ctx, enum used_kind kind, uint64_t id)
{
    struct key key = used_key(kind, id);
    return index_get_sum(ctx->txn, &person_used, key_bytes(&key));
}
