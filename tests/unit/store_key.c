// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store_fixture.h"

enum { ROUNDS = 20000 };

static int sign(int64_t number)
{
    return (number > 0) - (number < 0);
}

/** Numbers near the ends and near each other as often as any. */
static uint64_t edge_number(uint64_t *seed)
{
    static const uint64_t edges[] = {0, 1, 255, 256, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX, UINT64_MAX - 1};
    uint64_t edge = edges[random_below(seed, sizeof edges / sizeof *edges)];
    return random_below(seed, 2) ? edge + random_below(seed, 3) - 1 : next_random(seed);
}

static void numbers_order_as_their_keys(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t a = edge_number(&seed), b = edge_number(&seed);
        struct key keys[6] = {{.len = 0}};
        key_u64(&keys[0], a);
        key_u64(&keys[1], b);
        key_i64(&keys[2], (int64_t)a);
        key_i64(&keys[3], (int64_t)b);
        key_i64_descending(&keys[4], (int64_t)a);
        key_i64_descending(&keys[5], (int64_t)b);
        int as_unsigned = (a > b) - (a < b), as_signed = ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
        assert_int_equal(sign(bytes_compare(key_bytes(&keys[0]), key_bytes(&keys[1]))), as_unsigned);
        assert_int_equal(sign(bytes_compare(key_bytes(&keys[2]), key_bytes(&keys[3]))), as_signed);
        assert_int_equal(sign(bytes_compare(key_bytes(&keys[4]), key_bytes(&keys[5]))), -as_signed);
        assert_int_equal(get_u64(keys[0].data), a);
        assert_int_equal(key_read_i64(keys[2].data), (int64_t)a);
        assert_int_equal(key_read_i64_descending(keys[4].data), (int64_t)a);
    }
}

/** Up to 3 bytes of "a", "b" and 0xff. */
static struct text short_text(uint64_t *seed, char out[3])
{
    static const char letters[] = {'a', 'b', '\xff'};
    size_t len = random_below(seed, 4);
    for (size_t i = 0; i < len; i++)
        out[i] = letters[random_below(seed, sizeof letters)];
    return (struct text){out, len};
}

static void parts_order_one_after_another(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < ROUNDS; i++) {
        char letters[4][3];
        struct text a = short_text(&seed, letters[0]), b = short_text(&seed, letters[1]);
        uint32_t a_number = (uint32_t)random_below(&seed, 3), b_number = (uint32_t)random_below(&seed, 3);
        struct key a_key = {.len = 0}, b_key = {.len = 0};
        key_text(&a_key, a);
        key_u32(&a_key, a_number);
        key_text(&b_key, b);
        key_u32(&b_key, b_number);
        int texts = sign(text_compare(a, b)), numbers = (a_number > b_number) - (a_number < b_number);
        assert_int_equal(sign(bytes_compare(key_bytes(&a_key), key_bytes(&b_key))), texts ? texts : numbers);
    }
}

static void too_long_key_is_none(void **state)
{
    struct fixture *fixture = *state;
    static const char letters[STORE_MAX_KEY_BYTES + 1] = {'x'};
    struct key longest = {.len = 0}, longer = {.len = 0};
    key_bytes_add(&longest, bytes_of(letters, STORE_MAX_KEY_BYTES));
    assert_false(longest.failed);
    assert_int_equal(key_bytes(&longest).len, STORE_MAX_KEY_BYTES);
    key_bytes_add(&longer, bytes_of(letters, STORE_MAX_KEY_BYTES));
    key_u8(&longer, 1);
    assert_true(longer.failed);
    key_text(&longer, TEXT("more"));
    assert_true(longer.failed);

    struct store_txn *txn = store_begin_write(fixture->store);
    struct bytes value;
    store_put(txn, &rows_table, key_bytes(&longest), bytes_of_text("there"));
    assert_true(store_get(txn, &rows_table, key_bytes(&longest), &value));
    assert_false(store_get(txn, &rows_table, key_bytes(&longer), &value));
    store_delete(txn, &rows_table, key_bytes(&longer));
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    struct index_scan scan;
    index_put(txn, &names_index, bytes_of_text("a"), bytes_of_text("1"));
    index_scan_open(&scan, txn, &names_index, key_bytes(&longer), (struct bytes){NULL, 0}, false);
    assert_false(index_scan_next(&scan));
    index_scan_close(&scan);
    store_put(txn, &rows_table, key_bytes(&longer), bytes_of_text("never"));
    assert_int_equal(store_txn_fault(txn), FAULT_TOO_LARGE);
    assert_int_equal(store_commit(txn), FAULT_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_order_as_their_keys),
        cmocka_unit_test(parts_order_one_after_another),
        cmocka_unit_test_setup_teardown(too_long_key_is_none, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
