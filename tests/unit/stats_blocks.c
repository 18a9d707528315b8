// SPDX-License-Identifier: Apache-2.0
/** Rows in blocks against a plain model, through batches that are kept and given up; and what is no block. */
#include "services/stats/blocks.h"
#include "services/stats/packed.h"
#include "tests/unit/stats_fixture.h"

enum { IDS = 5000, ROUNDS = 40, CHANGES = 900 };

static struct row {
    bool there;
    int64_t columns[FACT_COLUMNS];
} kept[IDS], now[IDS];

static int64_t random_number(uint64_t *seed)
{
    static const int64_t magnitudes[] = {1, 200, 70000, INT64_C(1) << 40, INT64_MAX};
    uint64_t number = random_below(seed, (uint64_t)magnitudes[random_below(seed, 5)]);
    return random_below(seed, 4) == 0 ? ~(int64_t)number : (int64_t)number;
}

static void assert_row(const struct row *row, bool there, const int64_t *columns)
{
    assert_int_equal(there, row->there);
    if (there)
        assert_memory_equal(columns, row->columns, sizeof row->columns);
}

/** Of some columns, from some id on, of some numbers of the first column. */
static void assert_walk(struct store_txn *txn, uint64_t *seed)
{
    struct block_walk walk;
    uint64_t next = random_below(seed, 2) ? random_below(seed, IDS) / BLOCK_ROWS * BLOCK_ROWS : 0;
    unsigned wanted = 1U | (unsigned)random_below(seed, 1 << FACT_COLUMNS);
    int64_t least = random_below(seed, 2) ? INT64_MIN : -100, most = least == INT64_MIN ? INT64_MAX : 100;
    block_walk_open(&walk, txn, &stats_facts, next, wanted);
    while (block_walk_next(&walk, least, most)) {
        for (size_t at = 0; at < walk.block.count; at++) {
            uint64_t id = block_id(&walk.block, at);
            for (; next < id; next++) // what is left out is not there, or not in between
                assert_false(now[next].there && now[next].columns[0] >= least && now[next].columns[0] <= most);
            assert_true(now[id].there);
            for (size_t i = 0; i < FACT_COLUMNS; i++)
                if (wanted >> i & 1)
                    assert_int_equal(walk.block.columns[i][at], now[id].columns[i]);
            next = id + 1;
        }
    }
    block_walk_close(&walk);
    for (; next < IDS; next++)
        assert_false(now[next].there && now[next].columns[0] >= least && now[next].columns[0] <= most);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
}

static void change(struct block_cache *cache, struct store_txn *txn, uint64_t *seed)
{
    // Mostly close together, as facts are; sometimes more blocks than a cache has.
    uint64_t id = random_below(seed, random_below(seed, 3) ? 300 : IDS);
    int64_t columns[FACT_COLUMNS];
    if (random_below(seed, 4) == 0) {
        block_cache_remove(cache, txn, id);
        now[id].there = false;
        return;
    }
    for (size_t i = 0; i < FACT_COLUMNS; i++)
        columns[i] = random_number(seed);
    block_cache_put(cache, txn, id, columns);
    now[id].there = true;
    memcpy(now[id].columns, columns, sizeof columns);
}

static void agrees_with_a_plain_model(void **state)
{
    struct test *test = *state;
    struct block_cache *cache = block_cache_new(&stats_facts);
    uint64_t seed = 11;
    for (int round = 0; round < ROUNDS; round++) {
        struct store_txn *txn = store_begin_write(test->fixture.store);
        int64_t columns[FACT_COLUMNS];
        for (int i = 0; i < CHANGES; i++) {
            change(cache, txn, &seed);
            uint64_t id = random_below(&seed, IDS);
            bool there = block_cache_get(cache, txn, id, columns);
            assert_row(&now[id], there, columns);
        }
        if (random_below(&seed, 4) == 0) {
            store_abort(txn);
            block_cache_forget(cache);
            memcpy(now, kept, sizeof now);
        } else {
            block_cache_flush(cache, txn);
            assert_walk(txn, &seed);
            assert_int_equal(store_commit(txn), FAULT_NONE);
            memcpy(kept, now, sizeof kept);
        }
        txn = store_begin_read(test->fixture.store);
        for (uint64_t id = 0; id < IDS; id++) {
            bool there = block_get(txn, &stats_facts, id, columns);
            assert_row(&now[id], there, columns);
        }
        assert_walk(txn, &seed);
        store_abort(txn);
    }
    block_cache_free(cache);
}

/** Every beginning of a block, and a width that no number has, is a fault and no row. */
static void what_is_no_block_is_corrupt(void **state)
{
    struct test *test = *state;
    int64_t columns[FACT_COLUMNS];
    struct buffer block;
    buffer_init(&block, 1000);
    buffer_u64(&block, 7); // three rows
    for (size_t i = 0; i < FACT_COLUMNS; i++)
        packed_write(&block, (const int64_t[]){5, 1000, -3}, 3);
    packed_end(&block);
    for (size_t len = 1; len <= block.len; len++) {
        struct store_txn *txn = store_begin_write(test->fixture.store);
        struct key key = key_of_id(0);
        store_put(txn, &stats_facts.table, key_bytes(&key), bytes_of(block.data, len));
        bool there = block_get(txn, &stats_facts, 1, columns);
        assert_int_equal(there, len == block.len);
        assert_int_equal(store_txn_fault(txn), there ? FAULT_NONE : FAULT_CORRUPT);
        store_abort(txn);
    }
    assert_int_equal(columns[0], 1000);
    block.data[8] = 9;
    struct bytes rest = bytes_of(block.data + 8, block.len - 8);
    assert_false(packed_read(&rest, columns, 3));
    buffer_fini(&block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agrees_with_a_plain_model, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_block_is_corrupt, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
