// SPDX-License-Identifier: Apache-2.0
/** Who exists, as the activity service keeps it: exact, and small for a large register. */
#include "tests/unit/core_fixture.h"

#include "services/activity/activity.h"
#include "services/activity/persons.h"

enum {
    REGISTER = 1000 * 1000,
    BATCH = 1000,
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

/** Adds persons first, first + step, … in one batch. */
static void add(struct fixture *fixture, uint64_t first, uint64_t step, size_t count)
{
    struct ctx ctx = {.txn = store_begin_write(fixture->store)};
    for (size_t i = 0; i < count; i++)
        persons_add(&ctx, first + i * step);
    assert_int_equal(store_commit(ctx.txn), FAULT_NONE);
}

static bool has(struct fixture *fixture, uint64_t person)
{
    struct ctx ctx = {.txn = store_begin_read(fixture->store)};
    bool found = persons_has(&ctx, person);
    assert_int_equal(store_txn_fault(ctx.txn), FAULT_NONE);
    store_abort(ctx.txn);
    return found;
}

static void only_who_was_added_exists(void **state)
{
    struct fixture *fixture = *state;
    assert_false(has(fixture, 1));
    add(fixture, 1, 3, 5000);
    add(fixture, 1, 3, 10); // again
    add(fixture, INT64_MAX, 1, 1);
    for (uint64_t person = 1; person <= 15001; person++)
        assert_int_equal(has(fixture, person), person % 3 == 1 && person < 15001);
    assert_true(has(fixture, INT64_MAX));
    assert_false(has(fixture, INT64_MAX - 1));
    fixture_restart(fixture);
    assert_true(has(fixture, 4096 * 3 + 1));
    assert_false(has(fixture, 4096 * 3));
}

static void a_large_register_is_small(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = store_usage(fixture->store).used_bytes;
    for (uint64_t first = 1; first <= REGISTER; first += BATCH)
        add(fixture, first, 1, BATCH);
    uint64_t bytes = store_usage(fixture->store).used_bytes - before;
    assert_in_range(bytes, 1, 200 * 1000);
    assert_true(has(fixture, 1) && has(fixture, REGISTER));
    assert_false(has(fixture, REGISTER + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_who_was_added_exists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_register_is_small, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
