// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of numbers in keys. Input: i64, i64, then bytes from which numbers are taken.
 *
 * Numbers that are written are read, and their bytes have the numbers' order; a number that is taken is written as it was.
 */
#include "common/base/must.h"
#include "common/store/key.h"

enum { NUMBER_BYTES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(int64_t number)
{
    struct key key = {.len = 0};
    int64_t again = ~number;
    key_number(&key, number);
    struct bytes rest = key_bytes(&key);
    must(key_take_number(&rest, &again) && rest.len == 0 && again == number);
}

static void check_order(int64_t a, int64_t b)
{
    struct key left = {.len = 0}, right = {.len = 0};
    key_number(&left, a);
    key_number(&right, b);
    int order = bytes_compare(key_bytes(&left), key_bytes(&right));
    must((order < 0) == (a < b) && (order > 0) == (a > b));
}

/** Whatever follows. */
static void take_all(struct bytes rest)
{
    int64_t number;
    for (struct bytes before = rest; key_take_number(&rest, &number); before = rest) {
        struct key key = {.len = 0};
        key_number(&key, number);
        must(rest.len < before.len && bytes_equal(key_bytes(&key), bytes_of(before.data, before.len - rest.len)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 2 * NUMBER_BYTES) {
        int64_t a = (int64_t)get_u64(data), b = (int64_t)get_u64(data + NUMBER_BYTES);
        check_round_trip(a);
        check_round_trip(b);
        check_order(a, b);
        data += 2 * NUMBER_BYTES;
        size -= 2 * NUMBER_BYTES;
    }
    take_all(bytes_of(data, size));
    return 0;
}
