// SPDX-License-Identifier: Apache-2.0
/** `person.get`: one card; of a merged one that which was kept. */
#include "common/store/alias.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/card_erase.h"
#include "services/person/state.h"

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
        if (!index_get_unique(ctx->txn, &person_numbers, text_bytes(query->customer_number), &value)) {
            ctx_refuse(ctx, ERROR_NOT_FOUND, "customer_number", "there is no person with this customer number");
            return false;
        }
        person = get_u64(value.data);
    }
    uint64_t kept = alias_end(ctx->txn, &person_merged, person);
    out_reply->has_merged_from = kept != person;
    out_reply->merged_from = kept != person ? person : 0;
    if (row_get(ctx, &person_cards, &person_card_row_desc, kept, &out_reply->card))
        return true;
    card_erase_refuse(ctx, "person", kept);
    return false;
}
