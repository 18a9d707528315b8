// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/rate.h"

static void the_first_of_a_period_are_written_and_the_rest_counted(void **state)
{
    (void)state;
    struct rate rate = {0};
    int64_t left_out = -1;
    for (int i = 0; i < RATE_LINES; i++) {
        assert_true(rate_allows(&rate, 5 + i, &left_out));
        assert_int_equal(left_out, 0);
    }
    for (int i = 0; i < 100; i++)
        assert_false(rate_allows(&rate, 4 + RATE_PERIOD_MS, &left_out));
    assert_true(rate_allows(&rate, 5 + RATE_PERIOD_MS, &left_out));
    assert_int_equal(left_out, 100);
    assert_true(rate_allows(&rate, 6 + RATE_PERIOD_MS, &left_out));
    assert_int_equal(left_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_a_period_are_written_and_the_rest_counted),
    };
    return cmocka_run_group_tests_name("base: rate", tests, NULL, NULL);
}
