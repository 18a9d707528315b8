// SPDX-License-Identifier: Apache-2.0
/** What becomes of messages for merged persons: they go to the kept one, who gets none twice. Source: domain.md 6. */
#include "tests/unit/core_fixture.h"

#include <unistd.h>

#include "services/notification/merged.h"
#include "services/notification/notification.h"
#include "services/notification/recipients.h"

enum { ANNA = 1, DOUBLE, TRIPLE, PERSONS = TRIPLE, PATIENCE = 2000 };

/** A ctx on a transaction of the test's own; its events are not journalled. */
static struct ctx begin(struct fixture *fixture)
{
    return (struct ctx){.txn = store_begin_write(fixture->store),
                        .arena = &fixture->arena,
                        .scratch = &fixture->body,
                        .now_ms = fixture->utc_ms};
}

static void commit(struct ctx *ctx)
{
    assert_int_equal(store_commit(ctx->txn), FAULT_NONE);
}

static struct text address_of(uint64_t person)
{
    static const char *const addresses[] = {"", "anna@example.test", "double@example.test", "triple@example.test"};
    return text_of(addresses[person]);
}

static void put_person(struct fixture *fixture, uint64_t person, bool has_email)
{
    const struct reachable row = {
        .name = TEXT("Anna Lind"), .has_email = has_email, .email = has_email ? address_of(person) : TEXT("")};
    struct ctx ctx = begin(fixture);
    row_put(&ctx, &notification_persons, &reachable_desc, person, &row);
    commit(&ctx);
}

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &notification_definition);
    for (uint64_t person = ANNA; person <= PERSONS; person++)
        put_person(fixture, person, true);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static void merge(struct fixture *fixture, uint64_t person, uint64_t into)
{
    struct ctx ctx = begin(fixture);
    merged_put(&ctx, person, into);
    commit(&ctx);
}

/** A send to these persons, as a mass send makes it. */
static void plan(struct fixture *fixture, const uint64_t *persons, size_t count, uint64_t *out_recipients)
{
    const struct send_body body = {.text = TEXT("Hej.\n")};
    struct ctx ctx = begin(fixture);
    struct send send = {.channel = SEND_CHANNEL_EMAIL,
                        .has_subject = true,
                        .subject = TEXT("Hej"),
                        .keep = KEEP_WHOLE,
                        .has_not_after_ms = true,
                        .not_after_ms = fixture->utc_ms + 3600000,
                        .created_ms = fixture->utc_ms};
    send.send = store_next_id(ctx.txn, "send");
    row_append(&ctx, &notification_sends, &send_row_desc, send.send, &send);
    row_append(&ctx, &notification_bodies, &send_body_desc, send.send, &body);
    for (size_t i = 0; i < count; i++) {
        struct kept_recipient row = {
            .recipient = {
                .has_person = true, .person = persons[i], .has_address = true, .address = address_of(persons[i])}};
        recipient_create(&ctx, &row, &send);
        out_recipients[i] = row.recipient.recipient;
    }
    commit(&ctx);
}

/** Moves one as an operator or a transport would. */
static void move(struct fixture *fixture, uint64_t recipient, enum recipient_state to)
{
    struct kept_recipient row;
    struct ctx ctx = begin(fixture);
    assert_true(recipient_get(&ctx, recipient, &row));
    recipient_move(&ctx, &row, to, NULL);
    commit(&ctx);
}

static struct recipient now(struct fixture *fixture, uint64_t recipient)
{
    struct kept_recipient row;
    struct ctx ctx = {.txn = store_begin_read(fixture->store), .arena = &fixture->arena};
    assert_true(recipient_get(&ctx, recipient, &row));
    store_abort(ctx.txn);
    return row.recipient;
}

static void turn(struct fixture *fixture)
{
    fixture_begin(fixture);
    core_work(fixture->core);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
}

/** Turns until all of them have come to an end. */
static void settle(struct fixture *fixture, const uint64_t *recipients, size_t count)
{
    bool waits = true;
    for (int i = 0; i < PATIENCE && waits; i++) {
        turn(fixture);
        usleep(1000);
        waits = false;
        for (size_t j = 0; j < count; j++) {
            enum recipient_state state = now(fixture, recipients[j]).state;
            waits = waits || state == RECIPIENT_STATE_QUEUED || state == RECIPIENT_STATE_CLAIMED;
        }
    }
    assert_false(waits);
}

static void assert_is(struct fixture *fixture, uint64_t recipient, enum recipient_state state, uint64_t person,
                      struct text address)
{
    struct recipient row = now(fixture, recipient);
    assert_int_equal(row.state, state);
    assert_int_equal(row.person, person);
    assert_true(text_equal(row.address, address));
}

static void assert_repeated(struct fixture *fixture, uint64_t recipient, uint64_t person)
{
    struct recipient row = now(fixture, recipient);
    assert_int_equal(row.state, RECIPIENT_STATE_SUPPRESSED);
    assert_int_equal(row.person, person);
    assert_true(text_equal(row.outcome_code, TEXT("duplicate")));
}

/** How many recipient.changed there are that a recipient left with, all of them about `person`. */
static size_t outcomes_of(struct fixture *fixture, uint64_t person)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    struct journal_cursor cursor;
    struct journal_record record;
    size_t count = 0;
    journal_cursor_open(&cursor, txn, 0);
    while (journal_cursor_next(&cursor, &record)) {
        struct recipient_changed event;
        struct refusal refusal = {.code = ERROR_NONE};
        if (!text_equal(record.header.type, text_of(recipient_changed_message.type)))
            continue;
        assert_true(
            codec_decode(&recipient_changed_desc, record.body, CODEC_SKIP_UNKNOWN, &fixture->arena, &event, &refusal));
        assert_int_equal(record.header.person, person);
        assert_int_equal(event.recipient.person, person);
        count += event.recipient.state == RECIPIENT_STATE_ACCEPTED;
    }
    journal_cursor_close(&cursor);
    store_abort(txn);
    return count;
}

static void what_waits_goes_to_the_kept_one(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE};
    uint64_t recipients[1];
    plan(fixture, persons, 1, recipients);
    merge(fixture, DOUBLE, ANNA);
    settle(fixture, recipients, 1);
    assert_is(fixture, recipients[0], RECIPIENT_STATE_ACCEPTED, ANNA, address_of(ANNA));
    assert_int_equal(outcomes_of(fixture, ANNA), 1);
}

static void who_cannot_be_reached_gets_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE};
    uint64_t recipients[1];
    plan(fixture, persons, 1, recipients);
    put_person(fixture, ANNA, false);
    merge(fixture, DOUBLE, ANNA);
    settle(fixture, recipients, 1);
    assert_is(fixture, recipients[0], RECIPIENT_STATE_SUPPRESSED, ANNA, TEXT(""));
    assert_true(text_equal(now(fixture, recipients[0]).outcome_code, TEXT("no_address")));
}

static void the_kept_ones_own_goes_before_others(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE, TRIPLE, ANNA};
    uint64_t recipients[3];
    plan(fixture, persons, 3, recipients);
    merge(fixture, DOUBLE, ANNA);
    merge(fixture, TRIPLE, ANNA);
    settle(fixture, recipients, 3);
    assert_repeated(fixture, recipients[0], ANNA);
    assert_repeated(fixture, recipients[1], ANNA);
    assert_is(fixture, recipients[2], RECIPIENT_STATE_ACCEPTED, ANNA, address_of(ANNA));
    assert_int_equal(outcomes_of(fixture, ANNA), 1);
}

static void of_two_merged_ones_one_is_sent_to(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE, TRIPLE};
    uint64_t recipients[2];
    plan(fixture, persons, 2, recipients);
    merge(fixture, DOUBLE, TRIPLE);
    merge(fixture, TRIPLE, ANNA);
    settle(fixture, recipients, 2);
    assert_is(fixture, recipients[0], RECIPIENT_STATE_ACCEPTED, ANNA, address_of(ANNA));
    assert_repeated(fixture, recipients[1], ANNA);
}

static void what_left_before_the_merge_is_not_sent_again(void **state)
{
    struct fixture *fixture = *state;
    static const enum recipient_state ways[][2] = {
        {RECIPIENT_STATE_CLAIMED, RECIPIENT_STATE_ACCEPTED},
        {RECIPIENT_STATE_CLAIMED, RECIPIENT_STATE_UNKNOWN},
    };
    merge(fixture, TRIPLE, ANNA); // somebody else, so that ANNA is looked at in any case
    for (size_t i = 0; i < 2; i++) {
        static const uint64_t persons[] = {DOUBLE, ANNA};
        uint64_t recipients[2];
        plan(fixture, persons, 2, recipients);
        move(fixture, recipients[0], ways[i][0]);
        move(fixture, recipients[0], ways[i][1]);
        merge(fixture, DOUBLE, ANNA);
        settle(fixture, recipients, 2);
        uint64_t was = i ? ANNA : DOUBLE; // as it was when it moved
        assert_is(fixture, recipients[0], ways[i][1], was, address_of(was));
        assert_repeated(fixture, recipients[1], ANNA);
    }
}

static void what_never_left_keeps_nothing_back(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE, ANNA};
    uint64_t recipients[2];
    plan(fixture, persons, 2, recipients);
    move(fixture, recipients[0], RECIPIENT_STATE_CLAIMED);
    move(fixture, recipients[0], RECIPIENT_STATE_FAILED);
    merge(fixture, DOUBLE, ANNA);
    settle(fixture, recipients, 2);
    assert_is(fixture, recipients[1], RECIPIENT_STATE_ACCEPTED, ANNA, address_of(ANNA));
}

static void what_was_held_is_looked_at_when_it_is_released(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE, ANNA};
    uint64_t recipients[2];
    plan(fixture, persons, 2, recipients);
    move(fixture, recipients[0], RECIPIENT_STATE_HELD);
    merge(fixture, DOUBLE, ANNA);
    const struct recipient_release release = {.recipient = recipients[0]};
    assert_done(fixture_call(fixture, &recipient_release_message, &release, "r"));
    assert_is(fixture, recipients[0], RECIPIENT_STATE_QUEUED, ANNA, address_of(ANNA));
    settle(fixture, recipients, 2);
    assert_repeated(fixture, recipients[0], ANNA);
    assert_int_equal(now(fixture, recipients[1]).state, RECIPIENT_STATE_ACCEPTED);
}

static void another_send_is_none_of_it(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t persons[] = {DOUBLE, ANNA};
    uint64_t recipients[2];
    plan(fixture, &persons[0], 1, &recipients[0]);
    plan(fixture, &persons[1], 1, &recipients[1]);
    merge(fixture, DOUBLE, ANNA);
    settle(fixture, recipients, 2);
    assert_int_equal(now(fixture, recipients[0]).state, RECIPIENT_STATE_ACCEPTED);
    assert_int_equal(now(fixture, recipients[1]).state, RECIPIENT_STATE_ACCEPTED);
}

static void a_send_to_a_merged_one_is_to_the_kept_one(void **state)
{
    struct fixture *fixture = *state;
    const struct email_send command = {.person = DOUBLE, .subject = TEXT("Hej"), .text = TEXT("Hej.\n")};
    struct email_send_reply body;
    merge(fixture, DOUBLE, ANNA);
    fixture_restart(fixture);
    struct reply_envelope reply = fixture_call(fixture, &email_send_message, &command, "s");
    fixture_reply_body(fixture, &email_send_message, &reply, &body);
    settle(fixture, &body.recipient, 1);
    assert_is(fixture, body.recipient, RECIPIENT_STATE_ACCEPTED, ANNA, address_of(ANNA));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_waits_goes_to_the_kept_one),
        TEST(who_cannot_be_reached_gets_nothing),
        TEST(the_kept_ones_own_goes_before_others),
        TEST(of_two_merged_ones_one_is_sent_to),
        TEST(what_left_before_the_merge_is_not_sent_again),
        TEST(what_never_left_keeps_nothing_back),
        TEST(what_was_held_is_looked_at_when_it_is_released),
        TEST(another_send_is_none_of_it),
        TEST(a_send_to_a_merged_one_is_to_the_kept_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
