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

static struct figures read_cell(struct ctx *ctx, unsigned cube, const struct topic *topic)
{
    const struct rollup *rollup = &rollups[0];
    while (rollup->number != figures[topic->figure].rollup)
        rollup++;
    const struct cell_key cell = {{(int64_t)topic->id}};
    struct key key = rollup_key(rollup, cube, &cell);
    return figures_of_sum(index_get_sum(ctx->txn, &stats_cells, key_bytes(&key)));
}

static struct text name_of(const struct topic *topic, char out[TOPIC_BYTES])
{
    const char *type = figures[topic->figure].message->type;
    int len = topic->figure == FIGURE_TOTAL ? snprintf(out, TOPIC_BYTES, "%s", type)
                                            : snprintf(out, TOPIC_BYTES, "%s/%" PRIu64, type, topic->id);
    return (struct text){out, (size_t)len};
}

static void encode_figure(struct ctx *ctx, const struct topic *topic, unsigned cube, uint64_t seq)
{
    const struct figures sum = read_cell(ctx, cube, topic);
    const struct live_figure figure = {
        .v = 1,
        .number = topic->number,
        .seq = (int64_t)seq,
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
    buffer_reset(ctx->scratch);
    codec_encode(&live_figure_desc, &figure, ctx->scratch);
}

/** False: the question is gone, or cannot be answered; whoever asks is told why by question.figures. */
static bool encode_question(const struct stats_service *self, struct ctx *ctx, const struct topic *topic, uint64_t seq)
{
    struct saved_question question;
    struct figures_question figure = {.v = 1, .number = topic->number, .seq = (int64_t)seq};
    struct arena_mark mark = arena_mark(ctx->arena);
    bool answered = saved_get(ctx, topic->id, &question) && saved_answer(self, &question, ctx, &figure.figures);
    buffer_reset(ctx->scratch);
    if (answered)
        codec_encode(&figures_question_desc, &figure, ctx->scratch);
    arena_rewind(ctx->arena, mark);
    ctx->refusal = (struct refusal){.code = ERROR_NONE};
    return answered;
}

static void send(const struct stats_service *self, struct ctx *ctx, struct figure_sink *sink, const struct topic *topic,
                 unsigned cube, uint64_t seq)
{
    char room[TOPIC_BYTES];
    struct text name = name_of(topic, room);
    if (!sink->wants(sink, name))
        return;
    if (topic->figure != FIGURE_QUESTION)
        encode_figure(ctx, topic, cube, seq);
    else if (!encode_question(self, ctx, topic, seq))
        return;
    if (!ctx->scratch->failed)
        sink->put(sink, name, buffer_bytes(ctx->scratch));
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

/** Takes in what the command loop handed over. */
static void gather(struct stats_service *self, struct ctx *ctx)
{
    const struct change *items = NULL;
    bool missed = false;
    size_t count = changes_take(self->changes, &items, &missed);
    if (missed)
        topics_forget(self->topics, ctx->now_ms);
    for (size_t i = 0; i < count; i++)
        if (items[i].figure == FIGURE_QUESTION && items[i].id == 0)
            change_questions(self->topics, ctx, items[i].seq);
        else if (!topics_change(self->topics, &items[i], ctx->now_ms))
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
    const uint64_t seq = stats_activity_seq(ctx->txn);
    const struct cube cube = cube_read(ctx->txn);
    const struct topic *topic = NULL;
    if (renewal_is_under_way(ctx->txn) || !cube.has_figures)
        return NO_FIGURES_LOOK_MS;
    look_at_day(self, ctx);
    look_at_cube(self, ctx, cube.active);
    gather(self, ctx);
    topics_begin(self->topics);
    for (size_t sent = 0; sent < MAX_SENT && (topic = topics_next(self->topics, seq, ctx->now_ms)); sent++)
        send(self, ctx, sink, topic, cube.active, seq);
    return next_look_ms(self, ctx);
}
