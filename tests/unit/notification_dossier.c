// SPDX-License-Identifier: Apache-2.0
/** What the notification service holds on one person: every message to him, with its text, and none to anybody else. */
#include "tests/unit/core_fixture.h"

#include "services/notification/notification.h"
#include "services/notification/recipients.h"

enum { LONG_TEXT_BYTES = 190 * 1000 };

static void put_person(struct fixture *fixture, uint64_t id, const char *email)
{
    struct reachable person = {.name = TEXT("Åsa Öberg"), .has_email = true, .email = text_of(email)};
    struct ctx ctx = {.txn = store_begin_write(fixture->store), .arena = &fixture->arena, .scratch = &fixture->body};
    row_put(&ctx, &notification_persons, &reachable_desc, id, &person);
    assert_int_equal(store_commit(ctx.txn), FAULT_NONE);
}

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &notification_definition);
    put_person(fixture, 17, "asa@example.test");
    put_person(fixture, 18, "bo@example.test");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static uint64_t send_text(struct fixture *fixture, uint64_t person, struct text text)
{
    static unsigned number;
    char id[32];
    struct email_send_reply body;
    const struct email_send command = {.person = person, .subject = TEXT("Hej"), .text = text};
    snprintf(id, sizeof id, "send %u", number++);
    static uint8_t frame[256 * 1024]; // larger than those of the fixture
    buffer_reset(&fixture->body);
    codec_encode(&email_send_desc, &command, &fixture->body);
    const struct command_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = text_of(id),
        .type = TEXT("email.send"),
        .expires_ms = fixture->utc_ms + 30000,
        .body = buffer_bytes(&fixture->body),
    };
    buffer_reset(&fixture->frame);
    codec_encode(&command_envelope_desc, &envelope, &fixture->frame);
    assert_true(fixture->frame.len <= sizeof frame);
    memcpy(frame, fixture->frame.data, fixture->frame.len);
    const struct core_sender sender = core_trusted_sender();
    fixture_begin(fixture);
    core_command(fixture->core, bytes_of(frame, fixture->frame.len), &sender);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct reply_envelope reply = fixture_reply(fixture, 0);
    fixture_reply_body(fixture, &email_send_message, &reply, &body);
    return body.recipient;
}

static struct recipient_dossier_reply dossier(struct fixture *fixture, uint64_t person, uint64_t after, int64_t limit)
{
    struct recipient_dossier_reply body;
    const struct recipient_dossier query = {.person = person, .has_after = after > 0, .after = after, .limit = limit};
    struct reply_envelope reply = fixture_query(fixture, &recipient_dossier_message, &query);
    fixture_reply_body(fixture, &recipient_dossier_message, &reply, &body);
    return body;
}

static void it_has_every_message_and_no_other(void **state)
{
    struct fixture *fixture = *state;
    uint64_t first = send_text(fixture, 17, TEXT("Ett."));
    send_text(fixture, 18, TEXT("En annans."));
    uint64_t second = send_text(fixture, 17, TEXT("Två."));
    struct recipient_dossier_reply all = dossier(fixture, 17, 0, 10);
    assert_int_equal(all.messages.count, 2);
    assert_false(all.more);
    assert_int_equal(all.messages.items[0].recipient.recipient, first);
    assert_int_equal(all.messages.items[1].recipient.recipient, second);
    assert_true(text_equal(all.messages.items[0].send.text, TEXT("Ett.")));
    assert_true(text_equal(all.messages.items[1].send.text, TEXT("Två.")));
    struct recipient_dossier_reply page = dossier(fixture, 17, 0, 1);
    assert_int_equal(page.messages.count, 1);
    assert_true(page.more);
    page = dossier(fixture, 17, first, 1);
    assert_int_equal(page.messages.items[0].recipient.recipient, second);
    assert_false(page.more);
    assert_int_equal(dossier(fixture, 19, 0, 10).messages.count, 0);
}

static void a_page_of_long_texts_is_cut(void **state)
{
    struct fixture *fixture = *state;
    char *text = malloc(LONG_TEXT_BYTES);
    memset(text, 'x', LONG_TEXT_BYTES);
    for (size_t i = 0; i < 8; i++)
        send_text(fixture, 17, (struct text){text, LONG_TEXT_BYTES});
    free(text);
    size_t found = 0, pages = 0;
    uint64_t after = 0;
    struct recipient_dossier_reply page = {.more = true};
    for (; page.more; found += page.messages.count, pages++) {
        page = dossier(fixture, 17, after, 500);
        after = page.messages.items[page.messages.count - 1].recipient.recipient;
    }
    assert_int_equal(found, 8);
    assert_int_equal(pages, 2);
}

/** A store of a build that knew no such index. */
static void an_old_store_is_indexed(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ids[4];
    send_text(fixture, 17, TEXT("Ett."));
    send_text(fixture, 18, TEXT("Två."));
    send_text(fixture, 17, TEXT("Tre."));
    struct store_txn *txn = store_begin_write(fixture->store);
    for (uint64_t recipient = 1; recipient <= 3; recipient++) {
        struct key key = key_of_id(recipient == 2 ? 18 : 17);
        key_u64(&key, recipient);
        index_delete(txn, &notification_by_person, key_bytes(&key));
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_int_equal(dossier(fixture, 17, 0, 10).messages.count, 0);
    txn = store_begin_write(fixture->store);
    recipients_index(txn);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    struct ctx ctx = {.txn = store_begin_read(fixture->store), .arena = &fixture->arena};
    assert_int_equal(recipients_of_person(&ctx, 17, 0, ids, 4), 2);
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], 3);
    assert_int_equal(recipients_of_person(&ctx, 17, 1, ids, 4), 1);
    store_abort(ctx.txn);
    assert_int_equal(dossier(fixture, 18, 0, 10).messages.count, 1);
}

static void who_may_not_export_gets_nothing(void **state)
{
    const struct recipient_dossier query = {.person = 17, .limit = 1};
    struct reply_envelope reply =
        fixture_query_as(*state, &recipient_dossier_message, &query, 1U << ROLE_OPERATOR, NULL);
    assert_refused(&reply, "not_allowed", "type");
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        with_fixture(it_has_every_message_and_no_other),
        with_fixture(a_page_of_long_texts_is_cut),
        with_fixture(an_old_store_is_indexed),
        with_fixture(who_may_not_export_gets_nothing),
    };
    return cmocka_run_group_tests_name("notification_dossier", tests, NULL, NULL);
}
