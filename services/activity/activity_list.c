// SPDX-License-Identifier: Apache-2.0
/**
 * `activity.list`: a person's or an organisation's activities, newest start first, or all, newest id first, page by page; `activity.dossier`: a
 * person's with their texts.
 */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_filter.h"
#include "services/activity/bodies.h"
#include "services/activity/history.h"
#include "services/activity/moves.h"
#include "services/activity/persons.h"

enum {
    MOST_TEXT_BYTES = 1024 * 1024, // of a dossier's page, before the last one
    MOST_LOOKED_AT = 5000,         // of a page with a filter
};

/** A page that is asked for. */
struct question {
    const struct index *index; // of the owner's; NULL: all there are
    uint64_t owner;
    bool has_start;
    int64_t start_ms;
    bool has_activity;
    uint64_t activity;
    size_t limit;
    bool has_bodies;
    struct filter filter;
};

struct page {
    size_t count;
    struct activity *activities;
    size_t looked_at;
    size_t text_bytes;
    int64_t last_start_ms; // of the last one looked at
    uint64_t last;
    bool more;
};

static bool check_place(struct ctx *ctx, const struct question *question)
{
    if (!question->index && question->has_start)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "before_start_ms",
                   "is not for the list of all, which is by id; give before_activity alone");
    else if (question->index && question->has_start != question->has_activity)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, question->has_start ? "before_activity" : "before_start_ms",
                   "is needed too; give next_start_ms and next_activity of the page before");
    return !is_refused(&ctx->refusal);
}

static bool has_room(const struct question *question, const struct page *page)
{
    return page->count < question->limit && page->text_bytes < MOST_TEXT_BYTES && page->looked_at < MOST_LOOKED_AT;
}

/** Takes one in that was read, if the filter lets it pass. */
static void take(struct ctx *ctx, const struct question *question, struct page *page)
{
    struct activity *row = &page->activities[page->count];
    page->looked_at++;
    page->last = row->activity;
    page->last_start_ms = row->start_ms;
    if (!filter_passes(ctx, &question->filter, row))
        return;
    if (question->has_bodies) {
        row->body = bodies_get(ctx, row->activity);
        row->has_body = row->body.len > 0;
    }
    page->text_bytes += row->body.len;
    page->count++;
}

static void read_owned(struct ctx *ctx, const struct question *question, struct page *page)
{
    const struct activity_filter *wants = question->filter.wants;
    struct key owner = key_of_id(question->owner), from = owner;
    if (question->has_activity) // the next older one has at most the id before
        from = history_key(question->owner, question->start_ms, question->activity - 1);
    else if (wants && wants->has_to_ms && wants->to_ms > INT64_MIN)
        from = history_key(question->owner, wants->to_ms - 1, UINT64_MAX);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, question->index, key_bytes(&owner), key_bytes(&from), false);
    bool there = index_scan_next(&scan);
    for (; there && has_room(question, page); there = index_scan_next(&scan)) {
        if (wants && wants->has_from_ms && history_key_start(scan.key) < wants->from_ms) {
            there = false;
            break;
        }
        struct arena_mark mark = arena_mark(ctx->arena);
        size_t count = page->count;
        if (!history_get(ctx, history_key_activity(scan.key), &page->activities[count])) {
            ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A listed activity has no row; an operator has to restore the store.");
            break;
        }
        take(ctx, question, page);
        if (page->count == count)
            arena_rewind(ctx->arena, mark);
    }
    index_scan_close(&scan);
    page->more = there;
}

static void read_all(struct ctx *ctx, const struct question *question, struct page *page)
{
    struct key before = key_of_id(question->activity);
    struct store_cursor cursor;
    store_cursor_open(&cursor, ctx->txn, &activity_rows);
    bool there = question->has_activity
                     ? (store_cursor_seek(&cursor, key_bytes(&before)) ? store_cursor_previous(&cursor)
                                                                       : store_cursor_last(&cursor))
                     : store_cursor_last(&cursor);
    for (; there && has_room(question, page); there = store_cursor_previous(&cursor)) {
        struct arena_mark mark = arena_mark(ctx->arena);
        size_t count = page->count;
        if (!history_decode(ctx, cursor.value, &page->activities[count]))
            break;
        take(ctx, question, page);
        if (page->count == count)
            arena_rewind(ctx->arena, mark);
    }
    store_cursor_close(&cursor);
    page->more = there;
}

static bool read_page(struct ctx *ctx, const struct question *question, struct page *out_page)
{
    if (!check_place(ctx, question))
        return false;
    *out_page = (struct page){.activities = ctx_alloc_array(ctx, question->limit, sizeof *out_page->activities)};
    if (!out_page->activities)
        return false;
    if (question->index)
        read_owned(ctx, question, out_page);
    else
        read_all(ctx, question, out_page);
    return !is_refused(&ctx->refusal);
}

bool activity_list_answer(const struct activity_service *self, const struct activity_list *query, struct ctx *ctx,
                          struct activity_list_reply *out_reply)
{
    (void)self;
    struct page page;
    struct question *question = ctx_alloc(ctx, sizeof *question);
    if (!question)
        return false;
    uint64_t person = query->has_person ? persons_lead(ctx, query->person) : 0;
    *question = (struct question){
        .index = query->has_person         ? &activity_by_person
                 : query->has_organisation ? &activity_by_organisation
                                           : NULL,
        .owner = query->has_person ? person : query->organisation,
        .has_start = query->has_before_start_ms,
        .start_ms = query->before_start_ms,
        .has_activity = query->has_before_activity,
        .activity = query->before_activity,
        .limit = (size_t)query->limit,
    };
    if (query->has_person && query->has_organisation) {
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "organisation",
                   "give a person or an organisation; of both, filter.at_organisation says which of the person's");
        return false;
    }
    if (!filter_open(ctx, query->has_filter ? &query->filter : NULL, &question->filter) ||
        !read_page(ctx, question, &page))
        return false;
    out_reply->activities.count = page.count;
    out_reply->activities.items = page.activities;
    out_reply->more = page.more;
    out_reply->has_next_start_ms = page.more && question->index;
    out_reply->next_start_ms = out_reply->has_next_start_ms ? page.last_start_ms : 0;
    out_reply->has_next_activity = page.more;
    out_reply->next_activity = page.more ? page.last : 0;
    out_reply->has_merged_from = query->has_person && person != query->person;
    out_reply->merged_from = out_reply->has_merged_from ? query->person : 0;
    return true;
}

bool activity_dossier_answer(const struct activity_service *self, const struct activity_dossier *query, struct ctx *ctx,
                             struct activity_dossier_reply *out_reply)
{
    (void)self;
    struct page page;
    struct question *question = ctx_alloc(ctx, sizeof *question);
    if (!question)
        return false;
    *question = (struct question){
        .index = &activity_by_person,
        .owner = persons_lead(ctx, query->person),
        .has_start = query->has_before_start_ms,
        .start_ms = query->before_start_ms,
        .has_activity = query->has_before_activity,
        .activity = query->before_activity,
        .limit = (size_t)query->limit,
        .has_bodies = true,
    };
    if (moves_go_to(ctx, question->owner)) {
        ctx_refuse(ctx, ERROR_BUSY, "person",
                   "activities of a merged card are still going over to this one; ask again in some seconds");
        return false;
    }
    if (!read_page(ctx, question, &page))
        return false;
    out_reply->activities.count = page.count;
    out_reply->activities.items = page.activities;
    out_reply->more = page.more;
    return true;
}
