// SPDX-License-Identifier: Apache-2.0
/** `entry.list`: the pick-lists. */
#include <stdlib.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"

enum { MAX_ENTRIES = 4096 };

static int order_entries(const void *a, const void *b)
{
    const struct pick_list_entry *left = a, *right = b;
    if (left->list != right->list)
        return left->list < right->list ? -1 : 1;
    if (left->organisation != right->organisation)
        return left->organisation < right->organisation ? -1 : 1;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return left->entry < right->entry ? -1 : left->entry > right->entry;
}

static bool is_wanted(const struct entry_list *query, const struct pick_list_entry *entry)
{
    return (!query->has_list || entry->list == query->list) &&
           (!query->has_organisation || entry->organisation == query->organisation);
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
        count += is_wanted(query, &entries[count]);
    }
    store_cursor_close(&cursor);
    if (count)
        qsort(entries, count, sizeof *entries, order_entries);
    struct entry_usage *usage = ctx_alloc_array(ctx, count, sizeof *usage);
    for (size_t i = 0; usage && i < count; i++)
        usage[i] = (struct entry_usage){
            .entry = entries[i].entry,
            .name = entries[i].names.sv,
            .persons = used_by(ctx, USED_ENTRY, entries[i].entry),
        };
    out_reply->entries.count = count;
    out_reply->entries.items = entries;
    out_reply->usage.count = usage ? count : 0;
    out_reply->usage.items = usage;
    return !is_refused(&ctx->refusal);
}
