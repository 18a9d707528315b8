// SPDX-License-Identifier: Apache-2.0
/* A client against a service that a test scripts: it runs in a thread, with real sockets, and answers as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/must.h"
#include "common/client/client.h"
#include "common/wire/envelope.h"
#include "common/wire/frame.h"
#include "proto/service.gen.h"
#include "tests/unit/bus_fixture.h"

enum { KEPT_FRAMES = 64, ARENA_BYTES = 1 << 20 };

// Both say the same back: the body of one field is that of the reply.
static const struct message_desc echo_command = {
    .type = "person.echo",
    .service = "person",
    .kind = MESSAGE_COMMAND,
    .body = &command_result_desc,
    .reply = &command_result_desc,
};
static const struct message_desc echo_query = {
    .type = "person.echo_query",
    .service = "person",
    .kind = MESSAGE_QUERY,
    .body = &command_result_desc,
    .reply = &command_result_desc,
};

/** One request as the scripted service has read it. */
struct asked {
    struct bus_socket *door;
    struct bus_peer peer;
    char id[65];
    struct bytes body;
    struct seen_position seen[8];
    size_t seen_count;
    int64_t expires_ms;
    int number; // 1 for the first that came, of whatever id
};

struct scripted {
    struct bus_socket *command;
    struct bus_socket *query;
    void (*script)(struct scripted *scripted, const struct asked *asked);
    _Atomic bool is_over;
    pthread_t thread;

    // Read by the test when the thread has ended.
    int asked;
    struct {
        uint8_t data[512];
        size_t len;
    } frames[KEPT_FRAMES];
    struct asked last;
    char last_seen_name[33];
    struct asked *waiting; // of the script that answers out of order
    size_t waiting_count;
};

static void answer_frame(const struct asked *asked, const struct buffer *frame)
{
    must(!frame->failed);
    bus_reply(asked->door, &asked->peer, buffer_bytes(frame));
}

static void answer_ok(const struct asked *asked, struct bytes body, uint64_t seq)
{
    struct buffer frame;
    buffer_init(&frame, FRAME_SERVICE_BYTES);
    envelope_write_ok(&frame, text_of(asked->id), body, seq);
    answer_frame(asked, &frame);
    buffer_fini(&frame);
}

static void refuse(const struct asked *asked, enum error_code code, const char *field, const char *message)
{
    struct refusal refusal = {.code = ERROR_NONE};
    struct buffer frame;
    refusal_set(&refusal, code, field, message);
    buffer_init(&frame, FRAME_CLIENT_BYTES);
    envelope_write_refusal(&frame, text_of(asked->id), &refusal);
    answer_frame(asked, &frame);
    buffer_fini(&frame);
}

static void keep_seen(struct asked *asked, const struct seen_position *positions, size_t count)
{
    asked->seen_count = count;
    for (size_t i = 0; i < count; i++)
        asked->seen[i] = positions[i];
}

static void read_envelope(struct scripted *scripted, struct bytes frame, struct arena *arena, struct asked *out_asked)
{
    struct text id;
    struct refusal refusal = {.code = ERROR_NONE};
    if (out_asked->door == scripted->command) {
        struct command_envelope envelope;
        must(envelope_read_command(frame, arena, &envelope, &id, &refusal));
        out_asked->body = envelope.body;
        out_asked->expires_ms = envelope.expires_ms;
        keep_seen(out_asked, envelope.seen.items, envelope.seen.count);
    } else {
        struct query_envelope envelope;
        must(envelope_read_query(frame, arena, &envelope, &id, &refusal));
        out_asked->body = envelope.body;
        keep_seen(out_asked, envelope.seen.items, envelope.seen.count);
    }
    memcpy(out_asked->id, id.data, id.len);
}

static void take_all(struct scripted *scripted, struct bus_socket *door, struct arena *arena)
{
    struct bus_message message;
    while (bus_receive(door, &message) == BUS_MESSAGE) {
        struct asked asked = {.door = door, .peer = message.peer, .number = ++scripted->asked};
        arena_reset(arena);
        if (scripted->asked <= KEPT_FRAMES && message.payload.len <= sizeof scripted->frames[0].data) {
            memcpy(scripted->frames[scripted->asked - 1].data, message.payload.data, message.payload.len);
            scripted->frames[scripted->asked - 1].len = message.payload.len;
        }
        read_envelope(scripted, message.payload, arena, &asked);
        scripted->script(scripted, &asked);
        scripted->last = asked;
        scripted->last_seen_name[0] = '\0';
        if (asked.seen_count > 0)
            snprintf(scripted->last_seen_name, sizeof scripted->last_seen_name, "%.*s", (int)asked.seen[0].store.len,
                     asked.seen[0].store.data);
        bus_message_close(&message);
    }
}

static void *scripted_run(void *argument)
{
    struct scripted *scripted = argument;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    while (!scripted->is_over) {
        struct bus_poll_item items[] = {{.socket = scripted->command}, {.socket = scripted->query}};
        bus_poll(items, 2, 10);
        take_all(scripted, scripted->command, &arena);
        take_all(scripted, scripted->query, &arena);
    }
    arena_fini(&arena);
    return NULL;
}

struct fixture {
    char directory[FIXTURE_PATH_BYTES];
    struct bus *bus;
    struct bus_map map;
    struct scripted scripted;
    struct client *client;
    struct arena arena;
};

static const struct bus_limits wide_limits = {.frame_bytes = FRAME_CLIENT_BYTES, .messages = 5000};

static int set_up(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    *state = &fixture;
    run_directory_make(fixture.directory);
    struct bus_address *person = &fixture.map.services[0];
    fixture.map.count = 1;
    snprintf(person->service, sizeof person->service, "person");
    address_make(person->command, fixture.directory, "person.command");
    address_make(person->query, fixture.directory, "person.query");
    address_make(person->events, fixture.directory, "person.events");
    arena_init(&fixture.arena, ARENA_BYTES);
    return bus_open(&fixture.bus) == FAULT_NONE ? 0 : -1;
}

static void start(struct fixture *fixture, void (*script)(struct scripted *scripted, const struct asked *asked))
{
    struct scripted *scripted = &fixture->scripted;
    const struct bus_address *person = &fixture->map.services[0];
    scripted->script = script;
    assert_int_equal(bus_bind_router(fixture->bus, person->command, wide_limits, &scripted->command), FAULT_NONE);
    assert_int_equal(bus_bind_router(fixture->bus, person->query, wide_limits, &scripted->query), FAULT_NONE);
    assert_int_equal(pthread_create(&scripted->thread, NULL, scripted_run, scripted), 0);
}

/** Ends the service; from then on the test may read what it saw. */
static void stop(struct fixture *fixture)
{
    struct scripted *scripted = &fixture->scripted;
    scripted->is_over = true;
    pthread_join(scripted->thread, NULL);
    bus_socket_close(scripted->command);
    bus_socket_close(scripted->query);
    scripted->command = NULL;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->client)
        client_close(fixture->client);
    if (fixture->scripted.command)
        stop(fixture);
    free(fixture->scripted.waiting);
    bus_close(fixture->bus);
    arena_fini(&fixture->arena);
    run_directory_remove(fixture->directory);
    return 0;
}

static struct client *open_client(struct fixture *fixture, int64_t timeout_ms, int64_t resend_ms)
{
    struct client_config config = {
        .bus = fixture->bus,
        .map = &fixture->map,
        .source = "test",
        .actor = "tester",
        .timeout_ms = timeout_ms,
        .resend_ms = resend_ms,
        .in_flight = 1000,
    };
    assert_int_equal(client_open(&config, &fixture->client), FAULT_NONE);
    return fixture->client;
}

/** A call with `text` as its body; done calls must bring it back. */
static struct client_answer call(struct fixture *fixture, const struct message_desc *message, const char *text,
                                 const char *id)
{
    struct client_answer answer = {.seq = 0};
    struct command_result body = {.command_id = text_of(text)};
    arena_reset(&fixture->arena);
    client_call(fixture->client, NULL, message, &body, id, &fixture->arena, &answer);
    if (answer.outcome == CLIENT_DONE) {
        const struct command_result *reply = answer.reply;
        assert_true(text_equal(reply->command_id, text_of(text)));
        assert_int_equal(answer.refusal.code, ERROR_NONE);
    }
    assert_int_equal(client_in_flight(fixture->client), 0);
    return answer;
}

static void echo(struct scripted *scripted, const struct asked *asked)
{
    (void)scripted;
    answer_ok(asked, asked->body, (uint64_t)asked->number);
}

static void a_call_is_answered(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, echo);
    open_client(fixture, 5000, 1000);
    int64_t before_ms = clock_utc_ms(clock_system());
    struct client_answer answer = call(fixture, &echo_command, "one", NULL);
    int64_t after_ms = clock_utc_ms(clock_system());
    assert_int_equal(answer.outcome, CLIENT_DONE);
    assert_int_equal(answer.seq, 1);
    assert_int_equal(call(fixture, &echo_query, "two", NULL).outcome, CLIENT_DONE);
    assert_int_equal(call(fixture, &echo_command, "three", "an-id-of-mine").outcome, CLIENT_DONE);
    stop(fixture);
    assert_int_equal(fixture->scripted.asked, 3);
    assert_string_equal(fixture->scripted.last.id, "an-id-of-mine");
    assert_in_range(fixture->scripted.last.expires_ms, before_ms + 5000, after_ms + 10000);
}

static void drop_three(struct scripted *scripted, const struct asked *asked)
{
    if (asked->number > 3)
        echo(scripted, asked);
}

static void assert_same_frames(const struct fixture *fixture, int count)
{
    assert_int_equal(fixture->scripted.asked, count);
    for (int i = 1; i < count; i++) {
        assert_int_equal(fixture->scripted.frames[i].len, fixture->scripted.frames[0].len);
        assert_memory_equal(fixture->scripted.frames[i].data, fixture->scripted.frames[0].data,
                            fixture->scripted.frames[0].len);
    }
}

static void silence_is_asked_again_with_the_same_bytes(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, drop_three);
    open_client(fixture, 10000, 100);
    int64_t start_ms = clock_monotonic_ms(clock_system());
    assert_int_equal(call(fixture, &echo_command, "one", NULL).outcome, CLIENT_DONE);
    assert_in_range(clock_monotonic_ms(clock_system()) - start_ms, 295, 9000);
    stop(fixture);
    assert_same_frames(fixture, 4);
}

static void answer_twice(struct scripted *scripted, const struct asked *asked)
{
    echo(scripted, asked);
    echo(scripted, asked);
}

static void a_second_answer_is_ignored(void **state)
{
    struct fixture *fixture = *state;
    char text[32];
    start(fixture, answer_twice);
    open_client(fixture, 5000, 1000);
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "call %d", i);
        struct client_answer answer = call(fixture, i % 2 ? &echo_command : &echo_query, text, NULL);
        assert_int_equal(answer.outcome, CLIENT_DONE);
        assert_int_equal(answer.seq, i + 1);
    }
    stop(fixture);
    assert_int_equal(fixture->scripted.asked, 50);
}

static void busy_then_not_yet_then_ok(struct scripted *scripted, const struct asked *asked)
{
    if (asked->number <= 2)
        refuse(asked, ERROR_BUSY, NULL, "the queue is full");
    else if (asked->number <= 4)
        refuse(asked, ERROR_NOT_YET, NULL, "not followed so far");
    else if (asked->number == 5)
        refuse(asked, ERROR_UNAVAILABLE, NULL, "shutting down");
    else
        echo(scripted, asked);
}

static void refusals_that_pass_are_tried_again(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, busy_then_not_yet_then_ok);
    open_client(fixture, 10000, 5000);
    int64_t start_ms = clock_monotonic_ms(clock_system());
    struct client_answer answer = call(fixture, &echo_command, "one", NULL);
    int64_t took_ms = clock_monotonic_ms(clock_system()) - start_ms;
    assert_int_equal(answer.outcome, CLIENT_DONE);
    assert_int_equal(answer.seq, 6);
    assert_in_range(took_ms, 5 + 10 + 20 + 40 + 80, 4000); // the pauses, and no resend
    stop(fixture);
    assert_same_frames(fixture, 6);
}

static void say_nothing(struct scripted *scripted, const struct asked *asked)
{
    (void)scripted;
    (void)asked;
}

static void silence_to_the_end_is_unreachable(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, say_nothing);
    open_client(fixture, 500, 100);
    int64_t start_ms = clock_monotonic_ms(clock_system());
    struct client_answer answer = call(fixture, &echo_command, "one", NULL);
    assert_int_equal(answer.outcome, CLIENT_UNREACHABLE);
    assert_int_equal(answer.refusal.code, ERROR_NONE);
    assert_in_range(clock_monotonic_ms(clock_system()) - start_ms, 495, 10000);
    stop(fixture);
    assert_in_range(fixture->scripted.asked, 2, 6);
}

static void always_busy(struct scripted *scripted, const struct asked *asked)
{
    (void)scripted;
    refuse(asked, ERROR_BUSY, NULL, "the queue is full");
}

static void busy_to_the_end_says_so(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, always_busy);
    open_client(fixture, 300, 1000);
    struct client_answer answer = call(fixture, &echo_query, "one", NULL);
    assert_int_equal(answer.outcome, CLIENT_UNREACHABLE);
    assert_int_equal(answer.refusal.code, ERROR_BUSY);
    assert_string_equal(answer.refusal.message, "the queue is full");
}

static void say_not_found(struct scripted *scripted, const struct asked *asked)
{
    (void)scripted;
    refuse(asked, ERROR_NOT_FOUND, "command_id", "no such person");
}

static void a_final_refusal_is_told(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, say_not_found);
    open_client(fixture, 5000, 1000);
    struct client_answer answer = call(fixture, &echo_command, "one", NULL);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_int_equal(answer.refusal.code, ERROR_NOT_FOUND);
    assert_string_equal(answer.refusal.field, "command_id");
    assert_string_equal(answer.refusal.message, "no such person");
}

/** A code from a later version, first to be tried again, then final. */
static void say_something_new(struct scripted *scripted, const struct asked *asked)
{
    (void)scripted;
    struct buffer frame;
    struct reply_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = text_of(asked->id),
        .status = REPLY_STATUS_ERROR,
        .error = {.code = TEXT("on_strike"), .message = TEXT("come back tomorrow"), .retry = asked->number == 1},
        .has_error = true,
    };
    buffer_init(&frame, FRAME_CLIENT_BYTES);
    codec_encode(&reply_envelope_desc, &envelope, &frame);
    answer_frame(asked, &frame);
    buffer_fini(&frame);
}

static void an_unknown_refusal_is_told_with_its_name(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, say_something_new);
    open_client(fixture, 5000, 1000);
    struct client_answer answer = call(fixture, &echo_command, "one", NULL);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_string_equal(answer.refusal.message, "on_strike: come back tomorrow");
    stop(fixture);
    assert_int_equal(fixture->scripted.asked, 2);
}

static void answer_unreadably(struct scripted *scripted, const struct asked *asked)
{
    (void)scripted;
    static const uint8_t empty_map[] = {0x80};
    answer_ok(asked, bytes_of(empty_map, sizeof empty_map), 7);
}

static void an_unreadable_answer_is_no_success(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, answer_unreadably);
    open_client(fixture, 5000, 1000);
    struct client_answer query = call(fixture, &echo_query, "one", NULL);
    assert_int_equal(query.outcome, CLIENT_REFUSED);
    assert_int_equal(query.refusal.code, ERROR_MALFORMED);
    assert_string_equal(query.refusal.message, "the service's answer cannot be read; is it a newer version?");
    struct client_answer command = call(fixture, &echo_command, "one", NULL); // which was done
    assert_int_equal(command.outcome, CLIENT_UNREACHABLE);
    assert_int_equal(command.refusal.code, ERROR_MALFORMED);
}

static void an_answer_too_large_for_its_arena_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct arena small;
    struct client_answer answer;
    struct command_result body = {.command_id = TEXT("a text that needs more than the arena has")};
    start(fixture, echo);
    open_client(fixture, 5000, 1000);
    arena_init(&small, 8);
    client_call(fixture->client, NULL, &echo_query, &body, NULL, &small, &answer);
    arena_fini(&small);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_int_equal(answer.refusal.code, ERROR_TOO_LARGE);
}

static void answer_rubbish_first(struct scripted *scripted, const struct asked *asked)
{
    struct asked other = *asked;
    bus_reply(asked->door, &asked->peer, bytes_of("rubbish", 7));
    bus_reply(asked->door, &asked->peer, bytes_of("", 0));
    snprintf(other.id, sizeof other.id, "nobody's");
    echo(scripted, &other);
    echo(scripted, asked);
}

static void rubbish_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, answer_rubbish_first);
    open_client(fixture, 5000, 5000);
    assert_int_equal(call(fixture, &echo_command, "one", NULL).outcome, CLIENT_DONE);
}

static void what_is_wrong_is_refused_without_asking(void **state)
{
    struct fixture *fixture = *state;
    struct client_answer answer;
    static uint8_t large[200 * 1024];
    char long_text[80];
    start(fixture, echo);
    open_client(fixture, 5000, 1000);
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';

    answer = call(fixture, &echo_command, long_text, NULL);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_int_equal(answer.refusal.code, ERROR_INVALID_FIELD);
    assert_string_equal(answer.refusal.field, "command_id");
    answer = call(fixture, &echo_query, "one", long_text);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_string_equal(answer.refusal.field, "id");
    answer = call(fixture, &echo_query, "one", "");
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_string_equal(answer.refusal.field, "id");

    struct service_ping ping = {0};
    client_call(fixture->client, "stats", &service_ping_message, &ping, NULL, &fixture->arena, &answer);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_int_equal(answer.refusal.code, ERROR_NOT_FOUND);

    const struct message_desc page = {
        "person.page", "person", MESSAGE_QUERY, &journal_read_reply_desc, &journal_read_reply_desc, 0, false, 1, ""};
    const struct journal_page_record records[] = {{1, {large, sizeof large}}, {2, {large, sizeof large}}};
    struct journal_read_reply body = {.store = {large, 16}, .epoch = 1, .last_seq = 1};
    body.records.items = records;
    body.records.count = 2;
    client_call(fixture->client, NULL, &page, &body, NULL, &fixture->arena, &answer);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_int_equal(answer.refusal.code, ERROR_TOO_LARGE);
    stop(fixture);
    assert_int_equal(fixture->scripted.asked, 0);
}

static void the_same_id_is_under_way_once(void **state)
{
    struct fixture *fixture = *state;
    struct client_answer answer;
    struct command_result body = {.command_id = TEXT("one")};
    int users[2];
    start(fixture, say_nothing);
    struct client *client = open_client(fixture, 300, 1000);
    assert_true(client_send(client, NULL, &echo_command, &body, "same", &users[0]));
    assert_true(client_send(client, NULL, &echo_command, &body, "same", &users[1]));
    assert_int_equal(client_in_flight(client), 2);
    assert_true(client_receive(client, 0, &fixture->arena, &answer));
    assert_ptr_equal(answer.user, &users[1]);
    assert_int_equal(answer.outcome, CLIENT_REFUSED);
    assert_int_equal(answer.refusal.code, ERROR_CONFLICT);
    assert_false(client_receive(client, 0, &fixture->arena, &answer));
    assert_true(client_receive(client, 2000, &fixture->arena, &answer));
    assert_ptr_equal(answer.user, &users[0]);
    assert_int_equal(answer.outcome, CLIENT_UNREACHABLE);
}

enum { MANY = 1000 };

/** Answers the newest first, when all have come. */
static void answer_in_reverse(struct scripted *scripted, const struct asked *asked)
{
    struct asked *kept = &scripted->waiting[scripted->waiting_count++];
    *kept = *asked;
    uint8_t *body = malloc(asked->body.len);
    must(body);
    memcpy(body, asked->body.data, asked->body.len);
    kept->body.data = body;
    while (asked->number == MANY && scripted->waiting_count > 0) {
        const struct asked *last = &scripted->waiting[--scripted->waiting_count];
        answer_ok(last, last->body, 1);
        free((void *)last->body.data);
    }
}

static void many_come_back_in_any_order(void **state)
{
    struct fixture *fixture = *state;
    static char texts[MANY][32];
    static bool is_back[MANY];
    struct client_answer answer;
    fixture->scripted.waiting = calloc(MANY, sizeof *fixture->scripted.waiting);
    assert_non_null(fixture->scripted.waiting);
    start(fixture, answer_in_reverse);
    struct client *client = open_client(fixture, 20000, 15000);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "body %zu", i);
        struct command_result body = {.command_id = text_of(texts[i])};
        assert_true(client_send(client, NULL, i % 3 ? &echo_command : &echo_query, &body, NULL, texts[i]));
    }
    struct command_result one_more = {.command_id = TEXT("x")};
    assert_false(client_send(client, NULL, &echo_command, &one_more, NULL, NULL));
    assert_int_equal(client_in_flight(client), MANY);
    for (size_t i = 0; i < MANY; i++) {
        arena_reset(&fixture->arena);
        assert_true(client_receive(client, 10000, &fixture->arena, &answer));
        assert_int_equal(answer.outcome, CLIENT_DONE);
        const struct command_result *reply = answer.reply;
        assert_true(text_equal(reply->command_id, text_of(answer.user)));
        size_t index = (size_t)((char *)answer.user - texts[0]) / sizeof texts[0];
        assert_false(is_back[index]);
        is_back[index] = true;
    }
    assert_int_equal(client_in_flight(client), 0);
    assert_false(client_receive(client, 20, &fixture->arena, &answer));
}

/** Loses one in three, says busy to one in five, answers one in seven twice. */
static void answer_capriciously(struct scripted *scripted, const struct asked *asked)
{
    if (asked->number % 3 == 0)
        return;
    if (asked->number % 5 == 0)
        refuse(asked, ERROR_BUSY, NULL, "the queue is full");
    else if (asked->number % 7 == 0)
        answer_twice(scripted, asked);
    else
        echo(scripted, asked);
}

static void each_ends_once_whatever_the_service_does(void **state)
{
    struct fixture *fixture = *state;
    enum { ALL = 5000 };
    static int ends[ALL];
    struct client_answer answer;
    struct command_result body = {.command_id = TEXT("x")};
    memset(ends, 0, sizeof ends);
    start(fixture, answer_capriciously);
    struct client *client = open_client(fixture, 60000, 50);
    size_t sent = 0, ended = 0;
    while (ended < ALL) {
        while (sent < ALL &&
               client_send(client, NULL, sent % 2 ? &echo_command : &echo_query, &body, NULL, &ends[sent]))
            sent++;
        arena_reset(&fixture->arena);
        assert_true(client_receive(client, 30000, &fixture->arena, &answer));
        assert_int_equal(answer.outcome, CLIENT_DONE);
        ++*(int *)answer.user;
        ended++;
    }
    for (size_t i = 0; i < ALL; i++)
        assert_int_equal(ends[i], 1);
    assert_int_equal(client_in_flight(client), 0);
}

static void positions_are_sent_along(void **state)
{
    struct fixture *fixture = *state;
    char name[32];
    start(fixture, echo);
    struct client *client = open_client(fixture, 5000, 1000);
    for (int i = 0; i < 5; i++)
        assert_int_equal(call(fixture, i % 2 ? &echo_query : &echo_command, "x", NULL).seq, i + 1);
    assert_int_equal(call(fixture, &echo_command, "x", NULL).outcome, CLIENT_DONE);
    client_saw(client, "activity", 41);
    client_saw(client, "activity", 40);
    assert_int_equal(call(fixture, &echo_query, "x", NULL).outcome, CLIENT_DONE);
    stop(fixture);
    assert_int_equal(fixture->scripted.last.seen_count, 2);
    assert_string_equal(fixture->scripted.last_seen_name, "activity");
    assert_int_equal(fixture->scripted.last.seen[0].seq, 41);
    assert_int_equal(fixture->scripted.last.seen[1].seq, 6);

    fixture->scripted.is_over = false;
    start(fixture, echo);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "other%d", i);
        client_saw(client, name, (uint64_t)i + 1);
    }
    assert_int_equal(call(fixture, &echo_query, "x", NULL).outcome, CLIENT_DONE);
    stop(fixture);
    assert_int_equal(fixture->scripted.last.seen_count, 8);
    assert_string_equal(fixture->scripted.last_seen_name, "other11");
}

static void a_service_may_start_later_and_start_again(void **state)
{
    struct fixture *fixture = *state;
    struct client_answer answer;
    struct command_result body = {.command_id = TEXT("x")};
    struct client *client = open_client(fixture, 20000, 100);
    assert_int_equal(rmdir(fixture->directory), 0);
    assert_true(client_send(client, NULL, &echo_command, &body, NULL, NULL));
    assert_false(client_receive(client, 200, &fixture->arena, &answer));
    start(fixture, echo);
    assert_true(client_receive(client, 10000, &fixture->arena, &answer));
    assert_int_equal(answer.outcome, CLIENT_DONE);
    stop(fixture);
    assert_true(client_send(client, NULL, &echo_command, &body, NULL, NULL));
    assert_false(client_receive(client, 200, &fixture->arena, &answer));
    fixture->scripted.is_over = false;
    start(fixture, echo);
    assert_true(client_receive(client, 10000, &fixture->arena, &answer));
    assert_int_equal(answer.outcome, CLIENT_DONE);
}

static void an_address_that_cannot_be_used_is_told_at_once(void **state)
{
    struct fixture *fixture = *state;
    snprintf(fixture->map.services[0].command, BUS_ADDRESS_BYTES, "tcp://127.0.0.1:7001");
    open_client(fixture, 10000, 1000);
    int64_t start_ms = clock_monotonic_ms(clock_system());
    struct client_answer answer = call(fixture, &echo_command, "x", NULL);
    assert_int_equal(answer.outcome, CLIENT_UNREACHABLE);
    assert_int_equal(answer.refusal.code, ERROR_UNAVAILABLE);
    assert_in_range(clock_monotonic_ms(clock_system()) - start_ms, 0, 5000);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 33);
}

static void ids_are_unique(void **state)
{
    (void)state;
    enum { IDS = 20000 };
    static char ids[IDS][33];
    for (size_t i = 0; i < IDS; i++) {
        client_new_id(ids[i]);
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
        assert_int_equal(ids[i][32], '\0');
    }
    qsort(ids, IDS, sizeof ids[0], compare_ids);
    for (size_t i = 1; i < IDS; i++)
        assert_int_not_equal(compare_ids(ids[i - 1], ids[i]), 0);
}

static void settings_have_their_range(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = NULL;
    struct client_config config = {.bus = fixture->bus, .map = &fixture->map, .timeout_ms = 600001};
    assert_int_equal(client_open(&config, &client), FAULT_CONFIG);
    config.timeout_ms = -1;
    assert_int_equal(client_open(&config, &client), FAULT_CONFIG);
    config.timeout_ms = 600000;
    config.in_flight = 65537;
    assert_int_equal(client_open(&config, &client), FAULT_CONFIG);
    assert_null(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_is_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_asked_again_with_the_same_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_answer_is_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_that_pass_are_tried_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_to_the_end_is_unreachable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(busy_to_the_end_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_final_refusal_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_refusal_is_told_with_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unreadable_answer_is_no_success, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_too_large_for_its_arena_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rubbish_is_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_without_asking, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_id_is_under_way_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_come_back_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_ends_once_whatever_the_service_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(positions_are_sent_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_service_may_start_later_and_start_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_that_cannot_be_used_is_told_at_once, set_up, tear_down),
        cmocka_unit_test(ids_are_unique),
        cmocka_unit_test_setup_teardown(settings_have_their_range, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
