// SPDX-License-Identifier: Apache-2.0
/** Aliases: every one leads to its end in one step, whichever way the merges came about. */
#include "common/store/alias.h"

#include "tests/unit/store_fixture.h"

enum { MANY = 200 };

static struct bytes nothing(void)
{
    return bytes_of("", 0);
}

static uint64_t end_of(struct store_txn *txn, uint64_t id)
{
    return alias_end(txn, &rows_table, id);
}

static void an_id_that_is_none_leads_to_itself(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ids[4];
    struct store_txn *txn = store_begin_read(fixture->store);
    assert_int_equal(end_of(txn, 7), 7);
    assert_int_equal(alias_kept(txn, &rows_table, 7).len, 0);
    assert_int_equal(alias_list(txn, &rows_table, 7, 0, ids, 4), 0);
    assert_int_equal(alias_scan(txn, &rows_table, 0, ids, 4), 0);
    store_abort(txn);
}

static void chains_are_one_step(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ids[4];
    struct store_txn *txn = store_begin_write(fixture->store);
    alias_put(txn, &rows_table, 1, 2, bytes_of("first", 5));
    alias_put(txn, &rows_table, 2, 3, bytes_of("second", 6));
    alias_put(txn, &rows_table, 4, 2, nothing()); // to where that leads
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_reopen(fixture);
    txn = store_begin_read(fixture->store);
    for (uint64_t id = 1; id <= 4; id++)
        assert_int_equal(end_of(txn, id), 3);
    struct bytes kept = alias_kept(txn, &rows_table, 1);
    assert_int_equal(kept.len, 5);
    assert_memory_equal(kept.data, "first", 5);
    assert_int_equal(alias_kept(txn, &rows_table, 2).len, 6);
    assert_int_equal(alias_list(txn, &rows_table, 3, 0, ids, 4), 3);
    assert_true(ids[0] == 1 && ids[1] == 2 && ids[2] == 4);
    assert_int_equal(alias_list(txn, &rows_table, 3, 2, ids, 4), 1);
    assert_int_equal(ids[0], 4);
    assert_int_equal(alias_list(txn, &rows_table, 2, 0, ids, 4), 0); // nothing leads to what leads on
    assert_int_equal(alias_scan(txn, &rows_table, 1, ids, 1), 1);
    assert_int_equal(ids[0], 2);
    store_abort(txn);
}

static void an_alias_can_be_led_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ids[4];
    struct store_txn *txn = store_begin_write(fixture->store);
    alias_put(txn, &rows_table, 1, 2, nothing());
    alias_put(txn, &rows_table, 1, 2, nothing());
    alias_put(txn, &rows_table, 1, 3, nothing());
    assert_int_equal(end_of(txn, 1), 3);
    assert_int_equal(alias_list(txn, &rows_table, 2, 0, ids, 4), 0);
    assert_int_equal(alias_list(txn, &rows_table, 3, 0, ids, 4), 1);
    assert_int_equal(store_count(txn, &rows_table), 2);
    store_abort(txn);
}

static void nothing_leads_in_a_circle(void **state)
{
    struct fixture *fixture = *state;
    struct store_txn *txn = store_begin_write(fixture->store);
    alias_put(txn, &rows_table, 1, 1, nothing());
    assert_int_equal(store_count(txn, &rows_table), 0);
    alias_put(txn, &rows_table, 1, 2, nothing());
    alias_put(txn, &rows_table, 2, 1, nothing());
    assert_int_equal(end_of(txn, 1), 2);
    assert_int_equal(end_of(txn, 2), 2);
    store_abort(txn);
}

static void all_that_led_to_an_alias_go_with_it(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ids[MANY + 1];
    struct store_txn *txn = store_begin_write(fixture->store);
    for (uint64_t id = 1; id <= MANY; id++)
        alias_put(txn, &rows_table, id, 1000, nothing());
    alias_put(txn, &rows_table, 1000, 2000, nothing());
    for (uint64_t id = 1; id <= MANY; id++)
        assert_int_equal(end_of(txn, id), 2000);
    assert_int_equal(alias_list(txn, &rows_table, 2000, 0, ids, MANY + 1), MANY + 1);
    assert_int_equal(alias_list(txn, &rows_table, 1000, 0, ids, MANY + 1), 0);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_id_that_is_none_leads_to_itself, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(chains_are_one_step, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(an_alias_can_be_led_elsewhere, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(nothing_leads_in_a_circle, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(all_that_led_to_an_alias_go_with_it, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
