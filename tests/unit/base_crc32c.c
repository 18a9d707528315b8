// SPDX-License-Identifier: Apache-2.0
// Includes the source to reach both of its ways: which one crc32c() takes depends on the machine.
#include "common/base/crc32c.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef uint32_t (*crc_way)(const uint8_t *data, size_t len);

/** RFC 3720, appendix B.4, and the check value of the catalogue of CRCs. */
static void check_known_values(crc_way way)
{
    uint8_t block[32] = {0};
    assert_int_equal(way((const uint8_t *)"123456789", 9), 0xe3069283);
    assert_int_equal(way(block, 0), 0);
    assert_int_equal(way(block, sizeof block), 0x8a9136aa);
    memset(block, 0xff, sizeof block);
    assert_int_equal(way(block, sizeof block), 0x62a8ab43);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)i;
    assert_int_equal(way(block, sizeof block), 0x46dd794e);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)(31 - i);
    assert_int_equal(way(block, sizeof block), 0x113fdb5c);
}

static uint32_t by_whichever(const uint8_t *data, size_t len)
{
    return crc32c(data, len);
}

static void known_values(void **state)
{
    (void)state;
    check_known_values(by_whichever);
}

static void known_values_by_table(void **state)
{
    (void)state;
    check_known_values(by_table);
}

static void both_ways_agree_at_every_length_and_alignment(void **state)
{
    (void)state;
    uint8_t data[300];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (uint8_t)(random >> 24);
    }
    for (size_t start = 0; start < 16; start++)
        for (size_t len = 0; len + start <= sizeof data; len++)
            assert_int_equal(crc32c(data + start, len), by_table(data + start, len));
}

static void every_changed_bit_is_seen(void **state)
{
    (void)state;
    uint8_t data[64] = "a journal record";
    uint32_t whole = crc32c(data, sizeof data);
    for (size_t bit = 0; bit < sizeof data * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(crc32c(data, sizeof data), whole);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(known_values_by_table),
        cmocka_unit_test(both_ways_agree_at_every_length_and_alignment),
        cmocka_unit_test(every_changed_bit_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
