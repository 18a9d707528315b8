// SPDX-License-Identifier: Apache-2.0
/**
 * `stats.figures`: from the figures that are kept where roll-ups have them, else counted over the cells of the persons asked for, by their
 * quarter-hours, or, where these do not tell, over the facts themselves. Always the same figures.
 */
#include "common/base/date.h"
#include "proto/stats_dispatch.gen.h"
#include "services/stats/count.h"
#include "services/stats/tally.h"
#include "services/stats/zone.h"

enum {
    DEFAULT_LIMIT = 1000,
    MOST_GROUPS = 2 * 1000 * 1000, // of which the greatest are wanted, or some come to nothing
};

static bool refuse(struct ctx *ctx, const char *field, const char *message)
{
    ctx_refuse(ctx, ERROR_INVALID_FIELD, field, message);
    return false;
}

/** Counts one; in each of his groups, when they are asked for. */
static bool take(void *user, uint64_t activity, const struct counted *counted)
{
    struct tally *tally = user;
    const struct question *question = tally->question;
    int64_t values[TALLY_GROUPS] = {0};
    size_t several = TALLY_GROUPS; // which dimension has several values
    (void)activity;
    tally_add_total(tally, counted->sum);
    if (question->group_count == 0)
        return true;
    for (size_t i = 0; i < question->group_count; i++)
        if (question->groups[i] == DIMENSION_GROUP)
            several = i;
        else
            values[i] = dimension_value(question->groups[i], counted);
    if (several == TALLY_GROUPS || counted->groups.count == 0)
        return tally_add(tally, values, counted->sum);
    for (size_t i = 0; i < counted->groups.count; i++) {
        values[several] = counted->groups.items[i];
        if (!tally_add(tally, values, counted->sum))
            return false;
    }
    return true;
}

/** The tally takes no more. */
static void refuse_groups(struct ctx *ctx, const struct tally *tally)
{
    if (tally->has_no_memory)
        ctx_refuse(ctx, ERROR_BUSY, NULL, "There is no memory for so many groups now; ask again later.");
    else if (tally->is_of_top)
        ctx_refuse(ctx, ERROR_TOO_LARGE, "top",
                   "There are more than 2,000,000 groups to find the greatest among; ask for a shorter period, or only "
                   "for some of them by `filter`.");
    else
        ctx_refuse(ctx, ERROR_TOO_LARGE, "limit",
                   "The answer has more cells than `limit`, which is at most 10,000; ask for a shorter period, one "
                   "person or one type, for more cells, or for the `top` of them.");
}

/** Counts a period. False after a refusal. `read`: what it cost so far, and costs then. */
static bool count_period(const struct question *question, struct ctx *ctx, struct tally *tally, int64_t *read)
{
    enum counting counting = COUNTED_FINER;
    uint64_t last = 0;
    if (question->source != SOURCE_FACTS)
        counting = count_cells(question, ctx, take, tally, read);
    if (counting == COUNTED_FINER) {
        tally_clear(tally);
        counting = count_facts(question, ctx, 0, COUNT_MOST_FACTS - *read, take, tally, read, &last);
    }
    if (counting == COUNTED && !tally_settle(tally))
        counting = COUNTED_ENOUGH;
    if (counting == COUNTED_ENOUGH)
        refuse_groups(ctx, tally);
    else if (counting == COUNTED && last != 0)
        ctx_refuse(ctx, ERROR_TOO_LARGE, NULL,
                   "Counting this would look at more than 5,000,000 activities; ask for a shorter period, or for what "
                   "figures are kept of: type, status, assignee, account manager, region, category or sales status, by "
                   "days of "
                   "Europe/Stockholm.");
    return !is_refused(&ctx->refusal) && stats_is_sound(ctx);
}

/** Whole years, quarters or months by the calendar; else days. */
static enum date_unit unit_of(struct range days)
{
    static const enum date_unit units[] = {DATE_YEAR, DATE_QUARTER, DATE_MONTH};
    int32_t first = (int32_t)days.from, end = (int32_t)days.to + 1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (date_begin(first, units[i]) == first && date_begin(end, units[i]) == end)
            return units[i];
    return DATE_DAY;
}

/** As many units, right before. */
static struct range period_before(struct range days)
{
    enum date_unit unit = unit_of(days);
    int32_t first = (int32_t)days.from, end = (int32_t)days.to + 1;
    int count = 0;
    if (unit == DATE_DAY)
        return (struct range){first - (end - first), first - 1};
    while (date_add(first, unit, count) < end)
        count++;
    return (struct range){date_add(first, unit, -count), first - 1};
}

bool figures_check(const struct stats_figures *query, struct ctx *ctx)
{
    bool by_time = false;
    for (size_t i = 0; i < query->group_by.count; i++)
        by_time = by_time || dimension_is_time(query->group_by.items[i]);
    if (query->has_top && query->group_by.count == 0)
        return refuse(ctx, "top", "is of groups; say by what the figures are to be grouped");
    if (query->has_top_by && !query->has_top)
        return refuse(ctx, "top_by", "says what the greatest are by; give `top`, too");
    if (query->has_previous && query->previous && (!query->has_from || !query->has_to))
        return refuse(ctx, "previous", "needs a period that has both ends; give `from` and `to`");
    if (query->has_previous && query->previous && by_time)
        return refuse(ctx, "previous", "compares groups of two periods, and no times of them; group by something else");
    return true;
}

static bool count_previous(const struct stats_service *self, struct ctx *ctx, struct question *question,
                           struct tally *tally, struct stats_figures_reply *out_reply)
{
    struct range days = period_before(question->days);
    if (!figure_day_is_sane((int32_t)days.from))
        return refuse(ctx, "previous", "the period before is outside the years 1900 to 2199; ask for a later one");
    question_move(self, question, days);
    tally->is_previous = true;
    out_reply->has_previous_from = out_reply->has_previous_to = true;
    out_reply->previous_from = (int32_t)days.from;
    out_reply->previous_to = (int32_t)days.to;
    return count_period(question, ctx, tally, &out_reply->read);
}

static struct figure_cell tell(const struct tally *tally, const struct tally_cell *cell, size_t group_count)
{
    const struct figures figures = figures_of_sum(cell->sum), previous = figures_of_sum(cell->previous);
    struct figure_cell told = {.activities = figures.activities, .contacts = figures.contacts};
    for (size_t i = 0; i < group_count; i++)
        dimension_tell(tally->question->groups[i], cell->values[i], &told);
    if (tally->is_previous) {
        told.has_previous_activities = told.has_previous_contacts = true;
        told.previous_activities = previous.activities;
        told.previous_contacts = previous.contacts;
    }
    return told;
}

static size_t limit_of(const struct stats_figures *query)
{
    return query->has_limit ? (size_t)query->limit : DEFAULT_LIMIT;
}

/** The groups that are not told, together. */
static struct tally_cell rest_of(const struct tally *tally, size_t told)
{
    struct tally_cell rest = {.values = {0}};
    for (size_t i = told; i < tally->count; i++) {
        rest.sum += tally->cells[i].sum;
        rest.previous += tally->cells[i].previous;
    }
    return rest;
}

static bool write_cells(struct ctx *ctx, const struct stats_figures *query, struct tally *tally,
                        struct stats_figures_reply *out_reply)
{
    bool ended = tally_end(tally);
    if (!ended || (!query->has_top && tally->count > limit_of(query)))
        refuse_groups(ctx, tally);
    if (is_refused(&ctx->refusal))
        return false;
    size_t count = query->has_top && (size_t)query->top < tally->count ? (size_t)query->top : tally->count;
    struct figure_cell *cells = ctx_alloc_array(ctx, count ? count : 1, sizeof *cells);
    if (!cells)
        return false;
    if (query->has_top)
        tally_sort_by(tally, query->has_top_by ? query->top_by : MEASURE_ACTIVITIES, count);
    else
        tally_sort(tally);
    for (size_t i = 0; i < count; i++)
        cells[i] = tell(tally, &tally->cells[i], tally->question->group_count);
    out_reply->cells.count = count;
    out_reply->cells.items = cells;
    out_reply->total = tell(tally, &tally->total, 0);
    out_reply->has_rest = query->has_top;
    if (query->has_top) {
        struct tally_cell rest = rest_of(tally, count);
        out_reply->rest = tell(tally, &rest, 0);
    }
    return true;
}

static bool answer(const struct stats_service *self, const struct stats_figures *query, struct ctx *ctx,
                   struct question *question, struct tally *tally, struct stats_figures_reply *out_reply)
{
    if (!count_period(question, ctx, tally, &out_reply->read))
        return false;
    out_reply->source = question->source == SOURCE_KEPT ? FIGURE_SOURCE_KEPT : FIGURE_SOURCE_SCAN;
    if (query->has_previous && query->previous && !count_previous(self, ctx, question, tally, out_reply))
        return false;
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
    out_reply->has_merged_from = question->merged_from != 0;
    out_reply->merged_from = question->merged_from;
    return write_cells(ctx, query, tally, out_reply);
}

/** Whether groups may come to nothing. */
static bool subtracts(const struct question *question)
{
    bool subtracts = false;
    for (size_t i = 0; i < question->segment_count; i++)
        subtracts = subtracts || question->segments[i].subtracts;
    return subtracts;
}

bool figures_answer(const struct stats_service *self, const struct stats_figures *query, int64_t most_cells,
                    struct ctx *ctx, struct stats_figures_reply *out_reply)
{
    const struct question_parts parts = QUESTION_PARTS(query);
    struct tally tally;
    out_reply->read = 0;
    struct question *question = ctx_alloc(ctx, sizeof *question);
    if (!question || !figures_check(query, ctx) ||
        !question_read(self, &parts, query->group_by.count, query->group_by.items, ctx, question))
        return false;
    question->most_cells = most_cells;
    bool counts_more = query->has_top || query->has_previous || subtracts(question); // than it tells
    tally_open(&tally, question, counts_more ? MOST_GROUPS : limit_of(query));
    tally.is_of_top = query->has_top;
    bool answered = answer(self, query, ctx, question, &tally, out_reply);
    tally_close(&tally);
    return answered;
}

bool stats_figures_answer(const struct stats_service *self, const struct stats_figures *query, struct ctx *ctx,
                          struct stats_figures_reply *out_reply)
{
    return figures_answer(self, query, COUNT_MOST_CELLS, ctx, out_reply);
}
