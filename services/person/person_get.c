// SPDX-License-Identifier: Apache-2.0
/** `person.get`: one card; of a merged one that which was kept. */
#include "common/service/erasing.h"
#include "common/store/alias.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/state.h"

static bool not_found(struct ctx *ctx, const char *field)
{
    ctx_refuse(ctx, ERROR_NOT_FOUND, field, "there is no such person");
    return false;
}

bool person_get_answer(const struct person_service *self, const struct person_get *query, struct ctx *ctx,
                       struct person_get_reply *out_reply)
{
    (void)self;
    uint64_t person = query->person;
    if (query->has_person == query->has_customer_number) {
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "person", "give either person or customer_number");
        return false;
    }
    if (query->has_customer_number) {
        struct bytes value;
        if (!index_get_unique(ctx->txn, &person_numbers, text_bytes(query->customer_number), &value))
            return not_found(ctx, "customer_number");
        person = get_u64(value.data);
    }
    uint64_t kept = alias_end(ctx->txn, &person_merged, person);
    out_reply->has_merged_from = kept != person;
    out_reply->merged_from = kept != person ? person : 0;
    if (row_get(ctx, &person_cards, &person_card_row_desc, kept, &out_reply->card))
        return true;
    if (erasing_has(ctx->txn, &person_erased_persons, kept))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "person", "was erased");
    return not_found(ctx, "person");
}
