// SPDX-License-Identifier: Apache-2.0
/** `activity.list`: a person's activities, newest start first, page by page. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"

static bool check_place(struct ctx *ctx, const struct activity_list *query)
{
    if (query->has_before_start_ms == query->has_before_activity)
        return true;
    ctx_refuse(ctx, ERROR_INVALID_FIELD, query->has_before_start_ms ? "before_activity" : "before_start_ms",
               "is needed too; give start_ms and id of the last row of the page before");
    return false;
}

static bool read_row(struct ctx *ctx, uint64_t activity, struct activity *out_activity)
{
    if (!history_get(ctx, activity, out_activity))
        ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A listed activity has no row; an operator has to restore the store.");
    return !is_refused(&ctx->refusal);
}

bool activity_list_answer(const struct activity_service *self, const struct activity_list *query, struct ctx *ctx,
                          struct activity_list_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    if (!check_place(ctx, query))
        return false;
    struct activity *activities = ctx_alloc_array(ctx, limit, sizeof *activities);
    if (!activities)
        return false;
    uint64_t kept = persons_lead(ctx, query->person);
    struct key person = key_of_id(kept);
    struct key from = person;
    if (query->has_before_activity) // the next older one has at most the id before
        from = history_person_key(kept, query->before_start_ms, query->before_activity - 1);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&person), key_bytes(&from), false);
    bool there = index_scan_next(&scan);
    for (; there && count < limit; there = index_scan_next(&scan))
        if (!read_row(ctx, history_key_activity(scan.key), &activities[count++]))
            break;
    index_scan_close(&scan);
    out_reply->activities.count = count;
    out_reply->activities.items = activities;
    out_reply->more = there;
    out_reply->has_merged_from = kept != query->person;
    out_reply->merged_from = kept != query->person ? query->person : 0;
    return !is_refused(&ctx->refusal);
}
