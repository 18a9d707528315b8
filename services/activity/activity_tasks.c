// SPDX-License-Identifier: Apache-2.0
/** `activity.tasks`: what an employee still has to do, what is due first before all, page by page. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_filter.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"
#include "services/activity/tasks.h"

enum { MOST_LOOKED_AT = 5000 };

bool activity_tasks_answer(const struct activity_service *self, const struct activity_tasks *query, struct ctx *ctx,
                           struct activity_tasks_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0, looked_at = 0;
    uint64_t assignee = persons_lead(ctx, query->assignee);
    struct filter *filter = ctx_alloc(ctx, sizeof *filter);
    struct activity *activities = ctx_alloc_array(ctx, limit, sizeof *activities);
    if (query->has_after_due_ms && !query->has_after_activity)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "after_activity",
                          "is needed too; give next_due_ms and next_activity of the page before");
    if (!filter || !activities || !filter_open(ctx, query->has_filter ? &query->filter : NULL, filter))
        return false;
    struct key prefix = key_of_id(assignee), from = prefix;
    if (query->has_after_activity)
        from = tasks_key(assignee, query->has_after_due_ms ? query->after_due_ms : TASKS_NEVER_DUE,
                         query->after_activity + 1);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &activity_by_assignee, key_bytes(&prefix), key_bytes(&from), false);
    bool there = index_scan_next(&scan);
    for (; there && count < limit && looked_at < MOST_LOOKED_AT; there = index_scan_next(&scan), looked_at++) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct activity *row = &activities[count];
        if (!history_get(ctx, tasks_key_activity(scan.key), row)) {
            ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A listed activity has no row; an operator has to restore the store.");
            break;
        }
        out_reply->has_next_due_ms = row->has_due_ms;
        out_reply->next_due_ms = row->due_ms;
        out_reply->next_activity = row->activity;
        if (filter_passes(ctx, filter, row))
            count++;
        else
            arena_rewind(ctx->arena, mark);
    }
    index_scan_close(&scan);
    out_reply->activities.count = count;
    out_reply->activities.items = activities;
    out_reply->more = there;
    out_reply->has_next_activity = there;
    out_reply->has_next_due_ms = there && out_reply->has_next_due_ms;
    out_reply->now_ms = ctx->now_ms;
    return !is_refused(&ctx->refusal);
}
