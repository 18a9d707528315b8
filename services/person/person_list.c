// SPDX-License-Identifier: Apache-2.0
/** `person.list`: cards by id, page by page. */
#include "proto/person_dispatch.gen.h"
#include "services/person/state.h"

bool person_list_answer(const struct person_service *self, const struct person_list *query, struct ctx *ctx,
                        struct person_list_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    struct person_card *cards = ctx_alloc_array(ctx, limit, sizeof *cards);
    struct key from = key_of_id(query->has_after ? query->after + 1 : 0);
    struct store_cursor cursor;
    bool there = cards != NULL;
    store_cursor_open(&cursor, ctx->txn, &person_cards);
    for (there = there && store_cursor_seek(&cursor, key_bytes(&from)); there && count < limit;
         there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &person_card_row_desc, cursor.value, &cards[count++]))
            break;
    store_cursor_close(&cursor);
    out_reply->cards.count = count;
    out_reply->cards.items = cards;
    out_reply->more = there;
    return !is_refused(&ctx->refusal);
}
