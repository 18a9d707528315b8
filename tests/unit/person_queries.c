// SPDX-License-Identifier: Apache-2.0
/** Queries through the core of the person service: what every service answers, who may ask, and what is not there yet. */
#include "tests/unit/core_fixture.h"

#include <sys/wait.h>

#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/person/person.h"

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

static struct reply_envelope get(struct fixture *fixture, uint32_t role_mask, const struct seen_position *seen)
{
    struct person_get query = {.has_person = true, .person = 1};
    return fixture_query_as(fixture, &person_get_message, &query, role_mask, seen);
}

static void an_answer_is_as_new_as_was_seen(void **state)
{
    struct fixture *fixture = *state;
    struct reply_envelope made = create(fixture, "Åsa", "a");
    struct seen_position seen = {.store = TEXT("person"), .seq = made.seq};
    struct reply_envelope reply = get(fixture, UINT32_MAX, &seen);
    assert_done(reply);
    assert_int_equal(reply.seq, made.seq);
    seen.seq++;
    reply = get(fixture, UINT32_MAX, &seen);
    assert_refused(&reply, "not_yet", "seen");
    assert_true(reply.error.retry);
    seen.store = TEXT("stats"); // not followed here: nothing that this service answers depends on it
    assert_done(get(fixture, UINT32_MAX, &seen));
}

static void who_may_not_ask_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create(fixture, "Åsa", "a"));
    struct reply_envelope reply = get(fixture, 0, NULL); // a key that was taken off the list: whatever it asks
    assert_refused(&reply, "not_allowed", "");
    assert_int_equal(counter_get(&fixture->counters, COUNTER_SENDERS_REFUSED), 1);
    reply = get(fixture, ~person_get_message.roles, NULL);
    assert_refused(&reply, "not_allowed", "type");
    assert_done(get(fixture, person_get_message.roles & -person_get_message.roles, NULL)); // the least role is enough
    struct journal_read read = {.limit = 1};
    reply = fixture_query_as(fixture, &journal_read_message, &read, 1U << ROLE_READER, NULL);
    assert_refused(&reply, "not_allowed", "type");
}

static void who_may_not_write_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    const struct core_sender reader = {.role_mask = 1U << ROLE_READER}, writer = {.role_mask = UINT32_MAX};
    struct person_create command = {.given_name = TEXT("Åsa")};
    fixture_begin(fixture);
    struct bytes frame = fixture_frame(fixture, &person_create_message, &command, "a", fixture->utc_ms + 1000);
    core_command(fixture->core, frame, &reader);
    core_command(fixture->core, frame, &writer); // and its refusal is not held against one who may
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope reply = fixture_reply(fixture, 0);
    assert_refused(&reply, "not_allowed", "type");
    assert_done(fixture_reply(fixture, 1));
    assert_int_equal(store_seq(fixture->store), 1);
}

static void a_key_taken_off_the_list_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    const struct core_sender revoked = {.role_mask = 0}, again = {TEXT("one"), UINT32_MAX};
    struct person_create command = {.given_name = TEXT("Åsa")};
    fixture_begin(fixture);
    struct bytes frame = fixture_frame(fixture, &person_create_message, &command, "a", fixture->utc_ms + 1000);
    core_command(fixture->core, frame, &revoked);
    core_command(fixture->core, frame, &again);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope reply = fixture_reply(fixture, 0);
    assert_refused(&reply, "not_allowed", "");
    assert_done(fixture_reply(fixture, 1));
    assert_int_equal(store_seq(fixture->store), 1);
}

static void on_tcp_the_key_is_the_sender(void **state)
{
    struct fixture *fixture = *state;
    const struct core_sender one = {TEXT("one"), UINT32_MAX}, other = {TEXT("other"), UINT32_MAX};
    struct person_create command = {.given_name = TEXT("Åsa")};
    fixture_begin(fixture);
    struct bytes frame = fixture_frame(fixture, &person_create_message, &command, "a", fixture->utc_ms + 1000);
    core_command(fixture->core, frame, &one);
    core_command(fixture->core, frame, &other); // the same source and id: another command all the same
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    assert_int_equal(fixture_reply(fixture, 0).seq + 1, fixture_reply(fixture, 1).seq);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_record record;
    bool found = false;
    assert_int_equal(journal_get(txn, 2, &record, &found), FAULT_NONE);
    assert_true(found && text_equal(record.header.actor, TEXT("other")));
    store_abort(txn);
}

static void an_unknown_type_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct message_desc unknown = {.type = "person.nonsense", .body = &service_ping_desc};
    struct service_ping nothing = {0};
    struct reply_envelope reply = fixture_query(fixture, &unknown, &nothing);
    assert_refused(&reply, "unknown_type", "type");
    const struct message_desc command = {.type = "person.create", .body = &service_ping_desc};
    reply = fixture_query(fixture, &command, &nothing); // a command at the query door
    assert_refused(&reply, "unknown_type", "type");
    reply = fixture_call(fixture, &service_ping_message, &nothing, "a"); // a query at the command door
    assert_refused(&reply, "unknown_type", "type");
}

static struct bytes journal_question(struct fixture *fixture, int64_t after)
{
    static uint8_t space[512];
    struct journal_read read = {.after = after, .limit = 10, .wait_ms = 1500};
    buffer_reset(&fixture->body);
    codec_encode(&journal_read_desc, &read, &fixture->body);
    struct query_envelope envelope = {
        .v = ENVELOPE_VERSION, .id = TEXT("poll"), .type = TEXT("journal.read"), .body = buffer_bytes(&fixture->body)};
    buffer_reset(&fixture->frame);
    codec_encode(&query_envelope_desc, &envelope, &fixture->frame);
    assert_true(fixture->frame.len <= sizeof space);
    memcpy(space, fixture->frame.data, fixture->frame.len);
    return bytes_of(space, fixture->frame.len);
}

static size_t records_in(struct fixture *fixture, struct bytes frame)
{
    struct reply_envelope reply;
    struct journal_read_reply page;
    struct refusal refusal = {.code = ERROR_NONE};
    assert_true(envelope_read_reply(frame, &fixture->arena, &reply, &refusal));
    fixture_reply_body(fixture, &journal_read_message, &reply, &page);
    return page.records.count;
}

static void a_long_poll_waits_for_the_next_commit_or_its_end(void **state)
{
    struct fixture *fixture = *state;
    struct core_sender sender = core_trusted_sender();
    struct bytes frame;
    int64_t wait_ms = 0;
    assert_done(create(fixture, "Åsa", "a"));
    struct bytes question = journal_question(fixture, 1);
    assert_int_equal(core_query(fixture->core, question, &sender, true, &frame, &wait_ms), CORE_PARKED);
    assert_int_equal(wait_ms, 1500);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_QUERIES_RECEIVED), 0);
    assert_int_equal(core_query(fixture->core, question, &sender, false, &frame, &wait_ms), CORE_ANSWERED);
    assert_int_equal(records_in(fixture, frame), 0);
    assert_done(create(fixture, "Bo", "b"));
    question = journal_question(fixture, 1);
    assert_int_equal(core_query(fixture->core, question, &sender, true, &frame, &wait_ms), CORE_ANSWERED);
    assert_int_equal(records_in(fixture, frame), 1);
    question = journal_question(fixture, 3); // beyond the end: another history, which is told at once
    assert_int_equal(core_query(fixture->core, question, &sender, true, &frame, &wait_ms), CORE_ANSWERED);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_QUERIES_RECEIVED), 3);
}

static struct reply_envelope result_of(struct fixture *fixture, const char *id)
{
    struct command_result query = {.command_id = text_of(id)};
    return fixture_query(fixture, &command_result_message, &query);
}

static void what_became_of_a_command_is_told_across_a_restart(void **state)
{
    struct fixture *fixture = *state;
    struct reply_envelope done = create(fixture, "Åsa", "a");
    for (size_t i = 0; i < 2; i++) {
        struct reply_envelope reply = result_of(fixture, "a");
        struct command_result_reply result;
        fixture_reply_body(fixture, &command_result_message, &reply, &result);
        assert_int_equal(result.seq, done.seq);
        assert_true(bytes_equal(result.body, done.body));
        reply = result_of(fixture, "b");
        assert_refused(&reply, "not_found", "command_id");
        fixture_restart(fixture);
    }
    fixture->utc_ms += 30000 + COMMAND_MEMORY_GRACE_MS + 1;
    fixture->monotonic_ms += 30000 + COMMAND_MEMORY_GRACE_MS + 1;
    fixture_restart(fixture); // its time is over
    struct reply_envelope reply = result_of(fixture, "a");
    assert_refused(&reply, "not_found", "command_id");
}

static void a_command_of_a_batch_that_failed_has_no_result(void **state)
{
    struct fixture *fixture = *state;
    fixture->fence = true;
    struct reply_envelope reply = create(fixture, "Åsa", "a");
    assert_refused(&reply, "storage_full", "");
    reply = result_of(fixture, "a");
    assert_refused(&reply, "not_found", "command_id");
}

static void what_cannot_be_read_is_not_said_to_be_absent(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create(fixture, "Åsa", "a"));
    pid_t child = fork(); // there the store gives nothing but faults
    if (child == 0) {
        struct reply_envelope reply = get(fixture, UINT32_MAX, NULL);
        bool right = reply.status == REPLY_STATUS_ERROR && text_equal(reply.error.code, TEXT("unavailable"));
        _exit(right ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(an_answer_is_as_new_as_was_seen),
        with_fixture(who_may_not_ask_is_refused),
        with_fixture(who_may_not_write_changes_nothing),
        with_fixture(a_key_taken_off_the_list_changes_nothing),
        with_fixture(on_tcp_the_key_is_the_sender),
        with_fixture(an_unknown_type_is_refused),
        with_fixture(a_long_poll_waits_for_the_next_commit_or_its_end),
        with_fixture(what_became_of_a_command_is_told_across_a_restart),
        with_fixture(a_command_of_a_batch_that_failed_has_no_result),
        with_fixture(what_cannot_be_read_is_not_said_to_be_absent),
    };
    return cmocka_run_group_tests_name("person_queries", tests, NULL, NULL);
}
