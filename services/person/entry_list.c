// SPDX-License-Identifier: Apache-2.0
/** `entry.list`: the pick-lists. */
#include <stdlib.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/state.h"

enum { MAX_ENTRIES = 4096 };

static int order_entries(const void *a, const void *b)
{
    const struct pick_list_entry *left = a, *right = b;
    if (left->list != right->list)
        return left->list < right->list ? -1 : 1;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return left->entry < right->entry ? -1 : left->entry > right->entry;
}

bool entry_list_answer(const struct person_service *self, const struct entry_list *query, struct ctx *ctx,
                       struct entry_list_reply *out_reply)
{
    (void)self;
    struct pick_list_entry *entries = ctx_alloc_array(ctx, MAX_ENTRIES, sizeof *entries);
    struct store_cursor cursor;
    size_t count = 0;
    if (!entries)
        return false;
    store_cursor_open(&cursor, ctx->txn, &person_entries);
    for (bool there = store_cursor_first(&cursor); there && count < MAX_ENTRIES; there = store_cursor_next(&cursor)) {
        if (!row_decode(ctx, &pick_list_entry_row_desc, cursor.value, &entries[count]))
            break;
        count += !query->has_list || entries[count].list == query->list;
    }
    store_cursor_close(&cursor);
    if (count)
        qsort(entries, count, sizeof *entries, order_entries);
    out_reply->entries.count = count;
    out_reply->entries.items = entries;
    return !is_refused(&ctx->refusal);
}
