// SPDX-License-Identifier: Apache-2.0
/** `bulk.get`, `bulk.list` and `bulk.refused`: how far bulk changes have come. */
#include "proto/person_dispatch.gen.h"
#include "services/person/bulk.h"

bool bulk_get_answer(const struct person_service *self, const struct bulk_get *query, struct ctx *ctx,
                     struct bulk_get_reply *out_reply)
{
    (void)self;
    return bulk_get_row(ctx, query->bulk, &out_reply->bulk);
}

bool bulk_list_answer(const struct person_service *self, const struct bulk_list *query, struct ctx *ctx,
                      struct bulk_list_reply *out_reply)
{
    (void)self;
    struct store_cursor cursor;
    struct key before = key_of_id(query->has_before ? query->before : UINT64_MAX);
    size_t limit = (size_t)query->limit, count = 0;
    struct bulk *bulks = ctx_alloc_array(ctx, limit, sizeof *bulks);
    store_cursor_open(&cursor, ctx->txn, &person_bulks);
    bool there = bulks && store_cursor_seek_before(&cursor, key_bytes(&before));
    for (; there && count < limit && row_decode(ctx, &bulk_row_desc, cursor.value, &bulks[count]); count++)
        there = store_cursor_previous(&cursor);
    store_cursor_close(&cursor);
    *out_reply = (struct bulk_list_reply){.bulks = {count, bulks}, .more = there};
    return !is_refused(&ctx->refusal);
}

bool bulk_refused_answer(const struct person_service *self, const struct bulk_refused *query, struct ctx *ctx,
                         struct bulk_refused_reply *out_reply)
{
    (void)self;
    struct bulk bulk;
    struct store_cursor cursor;
    struct key from = bulk_refused_key(query->bulk, query->has_after ? query->after + 1 : 0);
    size_t limit = (size_t)query->limit, count = 0;
    struct bulk_refusal *refused = ctx_alloc_array(ctx, limit, sizeof *refused);
    if (!refused || !bulk_get_row(ctx, query->bulk, &bulk))
        return false;
    store_cursor_open(&cursor, ctx->txn, &person_bulk_refused);
    bool there = store_cursor_seek(&cursor, key_bytes(&from));
    for (; there && get_u64(cursor.key.data) == query->bulk && count < limit; count++) {
        if (!row_decode(ctx, &bulk_refusal_row_desc, cursor.value, &refused[count]))
            break;
        there = store_cursor_next(&cursor);
    }
    out_reply->more = there && get_u64(cursor.key.data) == query->bulk;
    store_cursor_close(&cursor);
    out_reply->refused.count = count;
    out_reply->refused.items = refused;
    return !is_refused(&ctx->refusal);
}
