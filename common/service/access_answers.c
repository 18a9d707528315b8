// SPDX-License-Identifier: Apache-2.0
/** The queries about the access log, which every service answers. */
#include "common/service/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_ROWS = 2000,            // looked at for one page
    MOST_VERIFIED = 4000,        // entries in one page: the person of each is looked up, in some microseconds
    CLOCK_MS = 24 * 3600 * 1000, // what a clock may have been set back by, which rows are in the order of
    ROW_ENTRIES = ACCESS_ROW_BYTES / 4,
    PLACE_BYTES = 41,
};

/** Where a page begins: in a row, behind so many of its entries that the question is true of. */
struct place {
    uint64_t row;
    uint64_t skip;
};

/** One page being made. */
struct page {
    const struct access_list *query;
    struct ctx *ctx;
    struct access *accesses;
    size_t count;
    size_t limit;
};

static bool read_number(struct text *rest, uint64_t *out_number)
{
    uint64_t number = 0;
    size_t digits = 0;
    for (; digits < rest->len && digits < 19 && rest->data[digits] >= '0' && rest->data[digits] <= '9'; digits++)
        number = 10 * number + (uint64_t)(rest->data[digits] - '0');
    *rest = (struct text){rest->data + digits, rest->len - digits};
    *out_number = number;
    return digits > 0;
}

static bool read_place(struct text after, struct place *out_place)
{
    if (!read_number(&after, &out_place->row) || after.len == 0 || *after.data != '.')
        return false;
    after = (struct text){after.data + 1, after.len - 1};
    return read_number(&after, &out_place->skip) && after.len == 0;
}

static struct text write_place(struct ctx *ctx, struct place place)
{
    char text[PLACE_BYTES];
    int len = snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, place.row, place.skip);
    return ctx_text(ctx, (struct text){text, (size_t)len});
}

static bool is_asked(const struct access_list *query, const struct access_reader *reader,
                     const struct access_entry *entry)
{
    const struct access_act *act = &reader->acts[entry->act];
    return (!query->has_person || entry->person == query->person) && (!query->has_kind || act->kind == query->kind) &&
           (!query->has_actor || text_equal(act->actor, query->actor)) &&
           (!query->has_since_ms || entry->time_ms >= query->since_ms) &&
           (!query->has_until_ms || entry->time_ms <= query->until_ms);
}

static int newest_first(const void *a, const void *b)
{
    const struct access_entry *left = a, *right = b;
    if (left->time_ms != right->time_ms)
        return left->time_ms > right->time_ms ? -1 : 1;
    if (left->person != right->person)
        return left->person < right->person ? -1 : 1;
    return (left->act > right->act) - (left->act < right->act);
}

static void show(struct page *page, uint64_t row, const struct access_reader *reader, const struct access_entry *entry)
{
    const struct access_act *act = &reader->acts[entry->act];
    page->accesses[page->count++] = (struct access){
        .time_ms = entry->time_ms,
        .kind = act->kind,
        .type = ctx_text(page->ctx, act->type),
        .person = entry->person,
        .has_actor = act->actor.len > 0,
        .actor = ctx_text(page->ctx, act->actor),
        .has_sender = act->sender.len > 0,
        .sender = ctx_text(page->ctx, act->sender),
        .count = entry->count,
        .row = row,
    };
}

/** Takes of the row at `place` what the page has room for, and moves `place` to where the next page would go on. False: the page is full. */
static bool take_row(struct page *page, struct bytes row, struct place *place, bool *out_is_older)
{
    struct access_entry entries[ROW_ENTRIES];
    struct access_reader reader;
    size_t count = 0;
    if (access_reader_open(&reader, row))
        while (count < ROW_ENTRIES && access_reader_next(&reader, &entries[count]))
            count += is_asked(page->query, &reader, &entries[count]);
    if (reader.malformed)
        ctx_refuse(page->ctx, ERROR_CORRUPT, NULL,
                   "A row of the access log cannot be read; access.verify tells which, and an operator has to look.");
    *out_is_older = page->query->has_since_ms && reader.time_ms < page->query->since_ms - CLOCK_MS;
    if (count > 1)
        qsort(entries, count, sizeof *entries, newest_first);
    for (; place->skip < count; place->skip++) {
        if (page->count == page->limit)
            return false;
        show(page, place->row, &reader, &entries[place->skip]);
    }
    *place = (struct place){place->row - 1, 0};
    return true;
}

/** Fills the page; false: it is the last one. */
static bool fill(struct page *page, struct place *place)
{
    struct access_walk walk;
    bool is_older = false, has_room = true;
    size_t looked = 0;
    access_walk_open(&walk, page->ctx->txn, page->query->has_person ? page->query->person : 0, place->row);
    for (; has_room && !is_older && looked < MOST_ROWS && access_walk_next(&walk); looked++) {
        if (walk.number != place->row)
            *place = (struct place){walk.number, 0};
        has_room = take_row(page, walk.row, place, &is_older);
    }
    access_walk_close(&walk);
    return !is_older && place->row > 0 && (!has_room || looked == MOST_ROWS);
}

bool access_list_answer(const struct shell_service *self, const struct access_list *query, struct ctx *ctx,
                        struct access_list_reply *out_reply)
{
    (void)self;
    struct place place = {INT64_MAX, 0};
    struct page page = {.query = query, .ctx = ctx, .limit = (size_t)query->limit};
    if (query->has_after && !read_place(query->after, &place))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "after", "is no place in the log; give `next` of the page before");
    page.accesses = ctx_alloc_array(ctx, page.limit, sizeof *page.accesses);
    if (is_refused(&ctx->refusal))
        return false;
    out_reply->has_next = fill(&page, &place);
    if (out_reply->has_next)
        out_reply->next = write_place(ctx, place);
    out_reply->accesses.count = page.count;
    out_reply->accesses.items = page.accesses;
    return !is_refused(&ctx->refusal);
}

bool access_head_answer(const struct shell_service *self, const struct access_head *query, struct ctx *ctx,
                        struct access_head_reply *out_reply)
{
    (void)query;
    struct store_identity identity = store_identity(self->core->config.store);
    struct access_position last = access_log_last(ctx->txn);
    struct key key = key_of_id(last.row);
    struct access_reader reader;
    struct bytes row;
    out_reply->has_time_ms = last.row > 0 && store_get(ctx->txn, store_access_table(), key_bytes(&key), &row) &&
                             access_reader_open(&reader, row);
    out_reply->time_ms = out_reply->has_time_ms ? reader.time_ms : 0;
    out_reply->row = (int64_t)last.row;
    out_reply->store = text_bytes(ctx_text(ctx, bytes_text(bytes_of(identity.id, sizeof identity.id))));
    out_reply->digest = text_bytes(ctx_text(ctx, bytes_text(bytes_of(last.digest, sizeof last.digest))));
    return !is_refused(&ctx->refusal);
}

bool access_verify_answer(const struct shell_service *self, const struct access_verify *query, struct ctx *ctx,
                          struct access_verify_reply *out_reply)
{
    (void)self;
    struct access_position at = {.row = (uint64_t)query->after};
    if (query->has_digest != (query->after > 0)) {
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "digest", "belongs to the row that `after` names; give both, or neither");
        return false;
    }
    if (query->has_digest)
        memcpy(at.digest, query->digest.data, sizeof at.digest);
    const char *problem = access_log_verify(ctx->txn, &at, (size_t)query->limit, MOST_VERIFIED);
    out_reply->row = (int64_t)at.row;
    out_reply->digest = text_bytes(ctx_text(ctx, bytes_text(bytes_of(at.digest, sizeof at.digest))));
    out_reply->has_problem = problem != NULL;
    out_reply->problem = text_of(problem);
    out_reply->more = !problem && at.row < access_log_last(ctx->txn).row;
    return !is_refused(&ctx->refusal);
}
