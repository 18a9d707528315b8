// SPDX-License-Identifier: Apache-2.0
/** `activity.list`: a person's activities, newest start first, page by page; `activity.dossier`: the same with their texts. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/bodies.h"
#include "services/activity/history.h"
#include "services/activity/moves.h"
#include "services/activity/persons.h"

enum { MOST_TEXT_BYTES = 1024 * 1024 }; // of a dossier's page, before the last one

/** A page that is asked for. */
struct question {
    uint64_t person;
    bool has_start;
    int64_t start_ms;
    bool has_activity;
    uint64_t activity;
    size_t limit;
    bool has_bodies;
};

struct page {
    size_t count;
    struct activity *activities;
    bool more;
};

static bool check_place(struct ctx *ctx, const struct question *question)
{
    if (question->has_start == question->has_activity)
        return true;
    ctx_refuse(ctx, ERROR_INVALID_FIELD, question->has_start ? "before_activity" : "before_start_ms",
               "is needed too; give start_ms and id of the last row of the page before");
    return false;
}

static bool read_row(struct ctx *ctx, uint64_t activity, bool has_body, struct activity *out_activity)
{
    if (!history_get(ctx, activity, out_activity))
        ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A listed activity has no row; an operator has to restore the store.");
    else if (has_body) {
        out_activity->body = bodies_get(ctx, activity);
        out_activity->has_body = out_activity->body.len > 0;
    }
    return !is_refused(&ctx->refusal);
}

static bool read_page(struct ctx *ctx, const struct question *question, struct page *out_page)
{
    size_t count = 0, text_bytes = 0;
    if (!check_place(ctx, question))
        return false;
    struct activity *activities = ctx_alloc_array(ctx, question->limit, sizeof *activities);
    if (!activities)
        return false;
    struct key person = key_of_id(question->person);
    struct key from = person;
    if (question->has_activity) // the next older one has at most the id before
        from = history_person_key(question->person, question->start_ms, question->activity - 1);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&person), key_bytes(&from), false);
    bool there = index_scan_next(&scan);
    for (; there && count < question->limit && text_bytes < MOST_TEXT_BYTES; there = index_scan_next(&scan)) {
        if (!read_row(ctx, history_key_activity(scan.key), question->has_bodies, &activities[count]))
            break;
        text_bytes += activities[count++].body.len;
    }
    index_scan_close(&scan);
    *out_page = (struct page){count, activities, there};
    return !is_refused(&ctx->refusal);
}

bool activity_list_answer(const struct activity_service *self, const struct activity_list *query, struct ctx *ctx,
                          struct activity_list_reply *out_reply)
{
    (void)self;
    struct page page;
    const struct question question = {
        .person = persons_lead(ctx, query->person),
        .has_start = query->has_before_start_ms,
        .start_ms = query->before_start_ms,
        .has_activity = query->has_before_activity,
        .activity = query->before_activity,
        .limit = (size_t)query->limit,
    };
    if (!read_page(ctx, &question, &page))
        return false;
    out_reply->activities.count = page.count;
    out_reply->activities.items = page.activities;
    out_reply->more = page.more;
    out_reply->has_merged_from = question.person != query->person;
    out_reply->merged_from = out_reply->has_merged_from ? query->person : 0;
    return true;
}

bool activity_dossier_answer(const struct activity_service *self, const struct activity_dossier *query, struct ctx *ctx,
                             struct activity_dossier_reply *out_reply)
{
    (void)self;
    struct page page;
    const struct question question = {
        .person = persons_lead(ctx, query->person),
        .has_start = query->has_before_start_ms,
        .start_ms = query->before_start_ms,
        .has_activity = query->has_before_activity,
        .activity = query->before_activity,
        .limit = (size_t)query->limit,
        .has_bodies = true,
    };
    if (moves_go_to(ctx, question.person)) {
        ctx_refuse(ctx, ERROR_BUSY, "person",
                   "activities of a merged card are still going over to this one; ask again in some seconds");
        return false;
    }
    if (!read_page(ctx, &question, &page))
        return false;
    out_reply->activities.count = page.count;
    out_reply->activities.items = page.activities;
    out_reply->more = page.more;
    return true;
}
