// SPDX-License-Identifier: Apache-2.0
#include "common/client/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/client/doors.h"
#include "common/client/requests.h"
#include "common/client/seen.h"
#include "common/wire/envelope.h"
#include "common/wire/frame.h"

enum {
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_RESEND_MS = 2000,
    DEFAULT_IN_FLIGHT = 1024,
    MOST_IN_FLIGHT = 65536,
    FIRST_PAUSE_MS = 5, // after a refusal that says to try again; doubled each time
    LONGEST_PAUSE_MS = 500,
    FULL_PAUSE_MS = 50, // when a message could not even leave
    // Under a stream of answers a request is given up this much after its end, so that an answer that already waits is
    // read.
    GRACE_MS = 1000,
    CALL_WAIT_MS = 1000,
};

struct client {
    const char *source;
    const char *actor;
    const struct clock *clock;
    int64_t timeout_ms;
    int64_t resend_ms;
    struct doors doors;
    struct requests requests;
    struct seen seen;
    struct buffer body; // of the message that is being built
};

enum fault client_open(const struct client_config *config, struct client **out_client)
{
    size_t in_flight = config->in_flight ? config->in_flight : DEFAULT_IN_FLIGHT;
    int64_t timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
    int64_t resend_ms = config->resend_ms ? config->resend_ms : DEFAULT_RESEND_MS;
    if (timeout_ms < 0 || timeout_ms > COMMAND_MAX_AHEAD_MS || resend_ms < 0 || in_flight > MOST_IN_FLIGHT) {
        LOG(LOG_LEVEL_ERROR, "client settings are outside their range", log_int("timeout_ms", timeout_ms),
            log_int("resend_ms", resend_ms), log_int("in_flight", (int64_t)in_flight));
        return FAULT_CONFIG;
    }
    struct client *client = calloc(1, sizeof *client);
    if (!client || !requests_init(&client->requests, in_flight)) {
        free(client);
        return FAULT_MEMORY;
    }
    client->source = config->source;
    client->actor = config->actor;
    client->clock = config->clock ? config->clock : clock_system();
    client->timeout_ms = timeout_ms;
    client->resend_ms = resend_ms;
    doors_init(&client->doors, config->bus, config->map, in_flight);
    buffer_init(&client->body, FRAME_CLIENT_BYTES);
    *out_client = client;
    return FAULT_NONE;
}

void client_close(struct client *client)
{
    doors_fini(&client->doors);
    requests_fini(&client->requests);
    buffer_fini(&client->body);
    free(client);
}

void client_new_id(char out[33])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    random_fill(random_system(), bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[32] = '\0';
}

void client_saw(struct client *client, const char *service, uint64_t seq)
{
    seen_raise(&client->seen, text_of(service), seq);
}

void client_forget(struct client *client)
{
    client->seen.count = 0;
}

size_t client_in_flight(const struct client *client)
{
    return client->requests.count;
}

/** The outcome is known; client_receive hands it out as soon as it is called. */
static void settle(struct client *client, struct request *request, enum client_outcome outcome)
{
    request->is_settled = true;
    request->outcome = outcome;
    requests_schedule(&client->requests, request, INT64_MIN);
}

static void schedule(struct client *client, struct request *request, int64_t due_ms)
{
    requests_schedule(&client->requests, request, due_ms < request->end_ms ? due_ms : request->end_ms);
}

/** Sends it, or sends it again; the frame stays the same to the last byte. */
static void transmit(struct client *client, struct request *request, int64_t now_ms)
{
    enum fault fault = doors_open(&client->doors, request->door, now_ms);
    if (fault == FAULT_NONE && bus_send(request->door->socket, buffer_bytes(&request->frame))) {
        schedule(client, request, now_ms + client->resend_ms);
        return;
    }
    if (fault == FAULT_NONE || fault == FAULT_UNREACHABLE) {
        schedule(client, request, now_ms + FULL_PAUSE_MS);
        return;
    }
    refusal_set(&request->refusal, ERROR_UNAVAILABLE, NULL, "the service's address cannot be used; the log says why");
    settle(client, request, CLIENT_UNREACHABLE);
}

static bool write_command(struct client *client, struct request *request, struct text id,
                          const struct seen_position *positions, size_t count)
{
    struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = id,
        .type = text_of(request->message->type),
        .expires_ms = clock_utc_ms(client->clock) + client->timeout_ms,
        .body = buffer_bytes(&client->body),
        .source = text_of(client->source),
        .has_source = client->source != NULL,
        .actor = text_of(client->actor),
        .has_actor = client->actor != NULL,
        .seen = {.count = count, .items = positions},
    };
    if (!codec_valid(&command_envelope_desc, &envelope, &request->refusal))
        return false;
    codec_encode(&command_envelope_desc, &envelope, &request->frame);
    return true;
}

static bool write_query(struct client *client, struct request *request, struct text id,
                        const struct seen_position *positions, size_t count)
{
    struct query_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = id,
        .type = text_of(request->message->type),
        .body = buffer_bytes(&client->body),
        .source = text_of(client->source),
        .has_source = client->source != NULL,
        .actor = text_of(client->actor),
        .has_actor = client->actor != NULL,
        .seen = {.count = count, .items = positions},
    };
    if (!codec_valid(&query_envelope_desc, &envelope, &request->refusal))
        return false;
    codec_encode(&query_envelope_desc, &envelope, &request->frame);
    return true;
}

/** Fills in door, name and frame. False: the request's refusal says what is wrong with it. */
static bool build(struct client *client, struct request *request, const char *service, const void *body, struct text id)
{
    const struct message_desc *message = request->message;
    struct seen_position positions[SEEN_SERVICES];
    struct refusal *refusal = &request->refusal;
    request->door = doors_find(&client->doors, text_of(service ? service : message->service), message->kind);
    if (!request->door) {
        refusal_set(refusal, ERROR_NOT_FOUND, NULL, "the file with the bus's addresses has no such service");
        return false;
    }
    if (!codec_valid(message->body, body, refusal))
        return false;
    buffer_reset(&client->body);
    codec_encode(message->body, body, &client->body);
    size_t count = seen_list(&client->seen, positions);
    if (!client->body.failed &&
        !(message->kind == MESSAGE_COMMAND ? write_command : write_query)(client, request, id, positions, count))
        return false;
    if (client->body.failed || request->frame.failed) {
        refusal_set(refusal, ERROR_TOO_LARGE, NULL, "the message is larger than 256 KiB; send less at once");
        return false;
    }
    if (!requests_name(&client->requests, request, id)) {
        refusal_set(refusal, ERROR_CONFLICT, "id", "another request with this id is under way");
        return false;
    }
    return true;
}

bool client_send(struct client *client, const char *service, const struct message_desc *message, const void *body,
                 const char *id, void *user)
{
    char new_id[33];
    must(message->kind == MESSAGE_COMMAND || message->kind == MESSAGE_QUERY);
    struct request *request = requests_take(&client->requests);
    if (!request)
        return false;
    int64_t now_ms = clock_monotonic_ms(client->clock);
    request->message = message;
    request->user = user;
    request->end_ms = now_ms + client->timeout_ms;
    if (!id)
        client_new_id(new_id);
    if (build(client, request, service, body, text_of(id ? id : new_id)))
        transmit(client, request, now_ms);
    else
        settle(client, request, CLIENT_REFUSED);
    return true;
}

/** Hands a request's outcome out and forgets it. */
static void finish(struct client *client, struct request *request, enum client_outcome outcome,
                   struct client_answer *out_answer)
{
    *out_answer = (struct client_answer){.outcome = outcome, .user = request->user, .refusal = request->refusal};
    requests_release(&client->requests, request);
}

/** Does what is due. `drained`: no answer waits to be read. True: a request has ended, `out_answer` says how. */
static bool do_what_is_due(struct client *client, int64_t now_ms, bool drained, struct client_answer *out_answer)
{
    for (;;) {
        struct request *request = requests_first(&client->requests);
        if (!request || request->due_ms > now_ms)
            return false;
        if (request->is_settled) {
            finish(client, request, request->outcome, out_answer);
            return true;
        }
        if (now_ms < request->end_ms) {
            transmit(client, request, now_ms);
            continue;
        }
        if (!drained && now_ms < request->end_ms + GRACE_MS)
            return false;
        finish(client, request, CLIENT_UNREACHABLE, out_answer);
        return true;
    }
}

/** A reply that says ok. What cannot be read has been done all the same, so of a command it is unknown, not refused. */
static void take_ok(struct client *client, struct request *request, const struct reply_envelope *envelope,
                    struct arena *arena, struct client_answer *out_answer)
{
    const struct struct_desc *desc = request->message->reply;
    struct arena_mark mark = arena_mark(arena);
    struct refusal why = {.code = ERROR_NONE};
    uint64_t seq = envelope->has_seq ? (uint64_t)envelope->seq : 0;
    if (seq > 0)
        seen_raise(&client->seen, text_of(request->door->service), seq);
    struct bytes body = envelope->has_body ? arena_bytes(arena, envelope->body) : bytes_of(NULL, 0);
    void *reply = arena_alloc(arena, desc->size);
    bool fits = reply && (body.data || !envelope->has_body);
    if (fits && body.len > 0 && codec_decode(desc, body, CODEC_SKIP_UNKNOWN, arena, reply, &why)) {
        finish(client, request, CLIENT_DONE, out_answer);
        out_answer->reply = reply;
        out_answer->seq = seq;
        out_answer->refusal = (struct refusal){.code = ERROR_NONE};
        return;
    }
    arena_rewind(arena, mark);
    request->refusal = (struct refusal){.code = ERROR_NONE};
    if (!fits || why.code == ERROR_BUSY)
        refusal_set(&request->refusal, ERROR_TOO_LARGE, NULL, "the service's answer is larger than the memory for it");
    else
        refusal_set(&request->refusal, ERROR_MALFORMED, why.field,
                    "the service's answer cannot be read; is it a newer version?");
    bool is_query = request->message->kind == MESSAGE_QUERY;
    finish(client, request, is_query ? CLIENT_REFUSED : CLIENT_UNREACHABLE, out_answer);
}

static struct refusal refusal_of(const struct reply_error *error)
{
    struct refusal refusal = {.code = error_code_of(error->code.data, error->code.len)};
    if (error->has_field)
        snprintf(refusal.field, sizeof refusal.field, "%.*s", (int)error->field.len, error->field.data);
    if (refusal.code != ERROR_NONE) {
        snprintf(refusal.message, sizeof refusal.message, "%.*s", (int)error->message.len, error->message.data);
        return refusal;
    }
    // A newer service has codes that this program does not know; whether to try again it says itself.
    refusal.code = error->retry ? ERROR_UNAVAILABLE : ERROR_WRONG_STATE;
    snprintf(refusal.message, sizeof refusal.message, "%.*s: %.*s", (int)error->code.len, error->code.data,
             (int)error->message.len, error->message.data);
    return refusal;
}

/** True: the refusal is final. */
static bool take_refusal(struct client *client, struct request *request, const struct reply_error *error,
                         struct client_answer *out_answer)
{
    request->refusal = refusal_of(error);
    if (!error_info(request->refusal.code)->retry) {
        finish(client, request, CLIENT_REFUSED, out_answer);
        return true;
    }
    int64_t doubled_ms = request->pause_ms ? 2 * request->pause_ms : FIRST_PAUSE_MS;
    request->pause_ms = doubled_ms < LONGEST_PAUSE_MS ? doubled_ms : LONGEST_PAUSE_MS;
    schedule(client, request, clock_monotonic_ms(client->clock) + request->pause_ms);
    return false;
}

/** Reads one reply. False: nothing has ended by it; it is late, foreign, or says to try again. */
static bool take_reply(struct client *client, const struct door *door, struct bytes frame, struct arena *arena,
                       struct client_answer *out_answer)
{
    struct arena_mark mark = arena_mark(arena);
    struct refusal why = {.code = ERROR_NONE};
    struct reply_envelope envelope;
    bool is_read = envelope_read_reply(frame, arena, &envelope, &why);
    arena_rewind(arena, mark); // it has no lists
    struct request *request = is_read ? requests_find(&client->requests, envelope.id) : NULL;
    if (!request || request->door != door || request->is_settled)
        return false;
    if (envelope.status == REPLY_STATUS_ERROR)
        return envelope.has_error && take_refusal(client, request, &envelope.error, out_answer);
    take_ok(client, request, &envelope, arena, out_answer);
    return true;
}

/** Takes one waiting message. True: a request has ended. `out_drained` when none was there. */
static bool take_waiting(struct client *client, struct arena *arena, bool *out_drained,
                         struct client_answer *out_answer)
{
    struct bus_message message;
    const struct door *door = NULL;
    enum bus_received received = doors_receive(&client->doors, &message, &door);
    *out_drained = received == BUS_NOTHING;
    if (received != BUS_MESSAGE)
        return false;
    bool has_ended = take_reply(client, door, message.payload, arena, out_answer);
    bus_message_close(&message);
    return has_ended;
}

/** Waits for a message, or until something is due, at most to `end_ms`. False: interrupted. */
static bool wait_for_more(struct client *client, int64_t now_ms, int64_t end_ms)
{
    const struct request *first = requests_first(&client->requests);
    int64_t wake_ms = first && first->due_ms < end_ms ? first->due_ms : end_ms;
    int wait_ms = wake_ms > now_ms ? (int)(wake_ms - now_ms) : 0;
    return doors_wait(&client->doors, wait_ms) || clock_monotonic_ms(client->clock) >= wake_ms;
}

bool client_receive(struct client *client, int timeout_ms, struct arena *arena, struct client_answer *out_answer)
{
    must(timeout_ms >= 0);
    bool drained = false;
    int64_t now_ms = clock_monotonic_ms(client->clock);
    int64_t end_ms = now_ms + timeout_ms;
    for (;; now_ms = clock_monotonic_ms(client->clock)) {
        if (do_what_is_due(client, now_ms, drained, out_answer) || take_waiting(client, arena, &drained, out_answer))
            return true;
        if (!drained)
            continue;
        // A request at its end is given up now that no answer waits.
        if (do_what_is_due(client, now_ms, drained, out_answer))
            return true;
        if (now_ms >= end_ms || !wait_for_more(client, now_ms, end_ms))
            return false;
    }
}

enum client_outcome client_call(struct client *client, const char *service, const struct message_desc *message,
                                const void *body, const char *id, struct arena *arena, struct client_answer *out_answer)
{
    must(client_in_flight(client) == 0);
    must(client_send(client, service, message, body, id, NULL));
    while (!client_receive(client, CALL_WAIT_MS, arena, out_answer))
        continue;
    return out_answer->outcome;
}
