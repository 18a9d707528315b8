// SPDX-License-Identifier: Apache-2.0
/**
 * Batches through the core of the person service, at their edges: none and very many commands, no memory left, no room for what
 * has to be remembered, and faults in the middle.
 */
#include "tests/unit/core_fixture.h"

#include "common/service/internal.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/person/person.h"
#include "services/person/state.h"

static const struct message_desc batch_message = {.type = "batch", .body = &batch_desc, .reply = &batch_reply_desc};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &person_definition);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static struct reply_envelope create(struct fixture *fixture, const char *given_name, const char *id)
{
    struct person_create command = {.given_name = text_of(given_name)};
    return fixture_call(fixture, &person_create_message, &command, id);
}

static uint64_t cards(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    uint64_t count = store_count(txn, &person_cards);
    store_abort(txn);
    return count;
}

/** `count` commands of this type and body, with ids from `first` on; in the arena. */
static struct command_envelope *commands_of(struct fixture *fixture, const char *type, struct bytes body, size_t first,
                                            size_t count)
{
    struct command_envelope *commands = arena_alloc_array(&fixture->arena, count, sizeof *commands);
    assert_non_null(commands);
    for (size_t i = 0; i < count; i++) {
        char id[24];
        int len = snprintf(id, sizeof id, "%zu", first + i);
        commands[i] = (struct command_envelope){
            .v = ENVELOPE_VERSION,
            .id = arena_text(&fixture->arena, (struct text){id, (size_t)len}),
            .type = text_of(type),
            .expires_ms = fixture->utc_ms + 1000,
            .body = body,
        };
    }
    return commands;
}

static struct bytes create_body(struct fixture *fixture, const char *given_name)
{
    struct person_create command = {.given_name = text_of(given_name)};
    buffer_reset(&fixture->body);
    codec_encode(&person_create_desc, &command, &fixture->body);
    return arena_bytes(&fixture->arena, buffer_bytes(&fixture->body));
}

/** A frame with a batch of them; in the arena. */
static struct bytes batch_frame(struct fixture *fixture, const char *id, const struct command_envelope *commands,
                                size_t count)
{
    const struct batch batch = {.commands = {count, commands}};
    buffer_reset(&fixture->body);
    codec_encode(&batch_desc, &batch, &fixture->body);
    const struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = text_of(id),
        .type = TEXT("batch"),
        .expires_ms = fixture->utc_ms + 1000,
        .body = buffer_bytes(&fixture->body),
    };
    buffer_reset(&fixture->frame);
    codec_encode(&command_envelope_desc, &envelope, &fixture->frame);
    return arena_bytes(&fixture->arena, buffer_bytes(&fixture->frame));
}

static struct reply_envelope call_batch(struct fixture *fixture, struct bytes frame)
{
    struct core_sender sender = core_trusted_sender();
    fixture_begin(fixture);
    core_command(fixture->core, frame, &sender);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    return fixture_reply(fixture, 0);
}

static void an_empty_batch_is_answered(void **state)
{
    struct fixture *fixture = *state;
    struct batch_reply answers;
    struct reply_envelope reply = call_batch(fixture, batch_frame(fixture, "none", NULL, 0));
    fixture_reply_body(fixture, &batch_message, &reply, &answers);
    assert_int_equal(answers.replies.count, 0);
    assert_int_equal(store_seq(fixture->store), 0);
}

static void a_batch_holds_no_batch(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t empty_map = 0x80;
    struct command_envelope *inner = commands_of(fixture, "batch", bytes_of(&empty_map, 1), 1, 2);
    inner[1].type = TEXT("person.create");
    inner[1].body = create_body(fixture, "Åsa");
    struct batch_reply answers;
    struct reply_envelope reply = call_batch(fixture, batch_frame(fixture, "outer", inner, 2));
    fixture_reply_body(fixture, &batch_message, &reply, &answers);
    assert_int_equal(answers.replies.count, 2);
    assert_refused(&answers.replies.items[0], "unknown_type", "type");
    assert_done(answers.replies.items[1]);
    assert_int_equal(cards(fixture), 1);
}

static void the_largest_batch_is_done_and_one_more_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bytes body = create_body(fixture, "Åsa");
    struct command_envelope *commands = commands_of(fixture, "person.create", body, 1, 1025);
    struct reply_envelope reply = call_batch(fixture, batch_frame(fixture, "more", commands, 1025));
    assert_refused(&reply, "invalid_field", "commands");
    assert_int_equal(cards(fixture), 0);
    struct bytes frame = batch_frame(fixture, "most", commands, 1024);
    assert_true(frame.len <= 256 * 1024);
    for (size_t round = 0; round < 2; round++) { // the second time every reply is the first one's
        struct batch_reply answers;
        reply = call_batch(fixture, frame);
        fixture_reply_body(fixture, &batch_message, &reply, &answers);
        assert_int_equal(answers.replies.count, 1024);
        for (size_t i = 0; i < 1024; i++)
            assert_int_equal(answers.replies.items[i].seq, i + 1);
        assert_int_equal(cards(fixture), 1024);
    }
}

/** What a refused command was told stands within its batch too, whatever a command between the two has made possible. */
static void a_repeat_of_a_refused_command_in_the_same_batch_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = {.given_name = TEXT("Åsa"), .has_region = true, .region = 1};
    struct entry_create region = {.list = PICK_LIST_REGION, .names = {.sv = TEXT("Norr")}};
    fixture_begin(fixture);
    fixture_add(fixture, &person_create_message, &command, "a");
    fixture_add(fixture, &entry_create_message, &region, "r");
    fixture_add(fixture, &person_create_message, &command, "a");
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope first = fixture_reply(fixture, 0), second = fixture_reply(fixture, 2);
    assert_refused(&first, "unknown_entry", "region");
    assert_done(fixture_reply(fixture, 1));
    assert_refused(&second, "unknown_entry", "region");
    assert_int_equal(cards(fixture), 0);
}

static void a_refusal_of_a_batch_that_failed_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = {.given_name = TEXT("Åsa"), .has_region = true, .region = 1};
    struct entry_create region = {.list = PICK_LIST_REGION, .names = {.sv = TEXT("Norr")}};
    fixture->fence = true;
    fixture_begin(fixture);
    fixture_add(fixture, &person_create_message, &command, "a");
    fixture_add(fixture, &entry_create_message, &region, "r");
    assert_int_equal(core_end(fixture->core), FAULT_STORAGE_FULL);
    fixture->fence = false;
    assert_done(fixture_call(fixture, &entry_create_message, &region, "r"));
    assert_done(fixture_call(fixture, &person_create_message, &command, "a"));
}

/** Commands past the memory of a batch are told to come again; those before it are done, and nothing ends. */
static void a_batch_without_memory_left_refuses_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct core_sender sender = core_trusted_sender();
    struct bytes body = create_body(fixture, "Åsa");
    enum { MESSAGES = 16, EACH = 1024 };
    static struct bytes frames[MESSAGES];
    for (size_t i = 0; i < MESSAGES; i++) {
        struct arena_mark mark = arena_mark(&fixture->arena);
        struct command_envelope *commands = commands_of(fixture, "person.create", body, i * EACH, EACH);
        struct bytes frame = batch_frame(fixture, "x", commands, EACH);
        uint8_t *copy = malloc(frame.len);
        memcpy(copy, frame.data, frame.len);
        frames[i] = bytes_of(copy, frame.len);
        arena_rewind(&fixture->arena, mark);
    }
    fixture_begin(fixture);
    struct arena *arena = core_command_ctx(fixture->core).arena;
    arena->limit_bytes = 24 * 1024 * 1024; // less than a service's, so that fewer commands fill it
    for (size_t i = 0; i < MESSAGES; i++)
        core_command(fixture->core, frames[i], &sender);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    uint64_t done = cards(fixture);
    assert_in_range(done, EACH, MESSAGES * EACH - 1);
    struct reply_envelope last = fixture_reply(fixture, MESSAGES - 1);
    assert_true(last.status == REPLY_STATUS_ERROR && text_equal(last.error.code, TEXT("busy")));
    assert_done(create(fixture, "Bo", "afterwards"));
    for (size_t i = 0; i < MESSAGES; i++)
        free((void *)(uintptr_t)frames[i].data);
}

/** Whatever memory a batch has left: a command is done or refused, and never fails those beside it. */
static void no_command_fails_its_batch_for_want_of_memory(void **state)
{
    struct fixture *fixture = *state;
    struct arena *arena = core_command_ctx(fixture->core).arena;
    struct person_create command = {.given_name = TEXT("Åsa")};
    const size_t froms[] = {0, 16 * 1024 * 1024}; // where a command has not enough, and where it has
    uint64_t done = 0, refused = 0;
    for (size_t i = 0; i < 400; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%zu", i);
        arena->limit_bytes = froms[i / 200] + i % 200 * 32;
        struct reply_envelope reply = fixture_call(fixture, &person_create_message, &command, id);
        done += reply.status == REPLY_STATUS_OK;
        refused += reply.status == REPLY_STATUS_ERROR && text_equal(reply.error.code, TEXT("busy"));
    }
    assert_int_equal(done + refused, 400);
    assert_in_range(done, 1, 200);
    assert_int_equal(cards(fixture), done);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_COMMITS_FAILED), 0);
}

/** A fault within the batch, as a full map or no memory makes one, many times over: the repeat afterwards is still found. */
static void commands_of_batches_that_failed_leave_nothing_behind(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 10; i++) {
        struct person_create command = {.given_name = TEXT("Åsa")};
        fixture_begin(fixture);
        store_txn_fail(core_command_ctx(fixture->core).txn, FAULT_MEMORY);
        fixture_add(fixture, &person_create_message, &command, "a");
        assert_int_equal(core_end(fixture->core), FAULT_MEMORY);
        struct reply_envelope reply = fixture_reply(fixture, 0);
        assert_refused(&reply, "unavailable", "");
    }
    assert_int_equal(counter_get(&fixture->counters, COUNTER_IDS_REMEMBERED), 0);
    struct reply_envelope first = create(fixture, "Åsa", "a"), again = create(fixture, "Åsa", "a");
    assert_done(first);
    assert_int_equal(first.seq, again.seq);
    assert_int_equal(cards(fixture), 1);
}

static void a_command_whose_record_is_damaged_is_not_done_again(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create(fixture, "Marker", "a"));
    fixture_damage(fixture, "Marker");
    struct reply_envelope reply = create(fixture, "Marker", "a");
    assert_refused(&reply, "corrupt", "");
    assert_int_equal(cards(fixture), 1);
    struct command_result query = {.command_id = TEXT("a")};
    reply = fixture_query(fixture, &command_result_message, &query);
    assert_refused(&reply, "corrupt", "");
}

/** With room for fewer ids than may be repeated the service starts, does nothing twice, and takes new commands in time. */
static void a_start_without_room_for_all_ids_does_nothing_twice(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 5; i++) {
        char id[8];
        snprintf(id, sizeof id, "%zu", i);
        assert_done(create(fixture, "Åsa", id));
    }
    fixture->memory_limit = 2;
    fixture_restart(fixture);
    assert_int_equal(create(fixture, "Åsa", "4").seq, 5); // the newest are remembered
    struct reply_envelope reply = create(fixture, "Åsa", "0");
    assert_refused(&reply, "busy", "");
    assert_int_equal(cards(fixture), 5);
    fixture->utc_ms += 30000 + 2 * COMMAND_MEMORY_GRACE_MS + 1;
    fixture->monotonic_ms += 30000 + 2 * COMMAND_MEMORY_GRACE_MS + 1;
    core_housekeep(fixture->core);
    assert_done(create(fixture, "Åsa", "new"));
}

/** The clock was an hour back while the newest records were written, and is right again when the service starts. */
static void a_clock_that_was_back_for_a_while_hides_no_ids(void **state)
{
    struct fixture *fixture = *state;
    enum { HOUR = 60 * 60 * 1000 };
    struct reply_envelope first = create(fixture, "Åsa", "a");
    fixture->utc_ms -= HOUR;
    assert_done(create(fixture, "Bo", "b"));
    fixture->utc_ms += HOUR;
    fixture_restart(fixture);
    assert_int_equal(create(fixture, "Åsa", "a").seq, first.seq);
    assert_int_equal(cards(fixture), 2);
}

static uint64_t kept_rows(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    uint64_t rows = store_count(txn, store_ids_table());
    store_abort(txn);
    return rows;
}

static void forget_kept_ids(struct fixture *fixture)
{
    struct store_cursor cursor;
    struct store_txn *txn = store_begin_write(fixture->store);
    store_cursor_open(&cursor, txn, store_ids_table());
    while (store_cursor_first(&cursor)) {
        uint8_t key[8];
        memcpy(key, cursor.key.data, sizeof key);
        store_delete(txn, store_ids_table(), bytes_of(key, sizeof key));
    }
    store_cursor_close(&cursor);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

/** Batches of many and of one, some that fail; ids are found by what is kept of them, and by the journal where nothing is. */
static void ids_are_found_after_a_restart(void **state)
{
    enum { IDS = 300, BATCH = 60 };
    struct fixture *fixture = *state;
    uint64_t seqs[IDS];
    char id[16];
    for (size_t i = 0; i < IDS; i += BATCH) {
        struct person_create command = {.given_name = TEXT("Åsa")};
        fixture->fence = true; // this batch is lost
        fixture_begin(fixture);
        fixture_add(fixture, &person_create_message, &command, "lost");
        assert_int_not_equal(core_end(fixture->core), FAULT_NONE);
        fixture->fence = false;
        fixture_restart(fixture); // a store whose log failed writes no more until then
        fixture_begin(fixture);
        for (size_t j = i; j < i + BATCH; j++) {
            snprintf(id, sizeof id, "%zu", j);
            fixture_add(fixture, &person_create_message, &command, id);
        }
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
        for (size_t j = i; j < i + BATCH; j++)
            seqs[j] = (uint64_t)fixture_reply(fixture, j - i).seq;
    }
    assert_true(kept_rows(fixture) >= IDS / BATCH);
    for (int round = 0; round < 2; round++) {
        fixture_restart(fixture);
        assert_int_equal(counter_get(&fixture->counters, COUNTER_IDS_REMEMBERED), IDS);
        for (size_t i = 0; i < IDS; i++) {
            snprintf(id, sizeof id, "%zu", i);
            assert_int_equal(create(fixture, "Åsa", id).seq, seqs[i]);
        }
        forget_kept_ids(fixture); // as in a store that never kept any
    }
    assert_int_equal(cards(fixture), IDS);
    assert_done(create(fixture, "Åsa", "lost"));
}

/** Rather no start than one that does not know what was done. */
static void a_damaged_row_of_ids_is_told(void **state)
{
    static const uint8_t zeros[27] = {0};
    static const size_t lengths[] = {8, 15, 27}; // no head, half of one, half an id
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct key key = key_of_id(1000 + i);
        struct store_txn *txn = store_begin_write(fixture->store);
        store_put(txn, store_ids_table(), key_bytes(&key), bytes_of(zeros, lengths[i]));
        assert_int_equal(store_commit(txn), FAULT_NONE);
        struct core *core = NULL;
        const struct core_config config = {
            .definition = fixture->definition,
            .self = fixture->self,
            .store = fixture->store,
            .counters = &fixture->counters,
            .map = &fixture->map,
            .clock = &fixture->clock,
            .memory_limit = fixture->memory_limit,
        };
        assert_int_equal(core_new(&config, &core), FAULT_CORRUPT);
        assert_null(core);
        txn = store_begin_write(fixture->store);
        store_delete(txn, store_ids_table(), key_bytes(&key));
        assert_int_equal(store_commit(txn), FAULT_NONE);
    }
    fixture_restart(fixture);
}

/** What is kept goes when nothing of it may be repeated, whatever the wall clock says; what is younger stays. */
static void kept_ids_do_not_grow_for_ever(void **state)
{
    enum { MINUTE = 60 * 1000, MINUTES = 60 };
    struct fixture *fixture = *state;
    char id[16];
    for (size_t i = 0; i < MINUTES; i++) {
        snprintf(id, sizeof id, "%zu", i);
        assert_done(create(fixture, "Åsa", id));
        fixture->monotonic_ms += MINUTE;
        fixture->utc_ms += i % 7 == 3 ? 24 * 60 * MINUTE : i % 7 == 4 ? -24 * 60 * MINUTE : MINUTE;
        assert_true(kept_rows(fixture) <= 14);
        if (i > 20)
            assert_true(kept_rows(fixture) >= 11);
    }
}

/** Commands join a batch that is running: one may have been made after it began, for as long as is allowed at all. */
static void a_command_made_while_the_batch_runs_is_done(void **state)
{
    struct fixture *fixture = *state;
    const struct core_sender sender = core_trusted_sender();
    const struct person_create command = {.given_name = TEXT("Åsa")};
    fixture_begin(fixture);
    fixture->utc_ms += 3;
    struct bytes frame =
        fixture_frame(fixture, &person_create_message, &command, "late", fixture->utc_ms + COMMAND_MAX_AHEAD_MS);
    core_command(fixture->core, frame, &sender);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    assert_int_equal(fixture_reply(fixture, 0).status, REPLY_STATUS_OK);
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(an_empty_batch_is_answered),
        with_fixture(a_batch_holds_no_batch),
        with_fixture(a_command_made_while_the_batch_runs_is_done),
        with_fixture(the_largest_batch_is_done_and_one_more_refused),
        with_fixture(a_repeat_of_a_refused_command_in_the_same_batch_is_refused),
        with_fixture(a_refusal_of_a_batch_that_failed_is_forgotten),
        with_fixture(a_batch_without_memory_left_refuses_the_rest),
        with_fixture(no_command_fails_its_batch_for_want_of_memory),
        with_fixture(commands_of_batches_that_failed_leave_nothing_behind),
        with_fixture(a_command_whose_record_is_damaged_is_not_done_again),
        with_fixture(a_start_without_room_for_all_ids_does_nothing_twice),
        with_fixture(a_clock_that_was_back_for_a_while_hides_no_ids),
        with_fixture(ids_are_found_after_a_restart),
        with_fixture(a_damaged_row_of_ids_is_told),
        with_fixture(kept_ids_do_not_grow_for_ever),
    };
    return cmocka_run_group_tests_name("person_batches", tests, NULL, NULL);
}
