// SPDX-License-Identifier: Apache-2.0
/** `type.list`: the activity types. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/types.h"

bool type_list_answer(const struct activity_service *self, const struct type_list *query, struct ctx *ctx,
                      struct type_list_reply *out_reply)
{
    (void)self;
    (void)query;
    struct activity_type *types = ctx_alloc_array(ctx, TYPES_MAX, sizeof *types);
    struct store_cursor cursor;
    size_t count = 0;
    if (!types)
        return false;
    store_cursor_open(&cursor, ctx->txn, &activity_types);
    for (bool there = store_cursor_first(&cursor); there && count < TYPES_MAX; there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &activity_type_row_desc, cursor.value, &types[count++]))
            break;
    store_cursor_close(&cursor);
    out_reply->types.count = count;
    out_reply->types.items = types;
    return !is_refused(&ctx->refusal);
}
