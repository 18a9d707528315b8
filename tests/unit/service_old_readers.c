// SPDX-License-Identifier: Apache-2.0
/** When somebody is told of a program that reads one state of the store for long. */
#include "common/service/old_readers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct store_readers reader_of(uint64_t txn, uint64_t lag)
{
    return (struct store_readers){
        .count = 1, .oldest_txn = txn, .lag = lag, .has_others = true, .others_oldest_txn = txn};
}

static void told_after_ten_seconds_and_until_it_ends(void **state)
{
    (void)state;
    struct old_readers old = {0};
    const struct store_readers reader = reader_of(7, 3), nobody = {0};
    assert_false(old_readers_look(&old, &reader, 1000));
    assert_false(old_readers_look(&old, &reader, 1000 + OLD_READER_MS - 1));
    assert_true(old_readers_look(&old, &reader, 1000 + OLD_READER_MS));
    assert_true(old_readers_look(&old, &reader, 1000 + 2 * OLD_READER_MS));
    assert_false(old_readers_look(&old, &nobody, 1000 + 3 * OLD_READER_MS));
    assert_false(old_readers_look(&old, &reader, 1001 + 3 * OLD_READER_MS));
}

static void readers_that_go_on_are_not_told_of(void **state)
{
    (void)state;
    struct old_readers old = {0};
    for (uint64_t txn = 0; txn < 100; txn++) { // one after the other, always behind
        const struct store_readers reader = reader_of(txn, 5);
        assert_false(old_readers_look(&old, &reader, (int64_t)txn * (OLD_READER_MS - 1)));
    }
}

static void what_keeps_no_page_is_not_told_of(void **state)
{
    (void)state;
    struct old_readers old = {0};
    const struct store_readers newest = reader_of(7, 0), later = reader_of(7, 1);
    const struct store_readers own = {.count = 1, .oldest_txn = 1, .lag = 6};
    assert_false(old_readers_look(&old, &newest, 0));
    assert_false(old_readers_look(&old, &newest, OLD_READER_MS)); // nothing was committed since
    assert_true(old_readers_look(&old, &later, OLD_READER_MS + 1));
    assert_false(old_readers_look(&old, &own, 2 * OLD_READER_MS)); // a backup, whose time is known
    assert_false(old_readers_look(&old, &own, 4 * OLD_READER_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_after_ten_seconds_and_until_it_ends),
        cmocka_unit_test(readers_that_go_on_are_not_told_of),
        cmocka_unit_test(what_keeps_no_page_is_not_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
