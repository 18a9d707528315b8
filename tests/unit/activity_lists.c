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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(types_made_after_a_restore_are_found, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("activity_lists", tests, NULL, NULL);
}
