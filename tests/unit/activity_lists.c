// SPDX-License-Identifier: Apache-2.0
/** Lists with filters by type, whatever ids the types have: a restore lifts those of new ones far beyond their number. */
#include "tests/unit/core_fixture.h"

#include "common/store/internal.h"
#include "proto/activity.gen.h"
#include "services/activity/activity.h"
#include "services/activity/persons.h"
#include "services/activity/state.h"

enum {
    PERSON = 17,
    LIFT = 1 << 24,
};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture, &activity_definition);
    core_begin(fixture->core);
    core_work(fixture->core); // the usual types
    assert_int_equal(core_end(fixture->core), FAULT_NONE);
    struct store_txn *txn = store_begin_write(fixture->store);
    struct ctx ctx = {.txn = txn};
    persons_add(&ctx, PERSON);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_fini(*state);
    free(*state);
    return 0;
}

/** As a restore does. */
static void lift(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_write(fixture->store);
    store_meta_lift(txn, 1, LIFT);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_restart(fixture);
}

static uint64_t make_type(struct fixture *fixture, const char *name, enum direction direction, const char *id)
{
    const struct type_create command = {
        .names = {.sv = text_of(name)}, .direction = direction, .channel = ACTIVITY_CHANNEL_VISIT};
    struct type_create_reply reply;
    struct reply_envelope envelope = fixture_call(fixture, &type_create_message, &command, id);
    fixture_reply_body(fixture, &type_create_message, &envelope, &reply);
    return reply.type;
}

static uint64_t create(struct fixture *fixture, uint64_t type, const char *id)
{
    const struct activity_create command = {.person = PERSON, .type = type, .subject = TEXT("Provträning")};
    struct activity_create_reply reply;
    struct reply_envelope envelope = fixture_call(fixture, &activity_create_message, &command, id);
    fixture_reply_body(fixture, &activity_create_message, &envelope, &reply);
    return reply.activity;
}

/** The activities listed by a filter, newest first; 0 where there are fewer. */
static void list(struct fixture *fixture, const struct activity_filter *filter, uint64_t out_activities[4])
{
    const struct activity_list query = {.has_filter = true, .filter = *filter, .limit = 4};
    struct activity_list_reply reply;
    arena_reset(&fixture->arena);
    struct reply_envelope envelope = fixture_query(fixture, &activity_list_message, &query);
    fixture_reply_body(fixture, &activity_list_message, &envelope, &reply);
    for (size_t i = 0; i < 4; i++)
        out_activities[i] = i < reply.activities.count ? reply.activities.items[i].activity : 0;
}

static void types_made_after_a_restore_are_found(void **state)
{
    struct fixture *fixture = *state;
    static const enum activity_channel visit[] = {ACTIVITY_CHANNEL_VISIT};
    static const enum direction in[] = {DIRECTION_IN};
    uint64_t call = create(fixture, 1, "a1"), found[4];
    lift(fixture);
    uint64_t types[] = {make_type(fixture, "Mässa", DIRECTION_OUT, "t1"),
                        make_type(fixture, "Provpass", DIRECTION_IN, "t2")};
    assert_true(types[0] > LIFT && types[1] > LIFT);
    uint64_t fair = create(fixture, types[0], "a2"), trial = create(fixture, types[1], "a3");
    list(fixture, &(struct activity_filter){.channels = {1, visit}}, found);
    assert_true(found[0] == trial && found[1] == fair && found[2] == 0);
    list(fixture, &(struct activity_filter){.channels = {1, visit}, .directions = {1, in}}, found);
    assert_true(found[0] == trial && found[1] == 0);
    list(fixture, &(struct activity_filter){.types = {1, &types[0]}}, found);
    assert_true(found[0] == fair && found[1] == 0);
    const uint64_t old_and_new[] = {types[1], 1};
    list(fixture, &(struct activity_filter){.types = {2, old_and_new}}, found);
    assert_true(found[0] == trial && found[1] == call && found[2] == 0);
}

static uint64_t type_of(struct fixture *fixture, uint64_t activity)
{
    const struct activity_get query = {.activity = activity};
    struct activity_get_reply reply;
    struct reply_envelope envelope = fixture_query(fixture, &activity_get_message, &query);
    fixture_reply_body(fixture, &activity_get_message, &envelope, &reply);
    return reply.activity.type;
}

/** What was written as a merged type is read, found and changed as the one that stands for it. */
static void merged_types_are_found_as_those_that_stand_for_them(void **state)
{
    struct fixture *fixture = *state;
    enum { CALL_OUT = 1, VISIT_OUT = 3, OTHER = 11 };
    static const enum activity_channel call[] = {ACTIVITY_CHANNEL_CALL}, visit[] = {ACTIVITY_CHANNEL_VISIT};
    static const uint64_t call_out[] = {CALL_OUT}, visit_out[] = {VISIT_OUT}, both[] = {CALL_OUT, VISIT_OUT};
    uint64_t called = create(fixture, CALL_OUT, "a1"), visited = create(fixture, VISIT_OUT, "a2"), found[4];
    create(fixture, OTHER, "a3");
    const struct type_merge merge = {.type = CALL_OUT, .into = VISIT_OUT};
    assert_int_equal(fixture_call(fixture, &type_merge_message, &merge, "m").status, REPLY_STATUS_OK);
    assert_int_equal(type_of(fixture, called), VISIT_OUT);
    const uint64_t *const types[] = {call_out, visit_out, both};
    for (size_t i = 0; i < 3; i++) {
        list(fixture, &(struct activity_filter){.types = {i == 2 ? 2 : 1, types[i]}}, found);
        assert_true(found[0] == visited && found[1] == called && found[2] == 0);
    }
    list(fixture, &(struct activity_filter){.channels = {1, call}}, found);
    assert_int_equal(found[0], 0);
    list(fixture, &(struct activity_filter){.channels = {1, visit}}, found);
    assert_true(found[0] == visited && found[1] == called && found[2] == 0);

    const struct activity_scan scan = {.limit = 10};
    struct activity_scan_reply all;
    struct reply_envelope envelope = fixture_query(fixture, &activity_scan_message, &scan);
    fixture_reply_body(fixture, &activity_scan_message, &envelope, &all);
    assert_int_equal(all.activities.items[0].type, VISIT_OUT);

    const struct activity_create command = {.person = PERSON, .type = CALL_OUT, .subject = TEXT("s")};
    envelope = fixture_call(fixture, &activity_create_message, &command, "a4");
    assert_true(text_equal(envelope.error.code, TEXT("inactive_entry")));
    assert_non_null(memmem(envelope.error.message.data, envelope.error.message.len, "choose that, 3", 14));

    const struct activity_update update = {
        .activity = called, .has_type = true, .type = VISIT_OUT, .has_subject = true, .subject = TEXT("t")};
    assert_int_equal(fixture_call(fixture, &activity_update_message, &update, "u").status, REPLY_STATUS_OK);
    assert_int_equal(type_of(fixture, called), VISIT_OUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(types_made_after_a_restore_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merged_types_are_found_as_those_that_stand_for_them, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("activity_lists", tests, NULL, NULL);
}
