// SPDX-License-Identifier: Apache-2.0
#include "proto/library_dispatch.gen.h"

static const void *call_book_add_check(const void *self, const void *command, struct ctx *ctx)
{
    return book_add_check(self, command, ctx);
}

static void call_book_add_apply(void *self, const void *plan, struct ctx *ctx, void *out_reply)
{
    book_add_apply(self, plan, ctx, out_reply);
}

static const void *call_book_drop_check(const void *self, const void *command, struct ctx *ctx)
{
    return book_drop_check(self, command, ctx);
}

static void call_book_drop_apply(void *self, const void *plan, struct ctx *ctx, void *out_reply)
{
    book_drop_apply(self, plan, ctx, out_reply);
}

static bool call_book_get_answer(const void *self, const void *query, struct ctx *ctx, void *out_reply)
{
    return book_get_answer(self, query, ctx, out_reply);
}

static const struct command_row commands[] = {
    {
        .message = &book_add_message,
        .check = call_book_add_check,
        .apply = call_book_add_apply,
    },
    {
        .message = &book_drop_message,
        .check = call_book_drop_check,
        .apply = call_book_drop_apply,
    },
};

static const struct query_row queries[] = {
    {
        .message = &book_get_message,
        .answer = call_book_get_answer,
    },
};

static const struct message_desc *const published[] = {
    &book_added_message,
    &book_dropped_message,
    &books_count_message,
};

const struct dispatch library_dispatch = {
    .service = "library",
    .commands = commands,
    .command_count = 2,
    .queries = queries,
    .query_count = 1,
    .published = published,
    .published_count = 3,
};
