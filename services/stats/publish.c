// SPDX-License-Identifier: Apache-2.0
#include "services/stats/publish.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/counters.h"
#include "common/wire/codec.h"
#include "proto/stats.gen.h"
#include "services/stats/cube.h"
#include "services/stats/renewal.h"
#include "services/stats/topics.h"

enum {
    MAX_SENT = 2000, // a call; the rest comes in the next one, between queries
    NO_FIGURES_LOOK_MS = 1000,
};

/** How each figure is published, in the order of enum figure. */
static const struct {
    const struct message_desc *message;
    uint8_t rollup;
} figures[] = {
    [FIGURE_TOTAL] = {&figures_total_message, 1},
    [FIGURE_TYPE] = {&figures_type_message, 2},
    [FIGURE_PERSON] = {&figures_person_message, 3},
    [FIGURE_ASSIGNEE] = {&figures_assignee_message, 32},
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

static void send(struct ctx *ctx, struct figure_sink *sink, const struct topic *topic, unsigned cube, uint64_t seq)
{
    char name[64];
    const char *type = figures[topic->figure].message->type;
    int len = topic->figure == FIGURE_TOTAL ? snprintf(name, sizeof name, "%s", type)
                                            : snprintf(name, sizeof name, "%s/%" PRIu64, type, topic->id);
    if (!sink->wants(sink, (struct text){name, (size_t)len}))
        return;
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
    if (!ctx->scratch->failed)
        sink->put(sink, (struct text){name, (size_t)len}, buffer_bytes(ctx->scratch));
}

/** The total and every type that is known. */
static void change_all(struct topics *topics, struct ctx *ctx, int64_t now_ms)
{
    struct store_cursor cursor;
    topics_change(topics, &(struct change){FIGURE_TOTAL, 0, 0}, now_ms);
    store_cursor_open(&cursor, ctx->txn, &stats_types);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
        topics_change(topics, &(struct change){FIGURE_TYPE, get_u64(cursor.key.data), 0}, now_ms);
    store_cursor_close(&cursor);
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
        if (!topics_change(self->topics, &items[i], ctx->now_ms))
            missed = true;
    if (missed || !self->published)
        change_all(self->topics, ctx, ctx->now_ms);
    self->published = true;
    counter_add(self->counters, COUNTER_FIGURES_MISSED, missed);
}

int stats_publish(void *state, struct ctx *ctx, struct figure_sink *sink)
{
    struct stats_service *self = state;
    const uint64_t seq = stats_activity_seq(ctx->txn);
    const struct cube cube = cube_read(ctx->txn);
    const struct topic *topic = NULL;
    if (renewal_is_under_way(ctx->txn) || !cube.has_figures)
        return NO_FIGURES_LOOK_MS;
    gather(self, ctx);
    topics_begin(self->topics);
    for (size_t sent = 0; sent < MAX_SENT && (topic = topics_next(self->topics, seq, ctx->now_ms)); sent++)
        send(ctx, sink, topic, cube.active, seq);
    return topics_end(self->topics);
}
