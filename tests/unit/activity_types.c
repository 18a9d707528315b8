// SPDX-License-Identifier: Apache-2.0
/** The usual activity types are there before anything needs them, and once, whatever becomes of the first batches. */
#include "tests/unit/core_fixture.h"

#include "proto/activity.gen.h"
#include "proto/notification.gen.h"
#include "proto/service.gen.h"
#include "services/activity/activity.h"
#include "services/activity/types.h"

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

static struct activity_type get_type(struct fixture *fixture, uint64_t type)
{
    static const struct type_list query;
    struct type_list_reply list;
    struct reply_envelope reply = fixture_query(fixture, &type_list_message, &query);
    fixture_reply_body(fixture, &type_list_message, &reply, &list);
    for (size_t i = 0; i < list.types.count; i++)
        if (list.types.items[i].type == type)
            return list.types.items[i];
    fail();
    return (struct activity_type){.type = 0};
}

static void refuses(struct fixture *fixture, const struct message_desc *message, const void *body, const char *id,
                    const char *code, const char *field)
{
    uint64_t seq = store_seq(fixture->store);
    const struct reply_envelope reply = fixture_call(fixture, message, body, id);
    assert_refused(&reply, code, field);
    assert_int_equal(store_seq(fixture->store), seq);
}

static void do_merge(struct fixture *fixture, uint64_t type, uint64_t into, const char *id)
{
    const struct type_merge command = {.type = type, .into = into};
    assert_int_equal(fixture_call(fixture, &type_merge_message, &command, id).status, REPLY_STATUS_OK);
}

static void have_an_order_and_a_colour(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t order[] = {5, 11, 1};
    static const struct type_list query;
    const struct type_reorder reorder = {.types = {3, order}};
    const struct type_update update = {
        .type = 2, .has_order = true, .order = -1, .has_colour = true, .colour = TEXT("#12aBf0")};
    struct type_list_reply list;
    work(fixture);
    assert_int_equal(fixture_call(fixture, &type_reorder_message, &reorder, "a").status, REPLY_STATUS_OK);
    assert_int_equal(fixture_call(fixture, &type_update_message, &update, "b").status, REPLY_STATUS_OK);
    static const uint64_t wanted[] = {2, 3, 4, 6, 7, 8, 9, 10, 5, 11, 1}; // 0 is the place of those that have none
    struct reply_envelope reply = fixture_query(fixture, &type_list_message, &query);
    fixture_reply_body(fixture, &type_list_message, &reply, &list);
    assert_int_equal(list.types.count, USUAL_TYPES);
    for (size_t i = 0; i < USUAL_TYPES; i++)
        assert_int_equal(list.types.items[i].type, wanted[i]);
    assert_true(text_equal(list.types.items[0].colour, TEXT("#12aBf0")));

    int64_t revision = get_type(fixture, 2).revision; // the same again is no change
    assert_int_equal(fixture_call(fixture, &type_reorder_message, &reorder, "c").status, REPLY_STATUS_OK);
    assert_int_equal(fixture_call(fixture, &type_update_message, &update, "d").status, REPLY_STATUS_OK);
    assert_int_equal(get_type(fixture, 2).revision, revision);
    assert_int_equal(get_type(fixture, 5).revision, 2);

    const struct type_update clear = {.type = 2, .clear_colour = true};
    assert_int_equal(fixture_call(fixture, &type_update_message, &clear, "e").status, REPLY_STATUS_OK);
    assert_false(get_type(fixture, 2).has_colour);
    assert_int_equal(get_type(fixture, 2).order, -1);

    static const uint64_t twice[] = {1, 1}, unknown[] = {1, 99};
    refuses(fixture, &type_reorder_message, &(struct type_reorder){.types = {2, twice}}, "f", "invalid_field", "types");
    refuses(fixture, &type_reorder_message, &(struct type_reorder){.types = {2, unknown}}, "g", "not_found", "types");
    const struct type_update red = {.type = 2, .has_colour = true, .colour = TEXT("#12345g")};
    refuses(fixture, &type_update_message, &red, "h", "invalid_field", "colour");
    const struct type_create green = {.names = {.sv = TEXT("Grön")},
                                      .direction = DIRECTION_OUT,
                                      .channel = ACTIVITY_CHANNEL_OTHER,
                                      .has_colour = true,
                                      .colour = TEXT("green")};
    refuses(fixture, &type_create_message, &green, "i", "invalid_field", "colour");
}

static void merges_are_refused(void **state)
{
    struct fixture *fixture = *state;
    work(fixture);
    const struct type_update off = {.type = 4, .has_active = true, .active = false};
    assert_int_equal(fixture_call(fixture, &type_update_message, &off, "a").status, REPLY_STATUS_OK);
    static const struct {
        uint64_t type;
        uint64_t into;
        const char *code;
        const char *field;
    } cases[] = {
        {99, 1, "not_found", "type"},     {1, 99, "not_found", "into"},  {1, 1, "invalid_field", "into"},
        {1, 4, "inactive_entry", "into"}, {7, 1, "wrong_state", "type"}, {9, 1, "wrong_state", "type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct type_merge command = {.type = cases[i].type, .into = cases[i].into};
        const char id[] = {(char)('b' + i), 0};
        refuses(fixture, &type_merge_message, &command, id, cases[i].code, cases[i].field);
    }
    do_merge(fixture, 4, 3, "m"); // one that is deactivated can go
    const struct type_merge again = {.type = 4, .into = 1}, back = {.type = 3, .into = 4};
    refuses(fixture, &type_merge_message, &again, "n", "wrong_state", "type");
    refuses(fixture, &type_merge_message, &back, "o", "inactive_entry", "into");
    const struct type_update on = {.type = 4, .has_active = true, .active = true};
    refuses(fixture, &type_update_message, &on, "p", "wrong_state", "active");
}

static void a_merged_one_leads_to_the_last(void **state)
{
    struct fixture *fixture = *state;
    work(fixture);
    do_merge(fixture, 1, 2, "a");
    do_merge(fixture, 3, 1 + 1, "b");
    do_merge(fixture, 2, 5, "c");
    for (uint64_t type = 1; type <= 3; type++) {
        const struct activity_type row = get_type(fixture, type);
        assert_true(row.has_merged_into && row.merged_into == 5 && !row.active);
    }
    fixture_restart(fixture);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct ctx ctx = {.txn = txn};
    for (uint64_t type = 1; type <= 6; type++)
        assert_int_equal(types_lead(&ctx, type), type <= 3 ? 5 : type);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(made_again_when_their_batch_was_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_early_outcome_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(have_an_order_and_a_colour, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merges_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_merged_one_leads_to_the_last, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
