// SPDX-License-Identifier: Apache-2.0
/** Rows of the log of deferred indexes, as another store's write set brings them: whole ones are taken, any other changes nothing. */
#include "common/store/replog.h"
#include "tests/unit/store_fixture.h"

enum {
    LOG_SLOT = 5, // index_log, in write sets
    MAP_SLOT = 20,
    COUNTER_SLOT = 21,
    DIRECT_SLOT = 22,
    PUT = 1,
    DELETE = 2,
    ADD = 3,
    MAX_KEY = 511,
    MAX_VALUE = 512,
};

static const struct index map = {{"late_map", MAP_SLOT}, INDEX_MAP, INDEX_DEFERRED};
static const struct index counter = {{"late_counter", COUNTER_SLOT}, INDEX_COUNTER, INDEX_DEFERRED};
static const struct index direct = {{"map", DIRECT_SLOT}, INDEX_MAP, INDEX_DIRECT};
static const struct index *const indexes[] = {&map, &counter, &direct};

static int setup_deferred(void **state)
{
    setup_no_store(state);
    struct fixture *fixture = *state;
    fixture->config.indexes = indexes;
    fixture->config.index_count = sizeof indexes / sizeof *indexes;
    fixture_open(fixture);
    return 0;
}

static void put_head(struct buffer *row, int kind, int slot, size_t shared, size_t rest)
{
    buffer_byte(row, (uint8_t)kind);
    buffer_byte(row, (uint8_t)slot);
    buffer_byte(row, (uint8_t)shared);
    buffer_u16(row, (uint16_t)rest);
}

static void put_fill(struct buffer *row, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buffer_byte(row, 'k');
}

/** Applies a write set that holds one row of the log; read to the byte under the address sanitizer. */
static enum fault bring(struct store *store, struct bytes row, uint64_t number)
{
    struct buffer set;
    buffer_init(&set, 64 * 1024);
    buffer_byte(&set, 1);
    buffer_u64(&set, 1);
    buffer_u64(&set, 0); // no journal position
    buffer_byte(&set, PUT);
    buffer_byte(&set, LOG_SLOT);
    buffer_u16(&set, 8);
    buffer_u64(&set, number);
    buffer_u32(&set, (uint32_t)row.len);
    buffer_append(&set, row.data, row.len);
    uint8_t *exact = exact_copy(set.data, set.len);
    enum fault fault =
        store_apply_write_set(store, &(struct write_set){.first_seq = 1, .encoded = bytes_of(exact, set.len)});
    free_exact(exact);
    buffer_fini(&set);
    return fault;
}

/** Three entries, of which the second shares three bytes of its key with the first. */
static void put_good(struct buffer *row)
{
    put_head(row, PUT, MAP_SLOT, 0, 4);
    buffer_append(row, "abcd", 4);
    buffer_u16(row, 2);
    buffer_append(row, "v1", 2);
    put_head(row, DELETE, MAP_SLOT, 3, 1);
    buffer_append(row, "x", 1);
    put_head(row, ADD, COUNTER_SLOT, 0, 1);
    buffer_append(row, "c", 1);
    buffer_byte(row, 0x81); // -65 in zigzag: 129
    buffer_byte(row, 0x01);
}

static void a_whole_row_is_taken(void **state)
{
    struct fixture *fixture = *state;
    struct buffer row;
    struct bytes value;
    buffer_init(&row, 4096);
    put_good(&row);
    assert_int_equal(bring(fixture->store, buffer_bytes(&row), 1), FAULT_NONE);
    for (int round = 0; round < 2; round++) {
        struct store_txn *txn = store_begin_read(fixture->store);
        assert_true(index_get_unique(txn, &map, bytes_of_text("abcd"), &value));
        assert_bytes(value, bytes_of_text("v1"));
        assert_false(index_get_unique(txn, &map, bytes_of_text("abcx"), &value));
        assert_int_equal(index_get_sum(txn, &counter, bytes_of_text("c")), -65);
        store_abort(txn);
        fixture_reopen(fixture);
    }
    buffer_fini(&row);
}

static void assert_changes_nothing(struct fixture *fixture, const struct buffer *row)
{
    struct index_scan scan;
    static const struct bytes all;
    assert_int_equal(bring(fixture->store, buffer_bytes(row), 1), FAULT_CORRUPT);
    struct store_txn *txn = store_begin_read(fixture->store);
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        index_scan_open(&scan, txn, indexes[i], all, all, false);
        assert_false(index_scan_next(&scan));
        index_scan_close(&scan);
    }
    store_abort(txn);
}

static void a_row_that_is_cut_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct buffer row;
    buffer_init(&row, 4096);
    put_good(&row);
    const size_t whole = row.len, ends[] = {5 + 4 + 2 + 2, 5 + 4 + 2 + 2 + 5 + 1};
    for (row.len = 0; row.len < whole; row.len++)
        if (row.len != ends[0] && row.len != ends[1]) // there it is a shorter row
            assert_changes_nothing(fixture, &row);
    buffer_fini(&row);
}

/** One entry with a key of so many bytes, and of a put a value of so many. */
struct entry {
    int kind;
    int slot;
    size_t shared;
    size_t key;
    size_t value;
};

static void put_entry(struct buffer *row, const struct entry *entry)
{
    put_head(row, entry->kind, entry->slot, entry->shared, entry->key);
    put_fill(row, entry->key);
    if (entry->kind == PUT)
        buffer_u16(row, (uint16_t)entry->value);
    if (entry->kind == PUT)
        put_fill(row, entry->value);
    if (entry->kind == ADD)
        buffer_byte(row, 2);
}

static void an_entry_that_is_none_changes_nothing(void **state)
{
    static const struct entry wrong[] = {
        {0, MAP_SLOT, 0, 1, 0},
        {4, MAP_SLOT, 0, 1, 0},
        {ADD, MAP_SLOT, 0, 1, 0},
        {PUT, COUNTER_SLOT, 0, 1, 0},
        {DELETE, COUNTER_SLOT, 0, 1, 0},
        {PUT, DIRECT_SLOT, 0, 1, 0},
        {PUT, 16, 0, 1, 0}, // a table that is no index
        {PUT, 23, 0, 1, 0}, // none
        {PUT, 255, 0, 1, 0},
        {PUT, MAP_SLOT, 1, 1, 0}, // shares with nothing
        {PUT, MAP_SLOT, 0, 0, 0},
        {PUT, MAP_SLOT, 0, MAX_KEY + 1, 0},
        {PUT, MAP_SLOT, 0, 1, MAX_VALUE + 1},
    };
    struct fixture *fixture = *state;
    struct buffer row;
    buffer_init(&row, 4096);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        buffer_reset(&row);
        put_entry(&row, &wrong[i]);
        assert_changes_nothing(fixture, &row);
    }
    buffer_reset(&row); // the longest there may be, and one whose key is too long only together with what it shares
    put_entry(&row, &(struct entry){PUT, MAP_SLOT, 0, MAX_KEY, MAX_VALUE});
    const size_t good = row.len;
    put_entry(&row, &(struct entry){DELETE, MAP_SLOT, 255, MAX_KEY - 255 + 1, 0});
    assert_changes_nothing(fixture, &row);
    row.len = good;
    assert_int_equal(bring(fixture->store, buffer_bytes(&row), 1), FAULT_NONE);
    buffer_fini(&row);
}

static void an_amount_without_end_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct buffer row;
    buffer_init(&row, 4096);
    put_head(&row, ADD, COUNTER_SLOT, 0, 1);
    buffer_append(&row, "c", 1);
    for (int i = 0; i < 10; i++)
        buffer_byte(&row, 0x80);
    buffer_byte(&row, 0);
    assert_changes_nothing(fixture, &row);
    buffer_fini(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_row_is_taken, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(a_row_that_is_cut_changes_nothing, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(an_entry_that_is_none_changes_nothing, setup_deferred, teardown_store),
        cmocka_unit_test_setup_teardown(an_amount_without_end_changes_nothing, setup_deferred, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
