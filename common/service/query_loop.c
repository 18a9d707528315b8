// SPDX-License-Identifier: Apache-2.0
/**
 * The query loop: answers from snapshots, holds followers' long polls until the journal grows, and rings the doorbells. It never
 * waits for a disk sync.
 */
#include "common/service/loops.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/wire/envelope.h"
#include "proto/envelope.gen.h"

enum {
    TURN_QUERIES = 256,      // answered before commits are looked at again
    PARKED_MAX = 256,        // long polls at once; one more is answered at once
    DOORBELLS_A_TURN = 1000, // newest of them; a doorbell is only a hint, what happened is read from the journal
    HELD_MOST = 32,          // small replies that are sent together
    HELD_BYTES = 2048,       // of one
};

/** A long poll that waits. */
struct parked {
    struct bus_message message;
    int64_t until_ms; // monotonic
    bool used;
};

/** A reply that waits for those after it. */
struct held {
    struct bus_socket *socket;
    struct bus_peer peer;
    size_t offset; // in the loop's held bytes
    size_t len;
};

struct loop {
    struct running *running;
    struct held held[HELD_MOST];
    size_t held_count;
    struct buffer held_bytes;
    struct parked parked[PARKED_MAX];
    size_t parked_count;
    struct bus_message message; // where the next query is received when all places are taken
    uint64_t rung_seq;          // doorbells were rung up to here
    int64_t publish_at_ms;      // monotonic; when figures want to be looked at again
    struct buffer doorbell;
};

static int64_t now_ms(const struct loop *loop)
{
    return clock_monotonic_ms(loop->running->clock);
}

static void send_reply(struct loop *loop, struct bus_socket *socket, const struct bus_peer *peer, struct bytes frame)
{
    if (!bus_reply(socket, peer, frame))
        counter_add(loop->running->counters, COUNTER_REPLIES_UNDELIVERED, 1);
}

static void send_held(struct loop *loop)
{
    for (size_t i = 0; i < loop->held_count; i++) {
        const struct held *held = &loop->held[i];
        send_reply(loop, held->socket, &held->peer, bytes_of(loop->held_bytes.data + held->offset, held->len));
    }
    loop->held_count = 0;
    buffer_reset(&loop->held_bytes);
}

/**
 * Sends a reply, a small one together with those after it: ZeroMQ's thread goes to sleep after each, and to wake it costs as much as the answer. What is
 * held goes before the loop waits.
 */
static void reply(struct loop *loop, const struct bus_message *message, struct bytes frame)
{
    size_t offset = loop->held_bytes.len;
    if (frame.len <= HELD_BYTES)
        buffer_append(&loop->held_bytes, frame.data, frame.len);
    if (frame.len > HELD_BYTES || loop->held_bytes.failed) {
        send_held(loop);
        send_reply(loop, message->socket, &message->peer, frame);
        return;
    }
    loop->held[loop->held_count++] = (struct held){message->socket, message->peer, offset, frame.len};
    if (loop->held_count == HELD_MOST)
        send_held(loop);
}

static struct parked *free_place(struct loop *loop)
{
    for (size_t i = 0; i < PARKED_MAX; i++)
        if (!loop->parked[i].used)
            return &loop->parked[i];
    return NULL;
}

static void count_parked(struct loop *loop, int change)
{
    loop->parked_count += (size_t)change;
    counter_set(loop->running->counters, COUNTER_LONG_POLLS, (int64_t)loop->parked_count);
}

/** `place` holds the message, and keeps it if the query is parked; NULL: it cannot be. */
static void answer(struct loop *loop, struct bus_message *message, struct parked *place)
{
    struct bus_sender from = bus_sender_of(message);
    struct core_sender sender = door_core_sender(&from);
    struct bytes frame;
    int64_t wait_ms = 0;
    if (core_query(loop->running->core, message->payload, &sender, place != NULL, &frame, &wait_ms) == CORE_PARKED) {
        must(place); // it was not allowed otherwise
        place->until_ms = now_ms(loop) + wait_ms;
        place->used = true;
        count_parked(loop, 1);
        return;
    }
    reply(loop, message, frame);
    bus_message_close(message);
    if (core_access_wakes(loop->running->core))
        loop_ring(loop->running->access_fd);
}

static void answer_waiting(struct loop *loop)
{
    for (size_t i = 0; i < TURN_QUERIES; i++) {
        struct parked *place = free_place(loop);
        struct bus_message *message = place ? &place->message : &loop->message; // received where it may stay
        enum bus_received received = door_receive(&loop->running->queries, message);
        if (received == BUS_NOTHING)
            return;
        if (received == BUS_MESSAGE)
            answer(loop, message, place);
        else
            counter_add(loop->running->counters, COUNTER_FRAMES_DROPPED, 1);
    }
}

/** Asks the long polls again: all after a commit, otherwise those whose time is over. */
static void revisit_parked(struct loop *loop, bool committed)
{
    int64_t now = now_ms(loop);
    for (size_t i = 0; i < PARKED_MAX && loop->parked_count > 0; i++) {
        struct parked *parked = &loop->parked[i];
        bool over = parked->until_ms <= now;
        struct bytes frame;
        int64_t wait_ms = 0;
        if (!parked->used || (!committed && !over))
            continue;
        struct bus_sender from = bus_sender_of(&parked->message); // who may have been taken off the list meanwhile
        struct core_sender sender = door_core_sender(&from);
        if (core_query(loop->running->core, parked->message.payload, &sender, !over, &frame, &wait_ms) == CORE_PARKED)
            continue;
        reply(loop, &parked->message, frame);
        bus_message_close(&parked->message);
        parked->used = false;
        count_parked(loop, -1);
    }
}

/** Tells all who wait to ask again: they come to the next start, instead of waiting for an answer that was lost with this one. */
static void end_long_polls(struct loop *loop)
{
    for (size_t i = 0; i < PARKED_MAX; i++) {
        struct parked *parked = &loop->parked[i];
        if (!parked->used)
            continue;
        reply(loop, &parked->message, core_query_stopping(loop->running->core, parked->message.payload));
        bus_message_close(&parked->message);
        parked->used = false;
        count_parked(loop, -1);
    }
}

static void ring_doorbell(struct loop *loop, const struct store_identity *identity, const struct journal_record *record)
{
    struct doorbell doorbell = {
        .v = ENVELOPE_VERSION,
        .source = text_of(loop->running->definition->name),
        .store = bytes_of(identity->id, sizeof identity->id),
        .seq = (int64_t)record->seq,
        .subject = record->header.subject,
    };
    buffer_reset(&loop->doorbell);
    codec_encode(&doorbell_desc, &doorbell, &loop->doorbell);
    door_publish(&loop->running->events, record->header.type, buffer_bytes(&loop->doorbell));
    counter_add(loop->running->counters, COUNTER_DOORBELLS_PUBLISHED, 1);
}

static void ring_doorbells(struct loop *loop)
{
    uint64_t last = store_seq(loop->running->store);
    if (!door_has_subscribers(&loop->running->events) || last <= loop->rung_seq) {
        loop->rung_seq = last;
        return;
    }
    if (last - loop->rung_seq > DOORBELLS_A_TURN)
        loop->rung_seq = last - DOORBELLS_A_TURN;
    struct store_identity identity = store_identity(loop->running->store);
    struct ctx ctx;
    struct journal_cursor cursor;
    struct journal_record record;
    core_query_ctx_begin(loop->running->core, &ctx);
    journal_cursor_open(&cursor, ctx.txn, loop->rung_seq);
    while (journal_cursor_next(&cursor, &record)) {
        ring_doorbell(loop, &identity, &record);
        loop->rung_seq = record.seq;
    }
    journal_cursor_close(&cursor);
    core_query_ctx_end(&ctx);
}

static void put_figure(struct figure_sink *sink, struct text topic, struct bytes payload)
{
    struct loop *loop = sink->self;
    door_publish(&loop->running->events, topic, payload);
    counter_add(loop->running->counters, COUNTER_FIGURES_PUBLISHED, 1);
}

static bool wants_figure(struct figure_sink *sink, struct text topic)
{
    const struct loop *loop = sink->self;
    return door_wants(&loop->running->events, topic);
}

static void publish_figures(struct loop *loop)
{
    const struct service_definition *definition = loop->running->definition;
    if (!definition->publish)
        return;
    struct figure_sink sink = {put_figure, wants_figure, loop};
    struct ctx ctx;
    core_query_ctx_begin(loop->running->core, &ctx);
    int again_ms = definition->publish(loop->running->self, &ctx, &sink);
    core_query_ctx_end(&ctx);
    loop->publish_at_ms = again_ms < 0 ? INT64_MAX : now_ms(loop) + again_ms;
}

static int sleep_ms(const struct loop *loop)
{
    int64_t now = now_ms(loop);
    int64_t until = now + LOOP_TURN_MS;
    if (loop->publish_at_ms < until)
        until = loop->publish_at_ms;
    for (size_t i = 0; i < PARKED_MAX && loop->parked_count > 0; i++)
        if (loop->parked[i].used && loop->parked[i].until_ms < until)
            until = loop->parked[i].until_ms;
    return until > now ? (int)(until - now) : 0;
}

/** One turn; false when the service is to stop. */
static bool turn(struct loop *loop)
{
    struct running *running = loop->running;
    struct bus_poll_item items[2 + 2 * DOOR_WAYS] = {{.fd = running->commit_fd}, {.fd = running->stop_fd}};
    size_t count = 2;
    count += door_poll_items(&running->queries, &items[count]);
    count += door_poll_items(&running->events, &items[count]);
    bus_poll(items, count, sleep_ms(loop));
    atomic_store(&running->query_beat_ms, now_ms(loop));
    door_keep_room(&running->queries);
    door_keep_room(&running->events);
    door_serve(&running->events);
    bool committed = items[0].readable && loop_was_rung(running->commit_fd);
    answer_waiting(loop);
    revisit_parked(loop, committed);
    send_held(loop);
    if (committed)
        ring_doorbells(loop);
    if (committed || loop->publish_at_ms <= now_ms(loop))
        publish_figures(loop);
    return !items[1].readable && !atomic_load(&running->failed);
}

void *query_loop(void *argument)
{
    struct running *running = argument;
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        running_fail(running);
        return NULL;
    }
    loop->running = running;
    loop->rung_seq = store_seq(running->store);
    loop->publish_at_ms = running->definition->publish ? 0 : INT64_MAX; // figures are published once at the start
    buffer_init(&loop->doorbell, 1024);
    buffer_init(&loop->held_bytes, HELD_MOST * HELD_BYTES);
    while (turn(loop)) {
    }
    answer_waiting(loop);
    end_long_polls(loop);
    send_held(loop);
    buffer_fini(&loop->doorbell);
    buffer_fini(&loop->held_bytes);
    free(loop);
    return NULL;
}
