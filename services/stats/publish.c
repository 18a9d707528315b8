// SPDX-License-Identifier: Apache-2.0
#include "services/stats/publish.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/counters.h"
#include "common/wire/codec.h"
#include "proto/stats.gen.h"
#include "services/stats/cube.h"
#include "services/stats/renewal.h"
#include "services/stats/saved.h"
#include "services/stats/topics.h"
#include "services/stats/type_leads.h"
#include "services/stats/zone.h"

enum {
    MAX_SENT = 2000,   // a call; the rest comes in the next one, between queries
    MOST_READ = 10000, // cells looked at for questions in a call; what is under way then is ended
    MOST_ASSIGNEES = 10000,
    NO_FIGURES_LOOK_MS = 1000,
    DAY_LOOK_MS = 1000, // midnight is seen within it
    TOPIC_BYTES = 64,
};

/** How each figure is published, in the order of enum figure. */
static const struct {
    const struct message_desc *message;
    uint8_t rollup;
} figures[] = {
    [FIGURE_TOTAL] = {&figures_total_message, 1},       [FIGURE_TYPE] = {&figures_type_message, 2},
    [FIGURE_PERSON] = {&figures_person_message, 3},     [FIGURE_ASSIGNEE] = {&figures_assignee_message, 32},
    [FIGURE_QUESTION] = {&figures_question_message, 0},
};

/** What is published in one call, all of one view. */
struct round {
    const struct stats_service *self;
    struct ctx *ctx;
    struct figure_sink *sink;
    unsigned cube;
    uint64_t seq; // of the activity journal
    struct type_leads leads;
    int64_t read; // cells looked at for questions so far
};

static const struct rollup *rollup_of(enum figure figure)
{
    const struct rollup *rollup = &rollups[0];
    while (rollup->number != figures[figure].rollup)
        rollup++;
    return rollup;
}

static int64_t read_cell(const struct round *round, enum figure figure, uint64_t id)
{
    const struct rollup *rollup = rollup_of(figure);
    const struct cell_key cell = {{(int64_t)id}};
    struct key key = rollup_key(rollup, round->cube, &cell);
    return index_get_sum(round->ctx->txn, &stats_cells, key_bytes(&key));
}

/** Of a type with all that it stands for; of one that was merged nothing. */
static struct figures read_figures(const struct round *round, const struct topic *topic)
{
    const struct type_leads *leads = &round->leads;
    if (topic->figure == FIGURE_TYPE && type_leads_end(leads, topic->id) != topic->id)
        return (struct figures){0, 0};
    int64_t sum = read_cell(round, topic->figure, topic->id);
    for (size_t i = 0; topic->figure == FIGURE_TYPE && i < leads->count; i++)
        if (leads->items[i].into == topic->id)
            sum += read_cell(round, FIGURE_TYPE, leads->items[i].type);
    return figures_of_sum(sum);
}

static struct text name_of(const struct topic *topic, char out[TOPIC_BYTES])
{
    const char *type = figures[topic->figure].message->type;
    int len = topic->figure == FIGURE_TOTAL ? snprintf(out, TOPIC_BYTES, "%s", type)
                                            : snprintf(out, TOPIC_BYTES, "%s/%" PRIu64, type, topic->id);
    return (struct text){out, (size_t)len};
}

static void encode_figure(const struct round *round, const struct topic *topic)
{
    const struct figures sum = read_figures(round, topic);
    const struct live_figure figure = {
        .v = 1,
        .number = topic->number,
        .seq = (int64_t)round->seq,
        .cell =
            {
                .has_type = topic->figure == FIGURE_TYPE,
                .type = topic->id,
                .has_person = topic->figure == FIGURE_PERSON,
                .person = topic->id,
                .has_assignee = topic->figure == FIGURE_ASSIGNEE,
                .assignee = topic->id,
                .activities = sum.activities,
                .contacts = sum.contacts,
            },
    };
    buffer_reset(round->ctx->scratch);
    codec_encode(&live_figure_desc, &figure, round->ctx->scratch);
}

static struct question_answer without(uint64_t question, enum question_problem problem)
{
    return (struct question_answer){.question = question, .has_problem = true, .problem = problem};
}

/** False: it cannot be told now; whoever asks is told why by question.figures. */
static bool encode_question(struct round *round, const struct topic *topic)
{
    struct ctx *ctx = round->ctx;
    struct saved_question question;
    struct figures_question figure = {.v = 1, .number = topic->number, .seq = (int64_t)round->seq};
    struct arena_mark mark = arena_mark(ctx->arena);
    if (!saved_get(ctx, topic->id, &question))
        figure.figures = without(topic->id, QUESTION_PROBLEM_DELETED);
    else if (!saved_answer(round->self, &question, ctx, &figure.figures, &round->read))
        figure.figures = without(topic->id, QUESTION_PROBLEM_TOO_LARGE);
    bool tells =
        ctx->refusal.code == ERROR_NONE || ctx->refusal.code == ERROR_NOT_FOUND || ctx->refusal.code == ERROR_TOO_LARGE;
    buffer_reset(ctx->scratch);
    codec_encode(&figures_question_desc, &figure, ctx->scratch);
    arena_rewind(ctx->arena, mark);
    ctx->refusal = (struct refusal){.code = ERROR_NONE};
    return tells;
}

static void send(struct round *round, const struct topic *topic)
{
    char room[TOPIC_BYTES];
    struct text name = name_of(topic, room);
    if (!round->sink->wants(round->sink, name))
        return;
    if (topic->figure != FIGURE_QUESTION)
        encode_figure(round, topic);
    else if (!encode_question(round, topic))
        return;
    if (!round->ctx->scratch->failed)
        round->sink->put(round->sink, name, buffer_bytes(round->ctx->scratch));
}

/** Each saved question. */
static void change_questions(struct topics *topics, struct ctx *ctx)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, ctx->txn, &stats_questions);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
        topics_change(topics, &(struct change){FIGURE_QUESTION, get_u64(cursor.key.data)}, ctx->now_ms);
    store_cursor_close(&cursor);
}

/** Every assignee that there is, of so many as subscribers keep. */
static void change_assignees(struct topics *topics, struct ctx *ctx, unsigned cube)
{
    const struct rollup *rollup = rollup_of(FIGURE_ASSIGNEE);
    const uint8_t head = rollup_head(rollup, cube);
    struct cell_key cell;
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &stats_cells, bytes_of(&head, 1), bytes_of("", 0), false);
    for (size_t i = 0; i < MOST_ASSIGNEES && index_scan_next(&scan); i++)
        if (rollup_read_key(rollup, scan.key, &cell) && cell.values[0] != 0)
            topics_change(topics, &(struct change){FIGURE_ASSIGNEE, (uint64_t)cell.values[0]}, ctx->now_ms);
    index_scan_close(&scan);
}

/** The total, and every type, assignee and saved question that is known. */
static void change_all(struct topics *topics, struct ctx *ctx, unsigned cube)
{
    const int64_t now_ms = ctx->now_ms;
    struct store_cursor cursor;
    topics_change(topics, &(struct change){FIGURE_TOTAL, 0}, now_ms);
    store_cursor_open(&cursor, ctx->txn, &stats_types);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
        topics_change(topics, &(struct change){FIGURE_TYPE, get_u64(cursor.key.data)}, now_ms);
    store_cursor_close(&cursor);
    change_assignees(topics, ctx, cube);
    change_questions(topics, ctx);
}

/** False: that made all topics be forgotten. */
static bool change(struct topics *topics, const struct type_leads *leads, const struct change *change, int64_t now_ms)
{
    struct change of_end = *change;
    if (change->figure == FIGURE_TYPE)
        of_end.id = type_leads_end(leads, change->id);
    return topics_change(topics, change, now_ms) && (of_end.id == change->id || topics_change(topics, &of_end, now_ms));
}

/**
 * Takes in what the command loop handed over; whether there was anything. It is sent in the next call, from a view that is opened after this: so that view holds
 * it, whatever has committed since this one was opened.
 */
static bool gather(struct stats_service *self, const struct round *round)
{
    struct ctx *ctx = round->ctx;
    const struct change *items = NULL;
    bool missed = false;
    size_t count = changes_take(self->changes, &items, &missed);
    if (missed)
        topics_forget(self->topics, ctx->now_ms);
    for (size_t i = 0; i < count; i++)
        if (items[i].figure == FIGURE_QUESTION && items[i].id == 0)
            change_questions(self->topics, ctx);
        else if (!change(self->topics, &round->leads, &items[i], ctx->now_ms))
            missed = true;
    bool all = missed || !self->published;
    if (all)
        change_all(self->topics, ctx, round->cube);
    self->published = true;
    counter_add(self->counters, COUNTER_FIGURES_MISSED, missed);
    return count > 0 || all;
}

/** Periods go with the calendar: on another day the answers are others. */
static void look_at_day(struct stats_service *self, struct ctx *ctx)
{
    int32_t day = zone_day(self->zone, figure_time(ctx->now_ms));
    if (self->published && day != self->published_day)
        change_questions(self->topics, ctx);
    self->published_day = day;
}

/** Counted anew, figures may be others: whoever has those of before sees a gap. */
static void look_at_cube(struct stats_service *self, struct ctx *ctx, unsigned cube)
{
    if (self->published && cube != self->published_cube) {
        topics_forget(self->topics, ctx->now_ms);
        change_all(self->topics, ctx, cube);
    }
    self->published_cube = cube;
}

/** When to look again: for what waits, and whether it is another day, if there are saved questions. */
static int next_look_ms(struct stats_service *self, struct ctx *ctx)
{
    int wait_ms = topics_end(self->topics);
    bool has_questions = store_count(ctx->txn, &stats_questions) > 0;
    return has_questions && (wait_ms < 0 || wait_ms > DAY_LOOK_MS) ? DAY_LOOK_MS : wait_ms;
}

int stats_publish(void *state, struct ctx *ctx, struct figure_sink *sink)
{
    struct stats_service *self = state;
    const struct cube cube = cube_read(ctx->txn);
    struct round round = {
        .self = self, .ctx = ctx, .sink = sink, .cube = cube.active, .seq = stats_activity_seq(ctx->txn)};
    const struct topic *topic = NULL;
    if (renewal_is_under_way(ctx->txn) || !cube.has_figures || !type_leads_read(ctx, &round.leads))
        return NO_FIGURES_LOOK_MS;
    look_at_day(self, ctx);
    look_at_cube(self, ctx, cube.active);
    topics_begin(self->topics);
    for (size_t sent = 0; sent < MAX_SENT && round.read < MOST_READ && (topic = topics_next(self->topics, ctx->now_ms));
         sent++)
        send(&round, topic);
    int wait_ms = next_look_ms(self, ctx);
    return gather(self, &round) ? 0 : wait_ms;
}
