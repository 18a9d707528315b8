// SPDX-License-Identifier: Apache-2.0
/**
 * `stats.figures`: from the figures that are kept where a roll-up has them, else counted over the cells of the base by their
 * quarter-hours, or, should one of these not be of one day alone, over the facts themselves. Always the same figures.
 */
#include "proto/stats_dispatch.gen.h"
#include "services/stats/tally.h"
#include "services/stats/walk.h"
#include "services/stats/zone.h"

enum { MAX_READ = 2 * 1000 * 1000 };

enum counted {
    COUNTED,
    COUNTED_NOT,   // refused
    COUNTED_FINER, // the base is too coarse for this one
};

static enum counted refuse_cells(struct ctx *ctx)
{
    ctx_refuse(
        ctx, ERROR_TOO_LARGE, "limit",
        "The answer has more cells than `limit`, which is at most 10,000; ask for a shorter period, one person or "
        "one type, or for more cells.");
    return COUNTED_NOT;
}

static enum counted refuse_read(struct ctx *ctx)
{
    ctx_refuse(
        ctx, ERROR_TOO_LARGE, NULL,
        "Counting this would look at more than 2,000,000 entries; ask for a shorter period, one person, or days of "
        "Europe/Stockholm.");
    return COUNTED_NOT;
}

/** Value of a part in the walk's cell; 0 when the roll-up does not have it. */
static int64_t value_of(const struct walk *walk, enum part part)
{
    for (size_t i = 0; i < walk->rollup->part_count; i++)
        if (walk->rollup->parts[i] == part)
            return walk->cell.values[i];
    return 0;
}

static bool holds(const struct range *range, int64_t value)
{
    return value >= range->from && value <= range->to;
}

/** The day of the walk's cell, as far as the question needs one; false when it is of several. */
static bool day_of(const struct walk *walk, const struct question *question, int32_t *out_day)
{
    if (question->kept || !question->needed[PART_DAY]) {
        *out_day = (int32_t)value_of(walk, PART_DAY);
        return true;
    }
    return zone_day_of_quarter(question->zone, value_of(walk, PART_QUARTER), out_day);
}

static enum counted count_cells(struct walk *walk, const struct question *question, struct ctx *ctx,
                                struct tally *tally)
{
    const bool by_quarter = !question->kept && question->needed[PART_DAY];
    while (walk_next(walk)) {
        int32_t day = 0;
        if (!day_of(walk, question, &day))
            return COUNTED_FINER;
        if (by_quarter && !holds(&question->wanted[PART_DAY], day))
            continue;
        if (!tally_add(tally, (uint64_t)value_of(walk, PART_TYPE), (uint64_t)value_of(walk, PART_PERSON), day,
                       walk->figures))
            return refuse_cells(ctx);
    }
    return walk->read > MAX_READ ? refuse_read(ctx) : COUNTED;
}

static enum counted count_fact(const struct question *question, const struct fact *fact, struct ctx *ctx,
                               struct tally *tally)
{
    int32_t day = zone_day(question->zone, fact->start_ms);
    if (!question_wants(question, fact) || !holds(&question->wanted[PART_DAY], day))
        return COUNTED;
    return tally_add(tally, fact->type, fact->person, day, fact_figures(fact)) ? COUNTED : refuse_cells(ctx);
}

static enum counted count_facts(const struct question *question, struct ctx *ctx, struct tally *tally, int64_t *read)
{
    struct store_cursor cursor;
    struct arena_mark mark = arena_mark(ctx->arena);
    enum counted counted = COUNTED;
    store_cursor_open(&cursor, ctx->txn, &stats_facts);
    for (bool there = store_cursor_first(&cursor); there && counted == COUNTED; there = store_cursor_next(&cursor)) {
        struct fact fact;
        if (++*read > MAX_READ)
            counted = refuse_read(ctx);
        else if (!row_decode(ctx, &fact_desc, cursor.value, &fact))
            counted = COUNTED_NOT;
        else
            counted = count_fact(question, &fact, ctx, tally);
        arena_rewind(ctx->arena, mark);
    }
    store_cursor_close(&cursor);
    return counted;
}

bool stats_figures_answer(const struct stats_service *self, const struct stats_figures *query, struct ctx *ctx,
                          struct stats_figures_reply *out_reply)
{
    struct question question;
    struct tally tally;
    struct walk walk;
    if (!question_read(self, query, ctx, &question) || !tally_open(&tally, &question, ctx))
        return false;
    walk_open(&walk, ctx->txn, question.rollup, question.wanted, MAX_READ);
    enum counted counted = count_cells(&walk, &question, ctx, &tally);
    walk_close(&walk);
    int64_t read = walk.read;
    if (counted == COUNTED_FINER) {
        tally_clear(&tally);
        counted = count_facts(&question, ctx, &tally, &read);
    }
    if (counted != COUNTED || !stats_is_sound(ctx))
        return false;
    tally_sort(&tally);
    out_reply->cells.count = tally.count;
    out_reply->cells.items = tally.cells;
    out_reply->total = tally.total;
    out_reply->source = question.kept ? FIGURE_SOURCE_KEPT : FIGURE_SOURCE_SCAN;
    out_reply->read = read;
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
    out_reply->has_merged_from = question.merged_from != 0;
    out_reply->merged_from = question.merged_from;
    return true;
}
