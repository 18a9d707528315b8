// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/buffer.h"
#include "common/base/endian.h"

static void bytes_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    for (int i = 0; i < 100000; i++)
        buffer_byte(&buffer, (uint8_t)(i % 251));
    struct bytes bytes = buffer_bytes(&buffer);
    assert_false(buffer.failed);
    assert_int_equal(bytes.len, 100000);
    for (size_t i = 0; i < bytes.len; i++)
        assert_int_equal(bytes.data[i], i % 251);
    buffer_fini(&buffer);
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                       0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e};
    struct buffer buffer;
    buffer_init(&buffer, 64);
    buffer_u16(&buffer, 0x0102);
    buffer_u32(&buffer, 0x03040506);
    buffer_u64(&buffer, 0x0708090a0b0c0d0e);
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of(expected, sizeof expected)));
    buffer_fini(&buffer);
    assert_int_equal(get_u16(expected), 0x0102);
    assert_int_equal(get_u32(expected + 2), 0x03040506);
    assert_int_equal(get_u64(expected + 6), 0x0708090a0b0c0d0e);
}

static void it_is_full_at_its_bound_exactly(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append(&buffer, "0123456789", 10);
    assert_int_equal(buffer_bytes(&buffer).len, 10);
    buffer_append(&buffer, NULL, 0);
    assert_false(buffer.failed);
    buffer_byte(&buffer, 'x');
    assert_true(buffer.failed);
    buffer_fini(&buffer);
}

static void a_failure_sticks_until_reset(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append(&buffer, "01234", 5);
    buffer_append(&buffer, "too long to fit", 15);
    buffer_byte(&buffer, 'x'); // would fit, but comes after what did not
    assert_true(buffer.failed);
    assert_null(buffer_bytes(&buffer).data);
    assert_int_equal(buffer_bytes(&buffer).len, 0);
    buffer_reset(&buffer);
    assert_false(buffer.failed);
    buffer_append(&buffer, "again", 5);
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of("again", 5)));
    buffer_fini(&buffer);
}

static void a_length_near_the_largest_is_refused(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    buffer_byte(&buffer, 'x');
    volatile size_t most = SIZE_MAX; // or the compiler would warn of a copy that is never made
    buffer_append(&buffer, "y", most);
    assert_true(buffer.failed);
    buffer_fini(&buffer);
}

static void memory_is_kept_over_a_reset_and_given_back_by_fini(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    for (int i = 0; i < 5000; i++)
        buffer_byte(&buffer, 1);
    size_t capacity = buffer.capacity;
    assert_in_range(capacity, 5000, 10000);
    buffer_reset(&buffer);
    assert_int_equal(buffer.capacity, capacity);
    buffer_fini(&buffer);
    assert_int_equal(buffer.capacity, 0);
    buffer_byte(&buffer, 2);
    assert_int_equal(buffer_bytes(&buffer).len, 1);
    buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_in_the_order_they_went_in),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(it_is_full_at_its_bound_exactly),
        cmocka_unit_test(a_failure_sticks_until_reset),
        cmocka_unit_test(a_length_near_the_largest_is_refused),
        cmocka_unit_test(memory_is_kept_over_a_reset_and_given_back_by_fini),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
