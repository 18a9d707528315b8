// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "common/base/counters.h"

enum { THREADS = 4, ADDS = 50000 };

static void each_counts_for_itself(void **state)
{
    (void)state;
    struct counters counters = {0};
    for (int i = 0; i < COUNTER_COUNT; i++) {
        counter_add(&counters, (enum counter)i, i);
        counter_add(&counters, (enum counter)i, 1000);
    }
    for (int i = 0; i < COUNTER_COUNT; i++)
        assert_int_equal(counter_get(&counters, (enum counter)i), i + 1000);
}

static void a_gauge_goes_either_way(void **state)
{
    (void)state;
    struct counters counters = {0};
    counter_set(&counters, (enum counter)0, 7);
    counter_add(&counters, (enum counter)0, -9);
    assert_int_equal(counter_get(&counters, (enum counter)0), -2);
    counter_set(&counters, (enum counter)0, INT64_MAX);
    assert_int_equal(counter_get(&counters, (enum counter)0), INT64_MAX);
}

static void *add_many(void *argument)
{
    struct counters *counters = argument;
    for (int i = 0; i < ADDS; i++) {
        counter_add(counters, (enum counter)0, 1);
        counter_add(counters, (enum counter)1, 2);
    }
    return NULL;
}

static void no_addition_of_any_thread_is_lost(void **state)
{
    (void)state;
    static struct counters counters;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &counters), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counter_get(&counters, (enum counter)0), THREADS * ADDS);
    assert_int_equal(counter_get(&counters, (enum counter)1), 2 * THREADS * ADDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_counts_for_itself),
        cmocka_unit_test(a_gauge_goes_either_way),
        cmocka_unit_test(no_addition_of_any_thread_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
