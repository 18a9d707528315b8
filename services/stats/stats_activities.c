// SPDX-License-Identifier: Apache-2.0
/** `stats.activities`: which activities are behind a figure. */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/count.h"

enum { MOST_LOOKED_AT = 500 * 1000 };

struct page {
    size_t limit;
    bool has_contacts;
    bool contacts;
    size_t count;
    uint64_t *activities;
};

static bool take(void *user, uint64_t activity, const struct counted *counted)
{
    struct page *page = user;
    if (!page->has_contacts || (figures_of_sum(counted->sum).contacts != 0) == page->contacts)
        page->activities[page->count++] = activity;
    return page->count < page->limit;
}

bool stats_activities_answer(const struct stats_service *self, const struct stats_activities *query, struct ctx *ctx,
                             struct stats_activities_reply *out_reply)
{
    const struct question_parts parts = QUESTION_PARTS(query);
    struct page page = {
        .limit = (size_t)query->limit,
        .has_contacts = query->has_contacts,
        .contacts = query->contacts,
        .activities = ctx_alloc_array(ctx, (size_t)query->limit, sizeof *page.activities),
    };
    struct question *question = ctx_alloc(ctx, sizeof *question);
    uint64_t last = 0;
    out_reply->read = 0;
    if (!page.activities || !question || !question_read(self, &parts, 0, NULL, ctx, question))
        return false;
    enum counting counting = count_facts(question, ctx, query->has_after ? query->after : 0, MOST_LOOKED_AT, take,
                                         &page, &out_reply->read, &last);
    if (counting == COUNTED_NOT || !stats_is_sound(ctx))
        return false;
    out_reply->activities.count = page.count;
    out_reply->activities.items = page.activities;
    out_reply->more = last != 0;
    out_reply->has_next = last != 0;
    out_reply->next = last;
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
    return true;
}
