// SPDX-License-Identifier: Apache-2.0
/** `person.merged_cards`: what was merged into a card. */
#include "common/store/alias.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/state.h"

bool person_merged_cards_answer(const struct person_service *self, const struct person_merged_cards *query,
                                struct ctx *ctx, struct person_merged_cards_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit;
    uint64_t *merged = ctx_alloc_array(ctx, limit, sizeof *merged);
    if (!merged)
        return false;
    size_t count =
        alias_list(ctx->txn, &person_merged, query->person, query->has_after ? query->after : 0, merged, limit);
    *out_reply = (struct person_merged_cards_reply){.merged = {count, merged}, .more = count == limit};
    return true;
}
