// SPDX-License-Identifier: Apache-2.0
/** `activity.scan`: all activities by id, page by page. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/history.h"

enum {
    PAGE_BYTES = 2 * 1024 * 1024
}; // of stored rows; on the wire names of fields make a page of short rows about twice that

bool activity_scan_answer(const struct activity_service *self, const struct activity_scan *query, struct ctx *ctx,
                          struct activity_scan_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0, bytes = 0;
    struct activity *activities = ctx_alloc_array(ctx, limit, sizeof *activities);
    if (!activities)
        return false;
    struct key from = key_of_id(query->has_after ? query->after + 1 : 0);
    struct store_cursor cursor;
    store_cursor_open(&cursor, ctx->txn, &activity_rows);
    bool there = store_cursor_seek(&cursor, key_bytes(&from));
    for (; there && count < limit && bytes < PAGE_BYTES; there = store_cursor_next(&cursor)) {
        if (!history_decode(ctx, cursor.value, &activities[count++]))
            break;
        bytes += cursor.value.len;
    }
    store_cursor_close(&cursor);
    out_reply->activities.count = count;
    out_reply->activities.items = activities;
    out_reply->more = there;
    return !is_refused(&ctx->refusal);
}
