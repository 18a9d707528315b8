// SPDX-License-Identifier: Apache-2.0
#include "proto/loans_dispatch.gen.h"

static bool call_loan_list_answer(const void *self, const void *query, struct ctx *ctx, void *out_reply)
{
    return loan_list_answer(self, query, ctx, out_reply);
}

static const void *call_loans_on_book_added_check(const void *self, const void *event, struct ctx *ctx)
{
    return loans_on_book_added_check(self, event, ctx);
}

static void call_loans_on_book_added_apply(void *self, const void *plan, struct ctx *ctx)
{
    loans_on_book_added_apply(self, plan, ctx);
}

static const void *call_loans_on_book_dropped_check(const void *self, const void *event, struct ctx *ctx)
{
    return loans_on_book_dropped_check(self, event, ctx);
}

static void call_loans_on_book_dropped_apply(void *self, const void *plan, struct ctx *ctx)
{
    loans_on_book_dropped_apply(self, plan, ctx);
}

static const struct query_row queries[] = {
    {
        .message = &loan_list_message,
        .answer = call_loan_list_answer,
    },
};

static const struct event_row events[] = {
    {
        .source = "library",
        .message = &book_added_message,
        .check = call_loans_on_book_added_check,
        .apply = call_loans_on_book_added_apply,
    },
    {
        .source = "library",
        .message = &book_dropped_message,
        .check = call_loans_on_book_dropped_check,
        .apply = call_loans_on_book_dropped_apply,
    },
};

static const struct message_desc *const published[] = {
    &loan_made_message,
};

const struct dispatch loans_dispatch = {
    .service = "loans",
    .queries = queries,
    .query_count = 1,
    .events = events,
    .event_count = 2,
    .published = published,
    .published_count = 1,
};
