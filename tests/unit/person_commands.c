// SPDX-License-Identifier: Apache-2.0
/** Commands through the core of the person service: one effect each, refusals that change nothing, batches that fail whole. */
#include "tests/unit/core_fixture.h"

#include "proto/person.gen.h"
#include "services/person/person.h"
#include "services/person/state.h"

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

static struct person_create named(const char *given_name)
{
    return (struct person_create){.given_name = text_of(given_name)};
}

static struct reply_envelope create(struct fixture *fixture, const char *given_name, const char *id)
{
    struct person_create command = named(given_name);
    return fixture_call(fixture, &person_create_message, &command, id);
}

static uint64_t person_of(struct fixture *fixture, const struct reply_envelope *reply)
{
    struct person_create_reply body;
    fixture_reply_body(fixture, &person_create_message, reply, &body);
    return body.person;
}

static uint64_t cards(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    uint64_t count = store_count(txn, &person_cards);
    struct journal_position start = {.seq = 0};
    struct journal_problem problem = journal_verify(txn, start, 0);
    assert_int_equal(problem.seq, 0);
    assert_int_equal(problem.checked, store_seq(fixture->store));
    store_abort(txn);
    return count;
}

static void the_same_command_has_one_effect(void **state)
{
    struct fixture *fixture = *state;
    struct reply_envelope first = create(fixture, "Åsa", "a");
    struct reply_envelope again = create(fixture, "Åsa", "a");
    assert_done(first);
    assert_int_equal(first.seq, again.seq);
    assert_int_equal(person_of(fixture, &first), person_of(fixture, &again));
    assert_int_equal(cards(fixture), 1);
    fixture_restart(fixture);
    again = create(fixture, "Åsa", "a");
    assert_int_equal(first.seq, again.seq);
    assert_int_equal(person_of(fixture, &first), person_of(fixture, &again));
    assert_int_equal(cards(fixture), 1);
}

static void a_repeat_within_its_batch_has_one_effect(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = named("Åsa");
    fixture_begin(fixture);
    fixture_add(fixture, &person_create_message, &command, "a");
    fixture_add(fixture, &person_create_message, &command, "a");
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope first = fixture_reply(fixture, 0), second = fixture_reply(fixture, 1);
    assert_int_equal(person_of(fixture, &first), person_of(fixture, &second));
    assert_int_equal(first.seq, second.seq);
    assert_int_equal(cards(fixture), 1);
}

static void the_same_id_with_another_content_is_a_conflict(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create(fixture, "Åsa", "a"));
    struct reply_envelope reply = create(fixture, "Bo", "a");
    assert_refused(&reply, "conflict", "id");
    assert_int_equal(cards(fixture), 1);
}

static void commands_out_of_their_time_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct core_sender sender = core_trusted_sender();
    struct person_create command = named("Åsa");
    const int64_t late[] = {fixture->utc_ms - 1, fixture->utc_ms + COMMAND_MAX_AHEAD_MS + 1};
    const char *const codes[] = {"expired", "invalid_field"};
    for (size_t i = 0; i < 2; i++) {
        fixture_begin(fixture);
        struct bytes frame = fixture_frame(fixture, &person_create_message, &command, "a", late[i]);
        core_command(fixture->core, frame, &sender);
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
        struct reply_envelope reply = fixture_reply(fixture, 0);
        assert_refused(&reply, codes[i], "expires_ms");
    }
    assert_int_equal(cards(fixture), 0);
    assert_int_equal(store_seq(fixture->store), 0);
}

static void a_done_command_is_answered_even_after_its_time(void **state)
{
    struct fixture *fixture = *state;
    struct core_sender sender = core_trusted_sender();
    struct person_create command = named("Åsa");
    int64_t expires_ms = fixture->utc_ms + 1000;
    uint64_t persons[2];
    for (size_t i = 0; i < 2; i++) {
        fixture_begin(fixture);
        struct bytes frame = fixture_frame(fixture, &person_create_message, &command, "a", expires_ms);
        core_command(fixture->core, frame, &sender);
        assert_int_equal(core_end(fixture->core), FAULT_NONE);
        struct reply_envelope reply = fixture_reply(fixture, 0);
        persons[i] = person_of(fixture, &reply);
        fixture->utc_ms += 30000;
        fixture->monotonic_ms += 30000;
        core_housekeep(fixture->core);
    }
    assert_int_equal(persons[0], persons[1]);
}

static void a_refused_command_is_refused_again_though_it_could_now_be_done(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = named("Åsa");
    command.has_region = true;
    command.region = 1;
    struct reply_envelope reply = fixture_call(fixture, &person_create_message, &command, "a");
    assert_refused(&reply, "unknown_entry", "region");
    struct entry_create region = {.list = PICK_LIST_REGION, .names = {.sv = TEXT("Norr")}};
    assert_done(fixture_call(fixture, &entry_create_message, &region, "r"));
    reply = fixture_call(fixture, &person_create_message, &command, "a");
    assert_refused(&reply, "unknown_entry", "region");
    assert_done(fixture_call(fixture, &person_create_message, &command, "b"));
    assert_int_equal(cards(fixture), 1);
}

static void of_two_with_one_number_in_a_batch_one_wins(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = named("Åsa");
    command.has_customer_number = true;
    command.customer_number = TEXT("77");
    fixture_begin(fixture);
    fixture_add(fixture, &person_create_message, &command, "a");
    fixture_add(fixture, &person_create_message, &command, "b");
    command.customer_number = TEXT("78");
    fixture_add(fixture, &person_create_message, &command, "c");
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    assert_done(fixture_reply(fixture, 0));
    struct reply_envelope second = fixture_reply(fixture, 1);
    assert_refused(&second, "not_unique", "customer_number");
    assert_done(fixture_reply(fixture, 2));
    assert_int_equal(cards(fixture), 2);
}

static void a_batch_that_cannot_be_saved_took_no_effect(void **state)
{
    struct fixture *fixture = *state;
    struct person_create command = named("Åsa");
    struct person_create wrong = named("Bo");
    wrong.has_region = true;
    wrong.region = 5;
    assert_done(create(fixture, "Före", "before"));
    uint64_t seq = store_seq(fixture->store);
    fixture->fence = true;
    fixture_begin(fixture);
    fixture_add(fixture, &person_create_message, &command, "a");
    fixture_add(fixture, &person_create_message, &wrong, "b");
    assert_int_equal(core_end(fixture->core), FAULT_STORAGE_FULL);
    for (size_t i = 0; i < 2; i++) {
        struct reply_envelope reply = fixture_reply(fixture, i);
        assert_refused(&reply, "storage_full", "");
        assert_true(reply.error.retry);
    }
    assert_int_equal(store_seq(fixture->store), seq);
    assert_int_equal(cards(fixture), 1);
    fixture->fence = false;
    struct reply_envelope reply = create(fixture, "Åsa", "a");
    assert_int_equal(person_of(fixture, &reply), 2); // the id that the lost batch had taken is given again
    assert_int_equal(cards(fixture), 2);
}

static void a_batch_message_answers_each_of_its_commands(void **state)
{
    struct fixture *fixture = *state;
    struct core_sender sender = core_trusted_sender();
    struct person_create commands[3] = {named("Åsa"), named("Bo"), named("Cy")};
    commands[1].has_email = true;
    commands[1].email = TEXT("no address");
    struct command_envelope envelopes[3];
    struct buffer bodies[3];
    const char *const ids[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        buffer_init(&bodies[i], 4096);
        codec_encode(&person_create_desc, &commands[i], &bodies[i]);
        envelopes[i] = (struct command_envelope){
            .v = 1,
            .id = text_of(ids[i]),
            .type = TEXT("person.create"),
            .expires_ms = fixture->utc_ms + 1000,
            .body = buffer_bytes(&bodies[i]),
        };
    }
    struct batch batch = {.commands = {3, envelopes}};
    struct message_desc message = {.type = "batch", .body = &batch_desc, .reply = &batch_reply_desc};
    fixture_begin(fixture);
    struct bytes frame = fixture_frame(fixture, &message, &batch, "whole", fixture->utc_ms + 1000);
    core_command(fixture->core, frame, &sender);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope reply = fixture_reply(fixture, 0);
    struct batch_reply answers;
    fixture_reply_body(fixture, &message, &reply, &answers);
    assert_int_equal(answers.replies.count, 3);
    assert_done(answers.replies.items[0]);
    assert_refused(&answers.replies.items[1], "invalid_field", "email");
    assert_done(answers.replies.items[2]);
    assert_int_equal(cards(fixture), 2);
    for (size_t i = 0; i < 3; i++)
        buffer_fini(&bodies[i]);
}

static void an_update_that_changes_nothing_is_remembered(void **state)
{
    struct fixture *fixture = *state;
    assert_done(create(fixture, "Åsa", "a"));
    struct person_update same = {.person = 1, .has_given_name = true, .given_name = TEXT("Åsa")};
    struct person_update other = {.person = 1, .has_given_name = true, .given_name = TEXT("Bo")};
    struct reply_envelope first = fixture_call(fixture, &person_update_message, &same, "u1");
    assert_done(first);
    assert_done(fixture_call(fixture, &person_update_message, &other, "u2"));
    struct reply_envelope again = fixture_call(fixture, &person_update_message, &same, "u1");
    assert_int_equal(first.seq, again.seq);
    struct person_update probe = {.person = 1, .has_revision = true, .revision = 2};
    assert_done(fixture_call(fixture, &person_update_message, &probe, "u3")); // still Bo's revision: no late effect
}

static void malformed_frames_are_answered_with_what_is_wrong(void **state)
{
    struct fixture *fixture = *state;
    struct core_sender sender = core_trusted_sender();
    static const uint8_t garbage[] = {0xdd, 0xff, 0xff, 0xff, 0xff};
    fixture_begin(fixture);
    core_command(fixture->core, bytes_of(garbage, sizeof garbage), &sender);
    core_command(fixture->core, bytes_of(garbage, 0), &sender);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    for (size_t i = 0; i < 2; i++) {
        struct reply_envelope reply = fixture_reply(fixture, i);
        assert_refused(&reply, "malformed", "");
    }
    assert_int_equal(store_seq(fixture->store), 0);
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(the_same_command_has_one_effect),
        with_fixture(a_repeat_within_its_batch_has_one_effect),
        with_fixture(the_same_id_with_another_content_is_a_conflict),
        with_fixture(commands_out_of_their_time_are_refused),
        with_fixture(a_done_command_is_answered_even_after_its_time),
        with_fixture(a_refused_command_is_refused_again_though_it_could_now_be_done),
        with_fixture(of_two_with_one_number_in_a_batch_one_wins),
        with_fixture(a_batch_that_cannot_be_saved_took_no_effect),
        with_fixture(a_batch_message_answers_each_of_its_commands),
        with_fixture(an_update_that_changes_nothing_is_remembered),
        with_fixture(malformed_frames_are_answered_with_what_is_wrong),
    };
    return cmocka_run_group_tests_name("person_commands", tests, NULL, NULL);
}
