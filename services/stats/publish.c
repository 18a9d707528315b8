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
    MAX_SENT = 2000, // a call; the rest comes in the next one, between queries
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
};

static int64_t read_cell(const struct round *round, enum figure figure, uint64_t id)
{
    const struct rollup *rollup = &rollups[0];
    while (rollup->number != figures[figure].rollup)
        rollup++;
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

/** False: the question is gone, or cannot be answered; whoever asks is told why by question.figures. */
static bool encode_question(const struct round *round, const struct topic *topic)
{
    struct ctx *ctx = round->ctx;
    struct saved_question question;
    struct figures_question figure = {.v = 1, .number = topic->number, .seq = (int64_t)round->seq};
    struct arena_mark mark = arena_mark(ctx->arena);
    bool answered = saved_get(ctx, topic->id, &question) && saved_answer(round->self, &question, ctx, &figure.figures);
    buffer_reset(ctx->scratch);
    if (answered)
        codec_encode(&figures_question_desc, &figure, ctx->scratch);
    arena_rewind(ctx->arena, mark);
    ctx->refusal = (struct refusal){.code = ERROR_NONE};
    return answered;
}

static void send(const struct round *round, const struct topic *topic)
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
static void change_questions(struct topics *topics, struct ctx *ctx, uint64_t seq)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, ctx->txn, &stats_questions);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
        topics_change(topics, &(struct change){FIGURE_QUESTION, get_u64(cursor.key.data), seq}, ctx->now_ms);
    store_cursor_close(&cursor);
}

/** The total, and every type and saved question that is known. */
static void change_all(struct topics *topics, struct ctx *ctx, int64_t now_ms)
{
    struct store_cursor cursor;
    topics_change(topics, &(struct change){FIGURE_TOTAL, 0, 0}, now_ms);
    store_cursor_open(&cursor, ctx->txn, &stats_types);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
        topics_change(topics, &(struct change){FIGURE_TYPE, get_u64(cursor.key.data), 0}, now_ms);
    store_cursor_close(&cursor);
    change_questions(topics, ctx, 0);
}

/** False: that made all topics be forgotten. */
static bool change(struct topics *topics, const struct type_leads *leads, const struct change *change, int64_t now_ms)
{
    struct change of_end = *change;
    if (change->figure == FIGURE_TYPE)
        of_end.id = type_leads_end(leads, change->id);
    return topics_change(topics, change, now_ms) && (of_end.id == change->id || topics_change(topics, &of_end, now_ms));
}

/** Takes in what the command loop handed over; what it has merged since the view is in its changes by name. */
static void gather(struct stats_service *self, struct ctx *ctx, const struct type_leads *leads)
{
    const struct change *items = NULL;
    bool missed = false;
    size_t count = changes_take(self->changes, &items, &missed);
    if (missed)
        topics_forget(self->topics, ctx->now_ms);
    for (size_t i = 0; i < count; i++)
        if (items[i].figure == FIGURE_QUESTION && items[i].id == 0)
            change_questions(self->topics, ctx, items[i].seq);
        else if (!change(self->topics, leads, &items[i], ctx->now_ms))
            missed = true;
    if (missed || !self->published)
        change_all(self->topics, ctx, ctx->now_ms);
    self->published = true;
    counter_add(self->counters, COUNTER_FIGURES_MISSED, missed);
}

/** Periods go with the calendar: on another day the answers are others. */
static void look_at_day(struct stats_service *self, struct ctx *ctx)
{
    int32_t day = zone_day(self->zone, figure_time(ctx->now_ms));
    if (self->published && day != self->published_day)
        change_questions(self->topics, ctx, 0);
    self->published_day = day;
}

/** Counted anew, figures may be others: whoever has those of before sees a gap. */
static void look_at_cube(struct stats_service *self, struct ctx *ctx, unsigned cube)
{
    if (self->published && cube != self->published_cube) {
        topics_forget(self->topics, ctx->now_ms);
        change_all(self->topics, ctx, ctx->now_ms);
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
    gather(self, ctx, &round.leads);
    topics_begin(self->topics);
    for (size_t sent = 0; sent < MAX_SENT && (topic = topics_next(self->topics, round.seq, ctx->now_ms)); sent++)
        send(&round, topic);
    return next_look_ms(self, ctx);
}
