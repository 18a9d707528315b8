// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store_fixture.h"

/** Every key of 1 to 3 letters, in key order, and what a plain model says it holds. */
enum {
    LETTERS = 4,
    KEYS = LETTERS + LETTERS * LETTERS + LETTERS * LETTERS * LETTERS,
    ROUNDS = 400,
};

static const uint8_t letters[LETTERS] = {0x00, 'a', 'b', 0xff};

struct model {
    struct {
        uint8_t data[3];
        size_t len;
        bool present; // of the map
        uint64_t value;
        int64_t sum; // of the counter
    } rows[KEYS];
};

static int add_keys(struct model *model, int row, const uint8_t *start, size_t len)
{
    for (size_t i = 0; i < LETTERS; i++) {
        memcpy(model->rows[row].data, start, len);
        model->rows[row].data[len] = letters[i];
        model->rows[row].len = len + 1;
        row++;
        if (len + 1 < 3)
            row = add_keys(model, row, model->rows[row - 1].data, len + 1);
    }
    return row;
}

static struct bytes model_key(const struct model *model, int row)
{
    return bytes_of(model->rows[row].data, model->rows[row].len);
}

static void change(struct model *model, struct store_txn *txn, uint64_t *seed)
{
    int row = (int)random_below(seed, KEYS);
    struct bytes key = model_key(model, row);
    uint64_t value = next_random(seed);
    int64_t amount = (int64_t)random_below(seed, 5) - 2;
    switch (random_below(seed, 3)) {
    case 0:
        index_put(txn, &names_index, key, bytes_of(&value, sizeof value));
        model->rows[row].present = true;
        model->rows[row].value = value;
        break;
    case 1:
        index_delete(txn, &names_index, key);
        model->rows[row].present = false;
        break;
    default:
        index_add(txn, &sums_index, key, amount);
        model->rows[row].sum += amount;
        break;
    }
}

static void assert_look_ups(const struct model *model, struct store_txn *txn, uint64_t *seed)
{
    int row = (int)random_below(seed, KEYS);
    struct bytes value;
    bool there = index_get_unique(txn, &names_index, model_key(model, row), &value);
    assert_int_equal(there, model->rows[row].present);
    if (there)
        assert_bytes(value, bytes_of(&model->rows[row].value, 8));
    assert_int_equal(index_get_sum(txn, &sums_index, model_key(model, row)), model->rows[row].sum);
}

struct range {
    struct bytes prefix;
    struct bytes from;
    bool descending;
};

static bool in_range(const struct model *model, int row, const struct range *range, bool counters)
{
    struct bytes key = model_key(model, row);
    if (counters ? model->rows[row].sum == 0 : !model->rows[row].present)
        return false;
    if (!text_starts_with(bytes_text(key), bytes_text(range->prefix)))
        return false;
    int order = bytes_compare(key, range->from);
    return range->from.len == 0 || (range->descending ? order <= 0 : order >= 0);
}

/** Now and then an ascending scan passes over some rows. */
static void assert_scan(const struct model *model, struct store_txn *txn, const struct range *range, bool counters,
                        uint64_t *seed)
{
    struct index_scan scan;
    index_scan_open(&scan, txn, counters ? &sums_index : &names_index, range->prefix, range->from, range->descending);
    for (int i = 0; i < KEYS; i++) {
        if (!range->descending && random_below(seed, 16) == 0) {
            i += (int)random_below(seed, (uint64_t)(KEYS - i));
            index_scan_leap(&scan, model_key(model, i));
        }
        int row = range->descending ? KEYS - 1 - i : i;
        if (!in_range(model, row, range, counters))
            continue;
        assert_true(index_scan_next(&scan));
        assert_bytes(scan.key, model_key(model, row));
        if (counters)
            assert_int_equal(scan.sum, model->rows[row].sum);
        else
            assert_bytes(scan.value, bytes_of(&model->rows[row].value, 8));
    }
    assert_false(index_scan_next(&scan));
    assert_false(index_scan_next(&scan));
    index_scan_close(&scan);
}

static void assert_scans(const struct model *model, struct store_txn *txn, uint64_t *seed)
{
    int prefix = (int)random_below(seed, KEYS), from = (int)random_below(seed, KEYS);
    struct range range = {.descending = random_below(seed, 2) == 1};
    if (random_below(seed, 3) > 0)
        range.prefix = model_key(model, prefix);
    if (random_below(seed, 3) > 0)
        range.from = model_key(model, from); // often outside the prefix
    assert_scan(model, txn, &range, false, seed);
    assert_scan(model, txn, &range, true, seed);
    range.from = (struct bytes){NULL, 0};
    assert_scan(model, txn, &range, random_below(seed, 2) == 1, seed);
}

static void agrees_with_a_plain_model(void **state)
{
    struct fixture *fixture = *state;
    static struct model committed, model;
    uint64_t seed = 5;
    memset(&committed, 0, sizeof committed);
    assert_int_equal(add_keys(&committed, 0, (const uint8_t *)"", 0), KEYS);
    for (int round = 0; round < ROUNDS; round++) {
        struct store_txn *before = store_begin_read(fixture->store);
        struct store_txn *txn = store_begin_write(fixture->store);
        model = committed;
        for (uint64_t i = random_below(&seed, 40); i > 0; i--) {
            change(&model, txn, &seed);
            assert_look_ups(&model, txn, &seed);
            assert_scans(&model, txn, &seed);
        }
        assert_scans(&committed, before, &seed); // a snapshot sees nothing of it
        if (random_below(&seed, 4) == 0) {
            store_abort(txn);
        } else {
            assert_int_equal(store_commit(txn), FAULT_NONE);
            assert_scans(&committed, before, &seed);
            committed = model;
        }
        store_abort(before);
        if (random_below(&seed, 40) == 0)
            fixture_reopen(fixture);
        struct store_txn *after = store_begin_read(fixture->store);
        assert_scans(&committed, after, &seed);
        assert_look_ups(&committed, after, &seed);
        store_abort(after);
    }
}

static void sums_reach_their_ends(void **state)
{
    struct fixture *fixture = *state;
    struct bytes key = bytes_of_text("k");
    struct store_txn *txn = store_begin_write(fixture->store);
    index_add(txn, &sums_index, key, INT64_MAX);
    index_add(txn, &sums_index, key, 0);
    assert_int_equal(index_get_sum(txn, &sums_index, key), INT64_MAX);
    index_add(txn, &sums_index, key, INT64_MIN);
    assert_int_equal(index_get_sum(txn, &sums_index, key), -1);
    index_add(txn, &sums_index, key, 1);
    assert_int_equal(store_count(txn, &sums_index.table), 0);
    index_add(txn, &sums_index, key, INT64_MIN);
    assert_int_equal(index_get_sum(txn, &sums_index, key), INT64_MIN);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

/** More counters in a transaction than are gathered at once; each added to twice, one half taken back to nothing. */
static void many_sums_in_a_transaction_are_all_written(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNTERS = 100000 };
    struct store_txn *txn = store_begin_write(fixture->store);
    for (uint64_t round = 0; round < 2; round++)
        for (uint64_t i = 0; i < COUNTERS; i++) {
            struct key key = key_of_id(i * 0x9e3779b97f4a7c15);
            index_add(txn, &sums_index, key_bytes(&key), round == 0 ? (int64_t)i + 1 : i % 2 ? -(int64_t)i - 1 : 1);
        }
    assert_int_equal(store_commit(txn), FAULT_NONE);
    txn = store_begin_read(fixture->store);
    assert_int_equal(store_count(txn, &sums_index.table), COUNTERS / 2);
    for (uint64_t i = 0; i < COUNTERS; i++) {
        struct key key = key_of_id(i * 0x9e3779b97f4a7c15);
        assert_int_equal(index_get_sum(txn, &sums_index, key_bytes(&key)), i % 2 ? 0 : i + 2);
    }
    store_abort(txn);
    txn = store_begin_write(fixture->store);
    struct key first = key_of_id(0);
    index_add(txn, &sums_index, key_bytes(&first), 5);
    store_abort(txn); // what was gathered goes with it
    txn = store_begin_write(fixture->store);
    assert_int_equal(index_get_sum(txn, &sums_index, key_bytes(&first)), 2);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void long_values_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t value[513] = {1};
    struct store_txn *txn = store_begin_write(fixture->store);
    index_put(txn, &names_index, bytes_of_text("k"), bytes_of(value, 512));
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    index_put(txn, &names_index, bytes_of_text("k"), bytes_of(value, 513));
    assert_int_equal(store_commit(txn), FAULT_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agrees_with_a_plain_model, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(sums_reach_their_ends, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(many_sums_in_a_transaction_are_all_written, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(long_values_are_refused, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
