// SPDX-License-Identifier: Apache-2.0
#include "services/stats/saved.h"

#include "common/base/date.h"
#include "proto/stats_dispatch.gen.h"
#include "services/stats/question.h"
#include "services/stats/zone.h"

const struct store_table stats_questions = {"question", STORE_FIRST_SERVICE_SLOT + 9};

bool saved_get(struct ctx *ctx, uint64_t question, struct saved_question *out_question)
{
    if (row_get(ctx, &stats_questions, &saved_question_row_desc, question, out_question))
        return true;
    ctx_refuse(ctx, ERROR_NOT_FOUND, "question", "there is no such saved question; question.list shows them");
    return false;
}

size_t saved_read(struct ctx *ctx, struct saved_question *out_questions[])
{
    struct saved_question *questions = ctx_alloc_array(ctx, SAVED_MOST, sizeof *questions);
    struct store_cursor cursor;
    size_t count = 0;
    store_cursor_open(&cursor, ctx->txn, &stats_questions);
    bool there = questions && store_cursor_first(&cursor);
    for (; there && count < SAVED_MOST; there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &saved_question_row_desc, cursor.value, &questions[count++]))
            break;
    store_cursor_close(&cursor);
    *out_questions = questions;
    return is_refused(&ctx->refusal) ? 0 : count;
}

static enum date_unit unit_of(enum figure_period period)
{
    switch (period) {
    case FIGURE_PERIOD_DAY:
        break;
    case FIGURE_PERIOD_WEEK:
        return DATE_WEEK;
    case FIGURE_PERIOD_MONTH:
        return DATE_MONTH;
    case FIGURE_PERIOD_QUARTER:
        return DATE_QUARTER;
    case FIGURE_PERIOD_YEAR:
        return DATE_YEAR;
    }
    return DATE_DAY;
}

/** As stats.figures would be asked now. */
static struct stats_figures ask_now(const struct stats_service *self, const struct saved_question *question,
                                    int64_t now_ms)
{
    const int32_t today = zone_day(self->zone, figure_time(now_ms));
    struct stats_figures asked = {
        .group_by = {question->group_by.count, question->group_by.items},
        .has_from = question->has_from,
        .from = question->from,
        .has_to = question->has_to,
        .to = question->to,
        .has_filter = question->has_filter,
        .filter = question->filter,
        .has_limit = true,
        .limit = SAVED_MOST_CELLS,
        .has_top = question->has_top,
        .top = question->top,
        .has_top_by = question->has_top_by,
        .top_by = question->top_by,
    };
    if (question->has_period) {
        enum date_unit unit = unit_of(question->period);
        asked.has_from = asked.has_to = true;
        asked.from = date_begin(today, unit);
        asked.to = date_add(asked.from, unit, 1) - 1;
    } else if (question->has_last_days) {
        asked.has_from = asked.has_to = true;
        asked.from = today - ((int32_t)question->last_days - 1);
        asked.to = today;
    }
    return asked;
}

/** What is too large for stats.figures' own bounds is not the matter here. */
static void tell_too_large(struct ctx *ctx)
{
    if (ctx->refusal.code != ERROR_TOO_LARGE)
        return;
    ctx->refusal = (struct refusal){.code = ERROR_NONE};
    ctx_refuse(
        ctx, ERROR_TOO_LARGE, NULL,
        "The answer has more than 1,000 cells, or more than 10,000 kept ones have to be looked at for it, which is too "
        "much after every change; group by less, give a shorter period, or ask for the `top` of them.");
}

bool saved_answer(const struct stats_service *self, const struct saved_question *question, struct ctx *ctx,
                  struct question_answer *out_answer, int64_t *read)
{
    const struct stats_figures asked = ask_now(self, question, ctx->now_ms);
    struct stats_figures_reply reply = {.read = 0};
    bool answered = figures_answer(self, &asked, SAVED_MOST_READ, ctx, &reply);
    *read += reply.read;
    if (!answered) {
        tell_too_large(ctx);
        return false;
    }
    *out_answer = (struct question_answer){
        .question = question->question,
        .has_name = true,
        .name = question->name,
        .has_from = asked.has_from,
        .from = asked.from,
        .has_to = asked.has_to,
        .to = asked.to,
        .cells = {reply.cells.count, reply.cells.items},
        .has_rest = reply.has_rest,
        .rest = reply.rest,
        .total = reply.total,
    };
    return true;
}

static bool check_period(const struct saved_question *question, struct ctx *ctx)
{
    int periods = question->has_period + question->has_last_days + (question->has_from || question->has_to);
    if (periods > 1)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, question->has_period ? "period" : "last_days",
                   "is one of several periods; give one of `period`, `last_days`, and `from` and `to`");
    return periods <= 1;
}

static bool check_name(const struct saved_question *question, struct ctx *ctx)
{
    struct saved_question *others = NULL;
    size_t count = saved_read(ctx, &others);
    for (size_t i = 0; i < count; i++)
        if (others[i].question != question->question && text_equal(others[i].name, question->name)) {
            ctx_refuse(ctx, ERROR_NOT_UNIQUE, "name", "another saved question has this name; choose another one");
            return false;
        }
    if (question->question == 0 && count == SAVED_MOST)
        ctx_refuse(ctx, ERROR_TOO_LARGE, NULL, "There are 32 saved questions, as many as can be; delete one first.");
    return !is_refused(&ctx->refusal);
}

bool saved_check(const struct stats_service *self, const struct saved_question *question, struct ctx *ctx)
{
    const struct stats_figures asked = ask_now(self, question, ctx->now_ms);
    const struct question_parts parts = QUESTION_PARTS(&asked);
    struct question *read = ctx_alloc(ctx, sizeof *read);
    if (!read || !check_period(question, ctx) || !check_name(question, ctx) || !figures_check(&asked, ctx) ||
        !question_read(self, &parts, asked.group_by.count, asked.group_by.items, ctx, read))
        return false;
    if (read->source != SOURCE_KEPT || read->needs & NEED(PART_PERSON))
        ctx_refuse(
            ctx, ERROR_INVALID_FIELD, "group_by",
            "this would be counted after every change; only what figures are kept of can be saved: type, status, "
            "assignee, account manager, region, category and sales status, type with status, region or "
            "assignee, each also by day to year");
    struct question_answer answer;
    int64_t cells = 0;
    return !is_refused(&ctx->refusal) && saved_answer(self, question, ctx, &answer, &cells);
}
