// SPDX-License-Identifier: Apache-2.0
/**
 * Erasure of a person in the notification service: what waits is not sent, what is under way ends honestly and anonymous, texts,
 * addresses and files go, and nothing late brings him back. Source: domain.md 6, faults.md F34.
 */
#include "tests/unit/core_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/notification/blobs.h"
#include "services/notification/notification.h"
#include "services/notification/recipients.h"

enum { SOURCE = 0, PERSON = 17, OTHER = 18, PATIENCE = 2000, BLOB_BYTES = 3000 };

static const struct dispatch no_messages = {.service = "person"};
static const struct service_definition journal_only = {.name = "person", .dispatch = &no_messages, .schema_version = 1};

struct world {
    struct fixture notification;
    struct fixture person; // only a journal
};

/** Journals an event of the person service. */
static void journal(struct world *world, const struct message_desc *event, const void *body, uint64_t person)
{
    char subject[32];
    int len = snprintf(subject, sizeof subject, "person/%d", (int)person);
    const struct journal_header header = {
        .person = person, .type = text_of(event->type), .subject = {subject, (size_t)len}};
    buffer_reset(&world->person.body);
    codec_encode(event->body, body, &world->person.body);
    struct store_txn *txn = store_begin_write(world->person.store);
    journal_append(txn, &header, buffer_bytes(&world->person.body));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

/** Takes everything that the person service has journalled. */
static void follow(struct world *world)
{
    struct core_sender sender = core_trusted_sender();
    struct bytes reply;
    int64_t wait_ms = 0;
    struct bytes request = core_page_request(world->notification.core, SOURCE);
    assert_int_equal(core_query(world->person.core, request, &sender, false, &reply, &wait_ms), CORE_ANSWERED);
    reply = arena_bytes(&world->notification.arena, reply);
    fixture_begin(&world->notification);
    assert_int_equal(core_page(world->notification.core, SOURCE, reply), CORE_PAGE_TAKEN);
    assert_int_equal(core_end(world->notification.core), FAULT_NONE);
}

static void journal_card(struct world *world, const struct message_desc *event, uint64_t person)
{
    const struct person_card card = {
        .person = person,
        .revision = 1,
        .customer_number = TEXT("1"),
        .given_name = TEXT("Försvinnande"),
        .has_email = true,
        .email = TEXT("borta@example.test"),
    };
    const struct person_created created = {.card = card};
    const struct person_updated updated = {.card = card};
    journal(world, event, event == &person_created_message ? (const void *)&created : &updated, person);
}

static int set_up(void **state)
{
    struct world *world = malloc(sizeof *world);
    fixture_init(&world->notification, &notification_definition);
    fixture_init(&world->person, &journal_only);
    journal_card(world, &person_created_message, PERSON);
    journal_card(world, &person_created_message, OTHER);
    follow(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    fixture_fini(&world->notification);
    fixture_fini(&world->person);
    free(world);
    return 0;
}

static void turn(struct world *world)
{
    fixture_begin(&world->notification);
    core_work(world->notification.core);
    assert_int_equal(core_end(world->notification.core), FAULT_NONE);
}

/** Erases in this service, to its end. */
static void erase(struct world *world, uint64_t person)
{
    static const struct service_health query;
    const struct person_erased event = {.person = person};
    struct service_health_reply health;
    journal(world, &person_erased_message, &event, person);
    follow(world);
    for (int i = 0; i < 10; i++) {
        turn(world);
        struct reply_envelope reply = fixture_query(&world->notification, &service_health_message, &query);
        fixture_reply_body(&world->notification, &service_health_message, &reply, &health);
        if (!health.has_erasing)
            return;
    }
    fail_msg("it does not come to an end");
}

static struct kept_recipient row_of(struct world *world, uint64_t recipient)
{
    struct fixture *fixture = &world->notification;
    struct kept_recipient row;
    struct ctx ctx = {.txn = store_begin_read(fixture->store), .arena = &fixture->arena};
    assert_true(recipient_get(&ctx, recipient, &row));
    store_abort(ctx.txn);
    return row;
}

static void wait_state(struct world *world, uint64_t recipient, enum recipient_state state)
{
    for (int i = 0; i < PATIENCE && row_of(world, recipient).recipient.state != state; i++) {
        turn(world);
        usleep(1000);
    }
    assert_int_equal(row_of(world, recipient).recipient.state, state);
}

static uint64_t send_with(struct world *world, uint64_t person, uint64_t blob)
{
    static unsigned calls;
    char id[16];
    const struct attachment attachment = {
        .name = TEXT("hemligt.pdf"), .content_type = TEXT("application/pdf"), .blob = blob};
    const struct email_send command = {
        .person = person,
        .subject = TEXT("Till Försvinnande"),
        .text = TEXT("Hemlig text.\n"),
        .attachments = {blob != 0, &attachment},
    };
    struct email_send_reply body;
    snprintf(id, sizeof id, "s%u", calls++);
    struct reply_envelope reply = fixture_call(&world->notification, &email_send_message, &command, id);
    fixture_reply_body(&world->notification, &email_send_message, &reply, &body);
    return body.recipient;
}

static uint64_t send(struct world *world, uint64_t person)
{
    return send_with(world, person, 0);
}

static void break_outbox(struct world *world, bool broken)
{
    char path[200];
    snprintf(path, sizeof path, "%s/outbox/email", world->notification.path);
    assert_int_equal(broken ? rmdir(path) : mkdir(path, 0700), 0);
}

static bool has_file(struct world *world, uint64_t recipient)
{
    char path[200];
    snprintf(path, sizeof path, "%s/outbox/email/%d.eml", world->notification.path, (int)recipient);
    return access(path, F_OK) == 0;
}

/** Whether a row or a record of the journal has these bytes. */
static bool store_has(struct world *world, const char *needle)
{
    static const struct store_table *const tables[] = {&notification_sends, &notification_bodies,
                                                       &notification_recipients, &notification_persons};
    struct store_txn *txn = store_begin_read(world->notification.store);
    bool found = false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct store_cursor cursor;
        store_cursor_open(&cursor, txn, tables[i]);
        for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
            found |= memmem(cursor.value.data, cursor.value.len, needle, strlen(needle)) != NULL;
        store_cursor_close(&cursor);
    }
    struct journal_cursor journal;
    struct journal_record record;
    journal_cursor_open(&journal, txn, 0);
    while (journal_cursor_next(&journal, &record))
        found |= memmem(record.raw.data, record.raw.len, needle, strlen(needle)) != NULL;
    journal_cursor_close(&journal);
    const struct journal_position start = {.seq = 0};
    assert_null(journal_verify(txn, start, 0).what);
    store_abort(txn);
    return found;
}

static void assert_anonymous(struct world *world, uint64_t recipient, enum recipient_state state, const char *code)
{
    const struct recipient row = row_of(world, recipient).recipient;
    assert_int_equal(row.state, state);
    assert_false(row.has_person || row.has_address || row.has_outcome_text || row.has_retry_ms);
    assert_true(text_equal(row.outcome_code, text_of(code)));
    assert_false(has_file(world, recipient));
}

static void assert_nothing_left(struct world *world)
{
    static const char *const needles[] = {"Försvinnande", "borta@", "Hemlig text", "hemligt.pdf"};
    for (size_t i = 0; i < sizeof needles / sizeof *needles; i++)
        assert_false(store_has(world, needles[i]));
}

static void what_was_sent_becomes_anonymous(void **state)
{
    struct world *world = *state;
    uint64_t sent = send(world, PERSON), others = send(world, OTHER);
    wait_state(world, sent, RECIPIENT_STATE_ACCEPTED);
    wait_state(world, others, RECIPIENT_STATE_ACCEPTED);
    assert_true(has_file(world, sent) && has_file(world, others));
    assert_true(store_has(world, "Hemlig text"));
    erase(world, PERSON);
    assert_anonymous(world, sent, RECIPIENT_STATE_ACCEPTED, "");
    const struct send_get query = {.send = 1};
    struct send_get_reply reply;
    struct reply_envelope envelope = fixture_query(&world->notification, &send_get_message, &query);
    fixture_reply_body(&world->notification, &send_get_message, &envelope, &reply);
    assert_false(reply.send.has_text);
    assert_true(text_equal(reply.send.subject, TEXT("erased")));
    assert_true(row_of(world, others).recipient.has_address && has_file(world, others));
    erase(world, OTHER);
    assert_nothing_left(world);
}

static void what_waits_is_not_sent(void **state)
{
    struct world *world = *state;
    break_outbox(world, true);
    uint64_t deferred = send(world, PERSON);
    wait_state(world, deferred, RECIPIENT_STATE_DEFERRED);
    uint64_t queued = send(world, PERSON);
    erase(world, PERSON);
    assert_anonymous(world, deferred, RECIPIENT_STATE_CANCELLED, "erased");
    assert_anonymous(world, queued, RECIPIENT_STATE_SUPPRESSED, "erased");
    break_outbox(world, false);
    world->notification.utc_ms += 60 * 60 * 1000;
    for (int i = 0; i < 5; i++)
        turn(world);
    assert_anonymous(world, deferred, RECIPIENT_STATE_CANCELLED, "erased");
    erase(world, OTHER);
    assert_nothing_left(world);
    const struct email_send late = {.person = PERSON, .subject = TEXT("x"), .text = TEXT("x")};
    struct reply_envelope reply = fixture_call(&world->notification, &email_send_message, &late, "late");
    assert_refused(&reply, "not_found", "person");
}

/** Handed over when he was there, settled when he is not. */
static void what_is_under_way_ends_honestly(void **state)
{
    struct world *world = *state;
    turn(world); // settles what a last run left
    uint64_t accepted = send(world, PERSON);
    turn(world);
    assert_int_equal(row_of(world, accepted).recipient.state, RECIPIENT_STATE_CLAIMED);
    for (int i = 0; i < PATIENCE && !has_file(world, accepted); i++)
        usleep(1000);
    // The file is there, its outcome is not: the last turn of the erasing takes it in.
    erase(world, PERSON);
    wait_state(world, accepted, RECIPIENT_STATE_ACCEPTED);
    assert_anonymous(world, accepted, RECIPIENT_STATE_ACCEPTED, "");
    erase(world, OTHER);
    assert_nothing_left(world);
}

static void what_was_claimed_at_a_death_is_unknown_and_anonymous(void **state)
{
    struct world *world = *state;
    turn(world);
    uint64_t claimed = send(world, PERSON);
    turn(world);
    for (int i = 0; i < PATIENCE && !has_file(world, claimed); i++)
        usleep(1000);
    fixture_restart(&world->notification); // the outcome is lost with it
    erase(world, PERSON);
    wait_state(world, claimed, RECIPIENT_STATE_UNKNOWN);
    assert_anonymous(world, claimed, RECIPIENT_STATE_UNKNOWN, "stopped");
    const struct recipient_resolve resolve = {.recipient = claimed,
                                              .state = RECIPIENT_STATE_FAILED,
                                              .has_outcome_text = true,
                                              .outcome_text = TEXT("borta@example.test is not known here")};
    assert_done(fixture_call(&world->notification, &recipient_resolve_message, &resolve, "r"));
    assert_false(row_of(world, claimed).recipient.has_outcome_text);
    erase(world, OTHER);
    assert_nothing_left(world);
}

static uint64_t put_blob(struct world *world, const char *id)
{
    static const uint8_t content[BLOB_BYTES] = {1};
    const struct blob_put command = {.data = bytes_of(content, sizeof content), .last = true};
    struct blob_put_reply body;
    struct reply_envelope reply = fixture_call(&world->notification, &blob_put_message, &command, id);
    fixture_reply_body(&world->notification, &blob_put_message, &reply, &body);
    return body.blob;
}

static bool has_blob(struct world *world, uint64_t blob)
{
    uint8_t content[BLOB_BYTES];
    return blobs_read(world->notification.self, blob, sizeof content, content);
}

static void attachments_go_with_their_last_send(void **state)
{
    struct world *world = *state;
    uint64_t shared = put_blob(world, "a"), own = put_blob(world, "b");
    wait_state(world, send_with(world, PERSON, shared), RECIPIENT_STATE_ACCEPTED);
    wait_state(world, send_with(world, PERSON, own), RECIPIENT_STATE_ACCEPTED);
    wait_state(world, send_with(world, OTHER, shared), RECIPIENT_STATE_ACCEPTED);
    erase(world, PERSON);
    turn(world);
    turn(world);
    assert_true(has_blob(world, shared));
    assert_false(has_blob(world, own));
    erase(world, OTHER);
    turn(world);
    turn(world);
    assert_false(has_blob(world, shared));
    assert_nothing_left(world);
}

static void nothing_late_brings_him_back(void **state)
{
    struct world *world = *state;
    static const uint8_t broken = 0x80;
    const struct journal_header header = {
        .person = PERSON, .type = TEXT("person.updated"), .subject = TEXT("person/17")};
    struct store_txn *txn = store_begin_write(world->person.store);
    journal_append(txn, &header, bytes_of(&broken, 1));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    journal_card(world, &person_updated_message, PERSON); // waits behind the broken one
    follow(world);
    static const struct service_health query;
    struct service_health_reply health;
    struct reply_envelope reply = fixture_query(&world->notification, &service_health_message, &query);
    fixture_reply_body(&world->notification, &service_health_message, &reply, &health);
    assert_int_equal(health.followed.items[0].set_aside, 2);
    erase(world, PERSON);
    reply = fixture_query(&world->notification, &service_health_message, &query);
    fixture_reply_body(&world->notification, &service_health_message, &reply, &health);
    assert_int_equal(health.followed.items[0].set_aside, 0);
    journal_card(world, &person_updated_message, PERSON); // as a register that was restored has it
    follow(world);
    erase(world, OTHER);
    assert_nothing_left(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_sent_becomes_anonymous, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_under_way_ends_honestly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_claimed_at_a_death_is_unknown_and_anonymous, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attachments_go_with_their_last_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_late_brings_him_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
