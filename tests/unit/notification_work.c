// SPDX-License-Identifier: Apache-2.0
/**
 * The work of the notification service under a clock that the test sets: retries, expiry, what a start finds, blobs that nobody
 * uses. The outbox is real; a folder taken away from it makes hand-overs fail.
 */
#include "tests/unit/core_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "services/notification/blobs.h"
#include "services/notification/notification.h"
#include "services/notification/recipients.h"

enum { MINUTE_MS = 60 * 1000, DAY_MS = 24 * 60 * MINUTE_MS, PERSON = 17, PATIENCE = 2000 };

/** A ctx on a transaction of the test's own. */
static struct ctx own_ctx(struct fixture *fixture, struct store_txn *txn)
{
    return (struct ctx){.txn = txn, .arena = &fixture->arena, .scratch = &fixture->body, .now_ms = fixture->utc_ms};
}

static void put_person(struct fixture *fixture, const char *email)
{
    struct reachable person = {
        .name = TEXT("Åsa Öberg"),
        .has_email = email != NULL,
        .email = text_of(email),
        .has_mobile = true,
        .mobile = TEXT("+46701234567"),
    };
    struct ctx ctx = own_ctx(fixture, store_begin_write(fixture->store));
    row_put(&ctx, &notification_persons, &reachable_desc, PERSON, &person);
    assert_int_equal(store_commit(ctx.txn), FAULT_NONE);
}

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &notification_definition);
    put_person(fixture, "asa@example.test");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

/** One turn of the service's own work. */
static void turn(struct fixture *fixture)
{
    fixture_begin(fixture);
    core_work(fixture->core);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
}

static struct recipient recipient_now(struct fixture *fixture, uint64_t recipient)
{
    struct kept_recipient row;
    struct ctx ctx = own_ctx(fixture, store_begin_read(fixture->store));
    assert_true(recipient_get(&ctx, recipient, &row));
    store_abort(ctx.txn);
    return row.recipient;
}

/** Turns until the recipient is in the state. */
static void wait_state(struct fixture *fixture, uint64_t recipient, enum recipient_state state)
{
    for (int i = 0; i < PATIENCE && recipient_now(fixture, recipient).state != state; i++) {
        turn(fixture);
        usleep(1000);
    }
    assert_int_equal(recipient_now(fixture, recipient).state, state);
}

static uint64_t send(struct fixture *fixture, const char *id, const struct email_send *wishes)
{
    struct email_send command = *wishes;
    struct email_send_reply body;
    command.person = PERSON;
    command.subject = TEXT("Hej");
    command.text = TEXT("Hej.\n");
    struct reply_envelope reply = fixture_call(fixture, &email_send_message, &command, id);
    fixture_reply_body(fixture, &email_send_message, &reply, &body);
    return body.recipient;
}

static const struct email_send plain = {.has_name = false};

static void break_outbox(struct fixture *fixture, bool broken)
{
    char path[200];
    snprintf(path, sizeof path, "%s/outbox/email", fixture->path);
    assert_int_equal(broken ? rmdir(path) : mkdir(path, 0700), 0);
}

static struct reply_envelope resolve(struct fixture *fixture, uint64_t recipient, enum recipient_state to,
                                     const char *id)
{
    struct recipient_resolve command = {.recipient = recipient, .state = to};
    return fixture_call(fixture, &recipient_resolve_message, &command, id);
}

static void a_mail_is_claimed_then_accepted(void **state)
{
    struct fixture *fixture = *state;
    uint64_t recipient = send(fixture, "a", &plain);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_QUEUED);
    turn(fixture); // settles what a last run left
    turn(fixture);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_CLAIMED);
    int64_t claimed_ms = fixture->utc_ms;
    fixture->utc_ms += 50;
    wait_state(fixture, recipient, RECIPIENT_STATE_ACCEPTED);
    struct recipient row = recipient_now(fixture, recipient);
    assert_int_equal(row.attempts, 1);
    assert_int_equal(row.handed_over_ms, claimed_ms);
    assert_int_equal(row.changed_ms, fixture->utc_ms);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_SENDS_HANDED_OVER), 1);
}

static void retries_wait_twice_as_long_each_time(void **state)
{
    struct fixture *fixture = *state;
    break_outbox(fixture, true);
    struct email_send wishes = {.has_not_after_ms = true, .not_after_ms = fixture->utc_ms + DAY_MS};
    uint64_t recipient = send(fixture, "a", &wishes);
    int64_t expected_ms = MINUTE_MS;
    for (int attempt = 1; attempt <= 9; attempt++) {
        wait_state(fixture, recipient, RECIPIENT_STATE_DEFERRED);
        struct recipient row = recipient_now(fixture, recipient);
        int64_t delay_ms = row.retry_ms - row.changed_ms;
        assert_int_equal(row.attempts, attempt);
        assert_true(delay_ms >= expected_ms && delay_ms <= expected_ms + expected_ms / 4);
        fixture->utc_ms = row.retry_ms - 1;
        turn(fixture);
        assert_int_equal(recipient_now(fixture, recipient).attempts, attempt); // not before its time
        fixture->utc_ms += 1;
        if (attempt < 9)
            turn(fixture);
        expected_ms = expected_ms * 2 < 60 * MINUTE_MS ? expected_ms * 2 : 60 * MINUTE_MS;
    }
    break_outbox(fixture, false);
    wait_state(fixture, recipient, RECIPIENT_STATE_ACCEPTED);
}

static void retries_of_one_failure_are_spread(void **state)
{
    struct fixture *fixture = *state;
    int64_t retries[20];
    char id[16];
    break_outbox(fixture, true);
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "%d", i);
        uint64_t recipient = send(fixture, id, &plain);
        wait_state(fixture, recipient, RECIPIENT_STATE_DEFERRED);
        retries[i] = recipient_now(fixture, recipient).retry_ms;
        for (int j = 0; j < i; j++)
            assert_int_not_equal(retries[i], retries[j]);
    }
    break_outbox(fixture, false);
}

static void what_is_too_late_expires(void **state)
{
    struct fixture *fixture = *state;
    break_outbox(fixture, true);
    struct email_send wishes = {.has_not_after_ms = true, .not_after_ms = fixture->utc_ms + 90 * 1000};
    uint64_t deferred = send(fixture, "a", &wishes);
    wait_state(fixture, deferred, RECIPIENT_STATE_DEFERRED);
    fixture->utc_ms += 30 * 1000;
    uint64_t queued = send(fixture, "b", &wishes);
    fixture->utc_ms += 60 * 1000;
    turn(fixture);
    assert_int_equal(recipient_now(fixture, deferred).state, RECIPIENT_STATE_EXPIRED);
    assert_int_equal(recipient_now(fixture, queued).state, RECIPIENT_STATE_EXPIRED);
    assert_int_equal(recipient_now(fixture, queued).attempts, 0);
    break_outbox(fixture, false);
}

static void default_not_after_is_two_days(void **state)
{
    struct fixture *fixture = *state;
    break_outbox(fixture, true);
    uint64_t recipient = send(fixture, "a", &plain);
    for (int hours = 0; hours < 47; hours++, fixture->utc_ms += 60 * MINUTE_MS)
        turn(fixture);
    enum recipient_state now = recipient_now(fixture, recipient).state;
    assert_true(now != RECIPIENT_STATE_EXPIRED);
    fixture->utc_ms = FIXTURE_START_MS + 2 * (int64_t)DAY_MS;
    wait_state(fixture, recipient, RECIPIENT_STATE_EXPIRED);
    break_outbox(fixture, false);
}

static void an_address_taken_away_suppresses(void **state)
{
    struct fixture *fixture = *state;
    uint64_t recipient = send(fixture, "a", &plain);
    put_person(fixture, NULL);
    turn(fixture);
    turn(fixture);
    struct recipient row = recipient_now(fixture, recipient);
    assert_int_equal(row.state, RECIPIENT_STATE_SUPPRESSED);
    assert_memory_equal(row.outcome_code.data, "no_address", 10);
}

static void addresses_that_would_be_commands_are_suppressed(void **state)
{
    static const char *const bad[] = {"a@b.se> SIZE=1", "a b@c.se", "a@b",           "@b.se",  "a@b.se,c@d.se",
                                      "\"a\"@b.se",     "<a@b.se",  "a@[127.0.0.1]", "a@b..se"};
    struct fixture *fixture = *state;
    char id[16];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_person(fixture, bad[i]);
        snprintf(id, sizeof id, "%zu", i);
        uint64_t recipient = send(fixture, id, &plain);
        assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_SUPPRESSED);
    }
}

/** Claims a mail and dies before the outcome is written. */
static uint64_t die_while_handing_over(struct fixture *fixture, const struct email_send *wishes)
{
    turn(fixture);
    uint64_t recipient = send(fixture, "a", wishes);
    turn(fixture);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_CLAIMED);
    fixture_restart(fixture);
    return recipient;
}

static void what_was_claimed_at_a_death_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    uint64_t recipient = die_while_handing_over(fixture, &plain);
    turn(fixture);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_UNKNOWN);
    for (int days = 0; days < 5; days++, fixture->utc_ms += DAY_MS)
        turn(fixture);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_UNKNOWN);
    assert_int_equal(recipient_now(fixture, recipient).attempts, 1);
    struct reply_envelope reply = resolve(fixture, recipient, RECIPIENT_STATE_BOUNCED, "r1");
    assert_done(reply);
    reply = resolve(fixture, recipient, RECIPIENT_STATE_DELIVERED, "r2");
    assert_refused(&reply, "wrong_state", "recipient");
    assert_non_null(memmem(reply.error.message.data, reply.error.message.len, "bounced", 7));
    assert_non_null(memmem(reply.error.message.data, reply.error.message.len, "delivered", 9));
}

static void at_least_once_goes_again_after_a_death(void **state)
{
    struct fixture *fixture = *state;
    struct email_send wishes = {.has_at_least_once = true, .at_least_once = true};
    uint64_t recipient = die_while_handing_over(fixture, &wishes);
    turn(fixture);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_UNKNOWN);
    fixture->utc_ms = recipient_now(fixture, recipient).retry_ms;
    wait_state(fixture, recipient, RECIPIENT_STATE_ACCEPTED);
    assert_int_equal(recipient_now(fixture, recipient).attempts, 2);
}

static void at_least_once_stays_unknown_when_it_is_too_late(void **state)
{
    struct fixture *fixture = *state;
    struct email_send wishes = {.has_at_least_once = true, .at_least_once = true};
    uint64_t recipient = die_while_handing_over(fixture, &wishes);
    turn(fixture);
    fixture->utc_ms += 3 * (int64_t)DAY_MS;
    turn(fixture);
    turn(fixture);
    struct recipient row = recipient_now(fixture, recipient);
    assert_int_equal(row.state, RECIPIENT_STATE_UNKNOWN);
    assert_false(row.has_retry_ms);
}

static void what_waits_after_a_restore_is_held_until_released(void **state)
{
    struct fixture *fixture = *state;
    uint64_t queued = send(fixture, "a", &plain);
    struct store_txn *txn = store_begin_write(fixture->store);
    struct key another = key_of_id(99);
    store_put(txn, &notification_seen_epoch, bytes_of("epoch", 5),
              key_bytes(&another)); // as if it had run in another epoch
    assert_int_equal(store_commit(txn), FAULT_NONE);
    for (int i = 0; i < 5; i++)
        turn(fixture);
    assert_int_equal(recipient_now(fixture, queued).state, RECIPIENT_STATE_HELD);
    struct recipient_release release = {.recipient = queued};
    struct reply_envelope reply = fixture_call(fixture, &recipient_release_message, &release, "b");
    assert_done(reply);
    wait_state(fixture, queued, RECIPIENT_STATE_ACCEPTED);
    fixture_restart(fixture); // and is not held again
    uint64_t later = send(fixture, "c", &plain);
    wait_state(fixture, later, RECIPIENT_STATE_ACCEPTED);
    reply = fixture_call(fixture, &recipient_release_message, &release, "d");
    assert_refused(&reply, "wrong_state", "recipient");
}

static void a_batch_that_fails_claims_nothing(void **state)
{
    struct fixture *fixture = *state;
    turn(fixture);
    uint64_t recipient = send(fixture, "a", &plain);
    fixture->fence = true;
    fixture_begin(fixture);
    core_work(fixture->core);
    assert_int_equal(core_end(fixture->core), FAULT_STORAGE_FULL);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_QUEUED);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_SENDS_HANDED_OVER), 0);
    fixture->fence = false;
    wait_state(fixture, recipient, RECIPIENT_STATE_ACCEPTED);
    assert_int_equal(recipient_now(fixture, recipient).attempts, 1);
}

static void an_outcome_survives_a_batch_that_fails(void **state)
{
    struct fixture *fixture = *state;
    turn(fixture);
    uint64_t recipient = send(fixture, "a", &plain);
    turn(fixture);
    fixture->fence = true;
    enum fault fault = FAULT_NONE;
    for (int i = 0; i < PATIENCE && fault == FAULT_NONE; i++) {
        usleep(1000);
        fixture_begin(fixture);
        core_work(fixture->core);
        fault = core_end(fixture->core);
    }
    assert_int_equal(fault, FAULT_STORAGE_FULL);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_CLAIMED);
    fixture->fence = false;
    turn(fixture);
    assert_int_equal(recipient_now(fixture, recipient).state, RECIPIENT_STATE_ACCEPTED);
}

static struct reply_envelope put(struct fixture *fixture, uint64_t blob, int64_t offset, size_t len, bool last,
                                 const char *id)
{
    static uint8_t bytes[3000];
    struct blob_put command = {.has_blob = blob != 0, .blob = blob, .offset = offset, .last = last};
    memset(bytes, 'x', sizeof bytes);
    command.data = bytes_of(bytes, len);
    return fixture_call(fixture, &blob_put_message, &command, id);
}

static bool has_blob(struct fixture *fixture, uint64_t blob, size_t size)
{
    static uint8_t content[8000];
    return blobs_read(fixture->self, blob, size, content);
}

static void pieces_come_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct blob_put_reply body;
    struct reply_envelope reply = put(fixture, 0, 5, 10, false, "a");
    assert_refused(&reply, "invalid_field", "offset");
    reply = put(fixture, 0, 0, 3000, false, "b");
    fixture_reply_body(fixture, &blob_put_message, &reply, &body);
    assert_int_equal(body.size, 3000);
    reply = put(fixture, body.blob, 0, 3000, false, "c");
    assert_refused(&reply, "wrong_state", "offset");
    assert_non_null(memmem(reply.error.message.data, reply.error.message.len, "3000", 4));
    reply = put(fixture, 77, 0, 3000, false, "d");
    assert_refused(&reply, "not_found", "blob");
    reply = put(fixture, body.blob, 3000, 2000, true, "e");
    assert_done(reply);
    reply = put(fixture, body.blob, 5000, 1, true, "f");
    assert_refused(&reply, "wrong_state", "offset");
    assert_true(has_blob(fixture, body.blob, 5000));
    assert_false(has_blob(fixture, body.blob, 5001));
}

static void a_blob_lives_a_day_unless_a_send_uses_it(void **state)
{
    struct fixture *fixture = *state;
    struct reply_envelope reply = put(fixture, 0, 0, 3000, true, "a");
    assert_done(reply);
    put(fixture, 0, 0, 100, false, "b");
    put(fixture, 0, 0, 2000, true, "c");
    struct attachment attachment = {.name = TEXT("x.pdf"), .content_type = TEXT("application/pdf"), .blob = 1};
    struct email_send wishes = {.attachments = {1, &attachment}};
    send(fixture, "d", &wishes);
    fixture->utc_ms += DAY_MS - 1;
    for (int i = 0; i < 4; i++)
        turn(fixture);
    assert_true(has_blob(fixture, 1, 3000) && has_blob(fixture, 2, 100) && has_blob(fixture, 3, 2000));
    fixture->utc_ms += 1;
    for (int i = 0; i < 4; i++)
        turn(fixture);
    assert_true(has_blob(fixture, 1, 3000));
    assert_false(has_blob(fixture, 2, 100));
    assert_false(has_blob(fixture, 3, 2000));
    attachment.blob = 3;
    struct email_send late = {
        .person = PERSON, .subject = TEXT("x"), .text = TEXT("x"), .attachments = {1, &attachment}};
    reply = fixture_call(fixture, &email_send_message, &late, "e");
    assert_refused(&reply, "not_found", "attachments.blob");
}

static void content_without_a_row_goes_at_the_next_start(void **state)
{
    struct fixture *fixture = *state;
    struct notification_service *self = fixture->self;
    uint8_t bytes[100] = {1};
    assert_done(put(fixture, 0, 0, 3000, true, "a"));
    blobs_put(self, 2, 0, bytes_of(bytes, sizeof bytes)); // as a crash between the two commits leaves it
    blobs_put(self, 3, 0, bytes_of(bytes, sizeof bytes));
    assert_int_equal(blobs_commit(self), FAULT_NONE);
    fixture_restart(fixture);
    for (int i = 0; i < 6; i++)
        turn(fixture);
    assert_true(has_blob(fixture, 1, 3000));
    assert_false(has_blob(fixture, 2, sizeof bytes));
    assert_false(has_blob(fixture, 3, sizeof bytes));
}

static void a_piece_of_a_failed_batch_is_as_if_never_put(void **state)
{
    struct fixture *fixture = *state;
    fixture->fence = true;
    put(fixture, 0, 0, 3000, true, "a");
    fixture->fence = false;
    struct reply_envelope reply = put(fixture, 0, 0, 1000, false, "b");
    struct blob_put_reply body;
    fixture_reply_body(fixture, &blob_put_message, &reply, &body);
    reply = put(fixture, body.blob, 1000, 2500, true, "c");
    assert_done(reply);
    assert_true(has_blob(fixture, body.blob, 3500));
}

int main(void)
{
#define TEST_OF(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST_OF(a_mail_is_claimed_then_accepted),
        TEST_OF(retries_wait_twice_as_long_each_time),
        TEST_OF(retries_of_one_failure_are_spread),
        TEST_OF(what_is_too_late_expires),
        TEST_OF(default_not_after_is_two_days),
        TEST_OF(an_address_taken_away_suppresses),
        TEST_OF(addresses_that_would_be_commands_are_suppressed),
        TEST_OF(what_was_claimed_at_a_death_is_unknown),
        TEST_OF(at_least_once_goes_again_after_a_death),
        TEST_OF(at_least_once_stays_unknown_when_it_is_too_late),
        TEST_OF(what_waits_after_a_restore_is_held_until_released),
        TEST_OF(a_batch_that_fails_claims_nothing),
        TEST_OF(an_outcome_survives_a_batch_that_fails),
        TEST_OF(pieces_come_in_order),
        TEST_OF(a_blob_lives_a_day_unless_a_send_uses_it),
        TEST_OF(content_without_a_row_goes_at_the_next_start),
        TEST_OF(a_piece_of_a_failed_batch_is_as_if_never_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
