// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/text.h"

static void a_literal_and_a_string_are_the_same_text(void **state)
{
    (void)state;
    assert_int_equal(TEXT("Åsa").len, 4);
    assert_true(text_equal(TEXT("person"), text_of("person")));
    assert_int_equal(text_of(NULL).len, 0);
    assert_true(text_equal(text_of(NULL), TEXT("")));
    assert_true(text_equal(bytes_text(text_bytes(TEXT("there and back"))), TEXT("there and back")));
}

static void equal_looks_at_every_byte_and_the_length(void **state)
{
    (void)state;
    assert_false(text_equal(TEXT("person"), TEXT("persons")));
    assert_false(text_equal(TEXT("persons"), TEXT("person")));
    assert_false(text_equal(TEXT("person"), TEXT("persoN")));
    assert_true(bytes_equal(bytes_of("a\0b", 3), bytes_of("a\0b", 3)));
    assert_false(bytes_equal(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
}

static void order_is_that_of_bytes_and_the_shorter_first(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
    } ascending[] = {{"", 0},   {"\0", 1}, {"\0\0", 2}, {"a", 1},   {"aa", 2},
                     {"ab", 2}, {"b", 1},  {"\x7f", 1}, {"\xff", 1}};
    const size_t count = sizeof ascending / sizeof ascending[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct bytes a = bytes_of(ascending[i].data, ascending[i].len);
            struct bytes b = bytes_of(ascending[j].data, ascending[j].len);
            int order = bytes_compare(a, b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(bytes_equal(a, b), i == j);
        }
    }
    assert_int_equal(text_compare((struct text){NULL, 0}, TEXT("")), 0);
}

static void a_text_starts_with_its_beginnings_only(void **state)
{
    (void)state;
    assert_true(text_starts_with(TEXT("person.create"), TEXT("person.")));
    assert_true(text_starts_with(TEXT("person."), TEXT("person.")));
    assert_true(text_starts_with(TEXT("person"), TEXT("")));
    assert_true(text_starts_with(text_of(NULL), text_of(NULL)));
    assert_false(text_starts_with(TEXT("person"), TEXT("person.")));
    assert_false(text_starts_with(TEXT("a.person"), TEXT("person")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_literal_and_a_string_are_the_same_text),
        cmocka_unit_test(equal_looks_at_every_byte_and_the_length),
        cmocka_unit_test(order_is_that_of_bytes_and_the_shorter_first),
        cmocka_unit_test(a_text_starts_with_its_beginnings_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
