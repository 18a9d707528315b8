// SPDX-License-Identifier: Apache-2.0
/** The usual activity types are there before anything needs them, and once, whatever becomes of the first batches. */
#include "tests/unit/core_fixture.h"

#include "proto/activity.gen.h"
#include "proto/notification.gen.h"
#include "proto/service.gen.h"
#include "services/activity/activity.h"
#include "services/activity/state.h"

enum {
    USUAL_TYPES = 11,
    NOTIFICATION = 1, // place among the sources the service follows
};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &activity_definition);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

static bool is_due(struct fixture *fixture)
{
    return activity_definition.work.due_ms(fixture->self) <= fixture->utc_ms;
}

/** A batch of nothing but the service's own work. */
static enum fault work(struct fixture *fixture)
{
    core_begin(fixture->core);
    core_work(fixture->core);
    return core_end(fixture->core);
}

static uint64_t rows(struct fixture *fixture, const struct store_table *table)
{
    struct store_txn *txn = store_begin_read(fixture->store);
    uint64_t count = store_count(txn, table);
    store_abort(txn);
    return count;
}

static void made_once(void **state)
{
    struct fixture *fixture = *state;
    assert_true(is_due(fixture));
    for (int round = 0; round < 3; round++) {
        assert_int_equal(work(fixture), FAULT_NONE);
        assert_int_equal(rows(fixture, &activity_types), USUAL_TYPES);
        assert_int_equal(store_seq(fixture->store), USUAL_TYPES);
    }
    fixture->utc_ms += 3600 * 1000;
    assert_false(is_due(fixture));
    fixture_restart(fixture);
    assert_int_equal(work(fixture), FAULT_NONE);
    assert_int_equal(store_seq(fixture->store), USUAL_TYPES);
}

static void made_again_when_their_batch_was_given_up(void **state)
{
    struct fixture *fixture = *state;
    fixture->fence = true;
    assert_int_equal(work(fixture), FAULT_STORAGE_FULL);
    assert_int_equal(rows(fixture, &activity_types), 0);
    assert_false(is_due(fixture)); // no storm while the disk is full
    fixture->utc_ms += 1000;
    assert_true(is_due(fixture));
    fixture->fence = false;
    assert_int_equal(work(fixture), FAULT_NONE);
    assert_int_equal(rows(fixture, &activity_types), USUAL_TYPES);
}

/** Makes another store with one event in its journal, and gives a copy of its record. */
static struct bytes accepted_record(struct fixture *fixture)
{
    static const struct recipient_changed event = {
        .recipient = {.recipient = 5,
                      .send = 3,
                      .has_person = true,
                      .person = 17,
                      .channel = SEND_CHANNEL_EMAIL,
                      .state = RECIPIENT_STATE_ACCEPTED,
                      .attempts = 1,
                      .changed_ms = 1794999000000},
        .subject = {.data = "Hej", .len = 3},
    };
    const struct journal_header header = {.time_ms = fixture->utc_ms,
                                          .person = 17,
                                          .type = text_of(recipient_changed_message.type),
                                          .subject = TEXT("recipient/5")};
    char path[128];
    struct store *store;
    struct journal_record record;
    bool found = false;
    snprintf(path, sizeof path, "%s/notification", fixture->folder);
    const struct store_config config = {.name = "notification", .path = path, .schema_version = 1};
    assert_int_equal(store_open(&config, &store), FAULT_NONE);
    struct store_txn *txn = store_begin_write(store);
    buffer_reset(&fixture->body);
    codec_encode(&recipient_changed_desc, &event, &fixture->body);
    assert_int_equal(journal_append(txn, &header, buffer_bytes(&fixture->body)), 1);
    assert_int_equal(journal_get(txn, 1, &record, &found), FAULT_NONE);
    struct bytes raw = arena_bytes(&fixture->arena, record.raw);
    store_abort(txn);
    store_close(store);
    return raw;
}

/** Answers the page that the service asks for with this one record. */
static enum core_page_use give_page(struct fixture *fixture, struct bytes raw)
{
    static const uint8_t source[STORE_ID_BYTES] = {1};
    const struct journal_page_record item = {.seq = 1, .record = raw};
    const struct journal_read_reply page = {
        .store = bytes_of(source, sizeof source), .epoch = 1, .last_seq = 1, .records = {1, &item}};
    struct refusal refusal = {.code = ERROR_NONE};
    struct query_envelope question;
    struct text id;
    struct bytes asked = arena_bytes(&fixture->arena, core_page_request(fixture->core, NOTIFICATION));
    assert_true(envelope_read_query(asked, &fixture->arena, &question, &id, &refusal));
    buffer_reset(&fixture->body);
    codec_encode(&journal_read_reply_desc, &page, &fixture->body);
    buffer_reset(&fixture->frame);
    envelope_write_ok(&fixture->frame, id, buffer_bytes(&fixture->body), 1);
    return core_page(fixture->core, NOTIFICATION, buffer_bytes(&fixture->frame));
}

/** An outcome that is followed before the service's first work waits for the types. */
static void an_early_outcome_waits(void **state)
{
    struct fixture *fixture = *state;
    struct bytes raw = accepted_record(fixture);
    core_begin(fixture->core);
    assert_int_equal(give_page(fixture, raw), CORE_PAGE_TAKEN);
    core_work(fixture->core);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    assert_int_equal(rows(fixture, &activity_rows), 0);
    assert_int_equal(store_seq(fixture->store), USUAL_TYPES);
    core_begin(fixture->core);
    assert_int_equal(give_page(fixture, raw), CORE_PAGE_TAKEN);
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    assert_int_equal(rows(fixture, &activity_rows), 1);
    assert_int_equal(store_seq(fixture->store), USUAL_TYPES + 1);
    assert_int_equal(counter_get(&fixture->counters, COUNTER_EVENTS_SET_ASIDE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(made_again_when_their_batch_was_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_early_outcome_waits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
