// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/clients.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "proto/activity.gen.h"
#include "tests/sim/wishes.h"
#include "tests/sim/world.h"

enum {
    PATIENCE_MS = 300,
    SHORTEST_MS = 2000,
    LONGEST_MS = 60 * 1000,
    VERY_LONG_MS = 9 * 60 * 1000,
};

void clients_fini(struct clients *clients)
{
    for (size_t i = 0; i < clients->count; i++)
        free(clients->commands[i].frame);
    clients->count = 0;
}

size_t clients_open(const struct clients *clients)
{
    size_t count = 0;
    for (size_t i = 0; i < clients->count; i++)
        count += clients->commands[i].state == COMMAND_OPEN;
    return count;
}

/** An id is the command's number, a sender the client's. */
size_t clients_find(const struct clients *clients, struct text sender, struct text id)
{
    size_t number = 0;
    if (!text_starts_with(sender, TEXT("client-")) || id.len < 2 || id.data[0] != 'n')
        return SIZE_MAX;
    for (size_t i = 1; i < id.len; i++)
        number = 10 * number + (size_t)(id.data[i] - '0');
    if (number >= clients->count || sender.data[7] - '0' != clients->commands[number].client)
        return SIZE_MAX;
    return number;
}

static struct text print(struct world *world, const char *format, uint64_t number)
{
    char text[32];
    int len = snprintf(text, sizeof text, format, (unsigned long long)number);
    return arena_text(&world->arena, (struct text){text, (size_t)len});
}

/** Puts an envelope around world->body into world->frame. */
static void wrap(struct world *world, const struct sim_command *command, size_t number)
{
    struct seen_position seen = {.store = TEXT("person"), .seq = 0};
    for (size_t i = 0; i < world->clients.person_count; i++)
        if (world->clients.persons[i] == command->person)
            seen.seq = (int64_t)world->clients.person_seqs[i];
    const struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = print(world, "n%llu", number),
        .type = text_of(command->message->type),
        .expires_ms = command->expires_ms,
        .body = buffer_bytes(&world->body),
        .has_source = true,
        .source = print(world, "client-%llu", (uint64_t)command->client),
        .has_actor = true,
        .actor = print(world, "actor-%llu", (uint64_t)command->client),
        .seen = {command->sees_person ? 1 : 0, &seen},
    };
    buffer_reset(&world->frame);
    codec_encode(&command_envelope_desc, &envelope, &world->frame);
}

static int64_t patience(struct world *world)
{
    if (rng_chance(&world->rng, 100))
        return VERY_LONG_MS;
    return SHORTEST_MS + (int64_t)rng_below(&world->rng, LONGEST_MS);
}

/** Thinks of a command and keeps its frame. Returns its number. */
static size_t make(struct world *world, int client)
{
    size_t number = world->clients.count++;
    struct sim_command *command = &world->clients.commands[number];
    union wish wish;
    *command = (struct sim_command){.client = client, .sent_ms = world->monotonic_ms};
    int64_t patience_ms = patience(world);
    command->expires_ms = world->utc_ms + patience_ms;
    command->past_ms = world->monotonic_ms + patience_ms + COMMAND_MEMORY_GRACE_MS;
    wish_make(world, number, command, &wish);
    buffer_reset(&world->body);
    codec_encode(command->message->body, &wish, &world->body);
    wrap(world, command, number);
    command->len = world->frame.len;
    command->frame = malloc(command->len);
    must(command->frame && !world->frame.failed);
    memcpy(command->frame, world->frame.data, command->len);
    trace(world, "client %d: n%zu %s, person %llu, subject %llu", client, number, command->message->type,
          (unsigned long long)command->person, (unsigned long long)command->subject);
    return number;
}

static void send_alone(struct world *world, size_t number)
{
    struct sim_command *command = &world->clients.commands[number];
    const struct packet packet = {
        .kind = PACKET_COMMAND, .to = command->node, .from = command->client, .commands = {number}, .command_count = 1};
    command->sent_ms = world->monotonic_ms;
    net_send(world, &packet, bytes_of(command->frame, command->len));
}

/** Sends several commands of one service in one message. */
static void send_batch(struct world *world, const size_t *numbers, size_t count)
{
    const struct sim_command *first = &world->clients.commands[numbers[0]];
    struct packet packet = {.kind = PACKET_COMMAND, .to = first->node, .from = first->client, .command_count = count};
    struct command_envelope envelopes[PACKET_COMMANDS];
    for (size_t i = 0; i < count; i++) {
        const struct sim_command *command = &world->clients.commands[numbers[i]];
        struct refusal refusal = {.code = ERROR_NONE};
        struct text id;
        must(
            envelope_read_command(bytes_of(command->frame, command->len), &world->arena, &envelopes[i], &id, &refusal));
        packet.commands[i] = numbers[i];
    }
    struct batch batch = {.commands = {count, envelopes}};
    buffer_reset(&world->body);
    codec_encode(&batch_desc, &batch, &world->body);
    const struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = print(world, "batch%llu", numbers[0]),
        .type = TEXT("batch"),
        .expires_ms = first->expires_ms,
        .body = buffer_bytes(&world->body),
        .has_source = true,
        .source = print(world, "client-%llu", (uint64_t)first->client),
    };
    buffer_reset(&world->frame);
    codec_encode(&command_envelope_desc, &envelope, &world->frame);
    net_send(world, &packet, buffer_bytes(&world->frame));
}

/** Somebody uses an id a second time, for something else: that must never take effect. */
static void send_impostor(struct world *world)
{
    struct clients *clients = &world->clients;
    size_t number = rng_below(&world->rng, clients->count);
    const struct sim_command *old = &clients->commands[number];
    if (old->never_again || old->state != COMMAND_DONE || old->message != &activity_create_message ||
        world->utc_ms > old->expires_ms)
        return;
    const struct activity_create body = {.person = old->person, .type = 1, .subject = TEXT("Something else")};
    buffer_reset(&world->body);
    codec_encode(&activity_create_desc, &body, &world->body);
    wrap(world, old, number);
    const struct packet packet = {.kind = PACKET_COMMAND,
                                  .to = old->node,
                                  .from = old->client,
                                  .commands = {number},
                                  .command_count = 1,
                                  .impostor = true};
    trace(world, "client %d: another command as n%zu", old->client, number);
    net_send(world, &packet, buffer_bytes(&world->frame));
}

void clients_issue(struct world *world)
{
    size_t numbers[PACKET_COMMANDS];
    size_t count = 0, most = rng_chance(&world->rng, 150) ? PACKET_COMMANDS : 1;
    int client = (int)rng_below(&world->rng, CLIENT_COUNT);
    if (world->clients.count > 0 && rng_chance(&world->rng, 30)) {
        send_impostor(world);
        return;
    }
    while (count < most && world->clients.count < CLIENT_COMMANDS) {
        numbers[count] = make(world, client);
        if (count > 0 && world->clients.commands[numbers[count]].node != world->clients.commands[numbers[0]].node) {
            send_alone(world, numbers[count]);
            break;
        }
        count++;
    }
    if (count == 1)
        send_alone(world, numbers[0]);
    else if (count > 1)
        send_batch(world, numbers, count);
}

/** What a client learns from an answer. */
static void learn(struct world *world, const struct sim_command *command, struct bytes body, uint64_t seq)
{
    struct clients *clients = &world->clients;
    struct refusal refusal = {.code = ERROR_NONE};
    void *reply = arena_alloc(&world->arena, command->message->reply->size);
    must(reply);
    if (seq > clients->seen[command->node])
        clients->seen[command->node] = seq;
    if (!codec_decode(command->message->reply, body, CODEC_SKIP_UNKNOWN, &world->arena, reply, &refusal)) {
        fail(world, "the reply to %s cannot be read", command->message->type);
        return;
    }
    if (command->message == &person_create_message && clients->person_count < 256) {
        clients->persons[clients->person_count] = ((struct person_create_reply *)reply)->person;
        clients->person_seqs[clients->person_count++] = seq;
    } else if (command->message == &activity_create_message && clients->activity_count < 512) {
        clients->activities[clients->activity_count++] = ((struct activity_create_reply *)reply)->activity;
    } else if (command->message == &email_send_message && clients->recipient_count < 512) {
        clients->recipients[clients->recipient_count++] = ((struct email_send_reply *)reply)->recipient;
    } else if (command->message == &sms_send_message && clients->recipient_count < 512) {
        clients->recipients[clients->recipient_count++] = ((struct sms_send_reply *)reply)->recipient;
    } else if (command->message == &person_mark_erasure_message && clients->marked_count < 128) {
        clients->marked[clients->marked_count++] = command->person;
    }
}

static void take_answer(struct world *world, struct sim_command *command, const struct reply_envelope *reply)
{
    if (command->state != COMMAND_OPEN)
        return;
    if (reply->status == REPLY_STATUS_OK) {
        command->state = COMMAND_DONE;
        learn(world, command, reply->body, (uint64_t)reply->seq);
    } else if (text_equal(reply->error.code, TEXT("expired"))) {
        command->state = COMMAND_GIVEN_UP;
    } else if (!reply->error.retry) {
        command->state = COMMAND_REFUSED;
    }
}

/** A client's mail: the reply of one command, or of several. */
static void take_reply(struct world *world, const struct packet *packet)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope reply;
    struct batch_reply batch;
    must(envelope_read_reply(bytes_of(packet->data, packet->len), &world->arena, &reply, &refusal));
    if (packet->impostor)
        return;
    if (packet->command_count == 1 && !text_starts_with(reply.id, TEXT("batch"))) {
        take_answer(world, &world->clients.commands[packet->commands[0]], &reply);
        return;
    }
    if (reply.status != REPLY_STATUS_OK)
        return; // asked again one by one
    must(codec_decode(&batch_reply_desc, reply.body, CODEC_SKIP_UNKNOWN, &world->arena, &batch, &refusal));
    for (size_t i = 0; i < batch.replies.count && i < packet->command_count; i++)
        take_answer(world, &world->clients.commands[packet->commands[i]], &batch.replies.items[i]);
}

/** A message that was stuck somewhere on its way comes out again, whatever its sender knows by now. */
static void repeat_late(struct world *world, size_t number)
{
    const struct sim_command *command = &world->clients.commands[number];
    if (command->expires_ms < world->utc_ms || command->never_again)
        return;
    trace(world, "n%zu comes again, late", number);
    send_alone(world, number);
}

static void repeat(struct world *world)
{
    struct clients *clients = &world->clients;
    size_t first = rng_below(&world->rng, clients->count);
    if (!world->calm && rng_chance(&world->rng, world->habits.repeated)) {
        repeat_late(world, first);
        return;
    }
    for (size_t i = 0; i < clients->count; i++) {
        struct sim_command *command = &clients->commands[(first + i) % clients->count];
        if (command->state != COMMAND_OPEN || world->monotonic_ms - command->sent_ms < PATIENCE_MS)
            continue;
        if (command->expires_ms < world->utc_ms)
            command->state = COMMAND_GIVEN_UP;
        else
            send_alone(world, (first + i) % clients->count);
        trace(world, "client %d: n%zu %s", command->client, (first + i) % clients->count,
              command->state == COMMAND_OPEN ? "again" : "is given up");
        return;
    }
}

/** Whether its id may be forgotten: both clocks must have passed. */
static bool is_past(const struct world *world, const struct sim_command *command)
{
    return command->expires_ms + COMMAND_MEMORY_GRACE_MS < world->utc_ms && command->past_ms < world->monotonic_ms;
}

void clients_forget_past(struct world *world)
{
    struct clients *clients = &world->clients;
    for (size_t i = 0; i < clients->count; i++) {
        struct sim_command *command = &clients->commands[i];
        command->never_again = command->never_again || is_past(world, command);
        if (command->state == COMMAND_OPEN && command->never_again)
            command->state = COMMAND_GIVEN_UP;
    }
    for (size_t i = world->net.count; i-- > 0;) {
        const struct packet *packet = &world->net.packets[i];
        bool past = false;
        for (size_t j = 0; j < packet->command_count; j++)
            past = past || clients->commands[packet->commands[j]].never_again;
        if (packet->kind == PACKET_COMMAND && past)
            net_drop(&world->net, i);
    }
}

void clients_turn(struct world *world)
{
    struct packet packet;
    int client = (int)rng_below(&world->rng, CLIENT_COUNT);
    bool took = false;
    while (net_take(world, PACKET_REPLY, client, &packet)) {
        take_reply(world, &packet);
        packet_fini(&packet);
        took = true;
    }
    if (!took && world->clients.count > 0)
        repeat(world);
}
