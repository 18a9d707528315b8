// SPDX-License-Identifier: Apache-2.0
/** `recipient.list`: recipients in one state or in any, oldest first. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/recipients.h"

enum { MAX_LIMIT = 1000 };

/** Ids of all recipients after one, in the order of their ids. */
static size_t ids_in_any_state(struct ctx *ctx, uint64_t after, uint64_t *out_ids, size_t max)
{
    struct key from = key_of_id(after + 1);
    struct store_cursor cursor;
    size_t count = 0;
    store_cursor_open(&cursor, ctx->txn, &notification_recipients);
    for (bool there = store_cursor_seek(&cursor, key_bytes(&from)); there && count < max;
         there = store_cursor_next(&cursor))
        out_ids[count++] = get_u64(cursor.key.data);
    store_cursor_close(&cursor);
    return count;
}

bool recipient_list_answer(const struct notification_service *self, const struct recipient_list *query, struct ctx *ctx,
                           struct recipient_list_reply *out_reply)
{
    (void)self;
    uint64_t ids[MAX_LIMIT + 1];
    size_t limit = (size_t)query->limit;
    uint64_t after = query->has_after ? query->after : 0;
    size_t count = query->has_state ? recipients_in_state(ctx, query->state, after, ids, limit + 1)
                                    : ids_in_any_state(ctx, after, ids, limit + 1);
    out_reply->more = count > limit;
    return recipients_read(ctx, ids, count > limit ? limit : count, &out_reply->recipients.count,
                           &out_reply->recipients.items);
}
