// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include "tests/unit/store_fixture.h"

static void rows_survive_reopening(void **state)
{
    struct fixture *fixture = *state;
    put_row(fixture->store, &rows_table, "a", "1");
    put_row(fixture->store, &notes_table, "a", "2");
    put_row(fixture->store, &rows_table, "a", "3");
    fixture_reopen(fixture);
    assert_true(has_row(fixture->store, &rows_table, "a", "3"));
    assert_true(has_row(fixture->store, &notes_table, "a", "2"));
    assert_false(has_row(fixture->store, &notes_table, "b", "2"));
}

static void abort_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    put_row(fixture->store, &rows_table, "kept", "1");
    struct store_txn *txn = store_begin_write(fixture->store);
    store_put(txn, &rows_table, bytes_of_text("gone"), bytes_of_text("1"));
    store_delete(txn, &rows_table, bytes_of_text("kept"));
    assert_int_equal(append_record(txn, "person.changed", "x"), 1);
    assert_int_equal(store_txn_seq(txn), 1);
    assert_int_equal(store_next_id(txn, "person"), 1);
    store_abort(txn);
    assert_true(has_row(fixture->store, &rows_table, "kept", "1"));
    assert_false(has_row(fixture->store, &rows_table, "gone", "1"));
    assert_int_equal(store_seq(fixture->store), 0);

    txn = store_begin_write(fixture->store);
    assert_int_equal(store_next_id(txn, "person"), 1);
    assert_int_equal(append_record(txn, "person.changed", "y"), 1);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_int_equal(store_seq(fixture->store), 1);
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

static void first_fault_silences_the_rest(void **state)
{
    struct fixture *fixture = *state;
    put_row(fixture->store, &rows_table, "a", "1");
    struct store_txn *txn = store_begin_write(fixture->store);
    store_put(txn, &rows_table, bytes_of_text("b"), bytes_of_text("2"));
    store_txn_fail(txn, FAULT_MEMORY);
    store_txn_fail(txn, FAULT_IO);
    struct bytes value;
    struct store_cursor cursor;
    struct journal_record record;
    bool found;
    assert_false(store_get(txn, &rows_table, bytes_of_text("a"), &value));
    store_put(txn, &rows_table, bytes_of_text("c"), bytes_of_text("3"));
    store_cursor_open(&cursor, txn, &rows_table);
    assert_false(store_cursor_first(&cursor));
    store_cursor_close(&cursor);
    assert_int_equal(store_count(txn, &rows_table), 0);
    assert_int_equal(store_next_id(txn, "person"), 0);
    assert_int_equal(append_record(txn, "person.changed", "x"), 0);
    assert_int_equal(journal_get(txn, 1, &record, &found), FAULT_MEMORY);
    assert_int_not_equal(journal_verify(txn, (struct journal_position){0}, 0).seq, 0);
    assert_int_equal(store_txn_fault(txn), FAULT_MEMORY);
    assert_int_equal(store_commit(txn), FAULT_MEMORY);
    assert_false(has_row(fixture->store, &rows_table, "b", "2"));
    put_row(fixture->store, &rows_table, "b", "2");
}

/** A name as long as the name of a sequence may be. */
static const char *sequence_name(int number)
{
    static char name[64 + 1];
    memset(name, 'n', 64);
    name[62] = (char)('0' + number / 10);
    name[63] = (char)('0' + number % 10);
    return name;
}

static void ids_go_on_over_commits_and_reopening(void **state)
{
    struct fixture *fixture = *state;
    enum { SEQUENCES = 40 }; // more than are held in memory
    for (uint64_t round = 1; round <= 3; round++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        for (int number = 0; number < SEQUENCES; number++)
            assert_int_equal(store_next_id(txn, sequence_name(number)), 2 * round - 1);
        for (int number = SEQUENCES - 1; number >= 0; number--)
            assert_int_equal(store_next_id(txn, sequence_name(number)), 2 * round);
        assert_int_equal(store_commit(txn), FAULT_NONE);
        if (round == 2)
            fixture_reopen(fixture);
    }
}

static void snapshot_sees_what_was_there(void **state)
{
    struct fixture *fixture = *state;
    put_row(fixture->store, &rows_table, "a", "old");
    append_records(fixture->store, 2);
    struct store_txn *before = store_begin_read(fixture->store);
    struct store_txn *writing = store_begin_write(fixture->store);
    store_put(writing, &rows_table, bytes_of_text("a"), bytes_of_text("new"));
    append_record(writing, "person.changed", "x");
    struct store_txn *during = store_begin_read(fixture->store);
    assert_int_equal(store_commit(writing), FAULT_NONE);
    struct store_txn *after = store_begin_read(fixture->store);
    struct bytes value;
    assert_true(store_get(before, &rows_table, bytes_of_text("a"), &value));
    assert_bytes(value, bytes_of_text("old"));
    assert_int_equal(store_txn_seq(before), 2);
    assert_true(store_get(during, &rows_table, bytes_of_text("a"), &value));
    assert_bytes(value, bytes_of_text("old"));
    assert_int_equal(store_txn_seq(during), 2);
    assert_true(store_get(after, &rows_table, bytes_of_text("a"), &value));
    assert_bytes(value, bytes_of_text("new"));
    assert_int_equal(store_txn_seq(after), 3);
    assert_int_equal(store_seq(fixture->store), 3);
    assert_ptr_equal(store_txn_store(after), fixture->store);
    store_abort(before);
    store_abort(during);
    store_abort(after);
}

/** Rows 1, 3, 5 … 199 by append. */
static void odd_rows(struct store *store)
{
    struct store_txn *txn = store_begin_write(store);
    for (uint64_t id = 1; id < 200; id += 2) {
        struct key key = key_of_id(id);
        store_append(txn, &rows_table, key_bytes(&key), key_bytes(&key));
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static uint64_t row_id(const struct store_cursor *cursor)
{
    assert_int_equal(cursor->key.len, 8);
    return get_u64(cursor->key.data);
}

static void cursors_find_their_place(void **state)
{
    struct fixture *fixture = *state;
    odd_rows(fixture->store);
    struct store_txn *txn = store_begin_read(fixture->store);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &rows_table);
    for (uint64_t id = 0; id <= 201; id++) {
        struct key key = key_of_id(id);
        assert_int_equal(store_cursor_seek(&cursor, key_bytes(&key)), id <= 199);
        if (id <= 199)
            assert_int_equal(row_id(&cursor), id | 1);
        assert_int_equal(store_cursor_seek_before(&cursor, key_bytes(&key)), id > 1);
        if (id > 1)
            assert_int_equal(row_id(&cursor), (id - 2) | 1);
    }
    assert_true(store_cursor_seek(&cursor, (struct bytes){NULL, 0}));
    assert_int_equal(row_id(&cursor), 1);
    assert_false(store_cursor_previous(&cursor));
    assert_false(store_cursor_seek_before(&cursor, (struct bytes){NULL, 0}));
    uint64_t expected = 1;
    for (bool more = store_cursor_first(&cursor); more; more = store_cursor_next(&cursor), expected += 2)
        assert_int_equal(row_id(&cursor), expected);
    assert_int_equal(expected, 201);
    assert_false(store_cursor_next(&cursor));
    for (bool more = store_cursor_last(&cursor); more; more = store_cursor_previous(&cursor)) {
        expected -= 2;
        assert_int_equal(row_id(&cursor), expected);
    }
    assert_int_equal(expected, 1);
    store_cursor_close(&cursor);
    store_cursor_open(&cursor, txn, &notes_table);
    struct key any = key_of_id(1);
    assert_false(store_cursor_first(&cursor));
    assert_false(store_cursor_last(&cursor));
    assert_false(store_cursor_seek(&cursor, key_bytes(&any)));
    assert_false(store_cursor_seek_before(&cursor, key_bytes(&any)));
    store_cursor_close(&cursor);
    assert_int_equal(store_count(txn, &rows_table), 100);
    assert_int_equal(store_count(txn, &notes_table), 0);
    store_abort(txn);
}

static void deleting_under_a_cursor_goes_on_with_the_next(void **state)
{
    struct fixture *fixture = *state;
    odd_rows(fixture->store);
    struct store_txn *txn = store_begin_write(fixture->store);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &rows_table);
    uint64_t expected = 1;
    for (bool more = store_cursor_first(&cursor); more; more = store_cursor_next(&cursor), expected += 2) {
        struct key key = key_of_id(row_id(&cursor));
        assert_int_equal(row_id(&cursor), expected);
        if (expected % 3 != 0)
            store_delete(txn, &rows_table, key_bytes(&key));
    }
    assert_int_equal(expected, 201);
    store_cursor_close(&cursor);
    assert_int_equal(store_count(txn, &rows_table), 33);
    store_delete(txn, &rows_table, bytes_of_text("absent"));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void empty_value_and_large_value(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t large[300000];
    memset(large, 'z', sizeof large);
    struct store_txn *txn = store_begin_write(fixture->store);
    store_put(txn, &rows_table, bytes_of_text("empty"), (struct bytes){NULL, 0});
    store_put(txn, &rows_table, bytes_of_text("large"), bytes_of(large, sizeof large));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    txn = store_begin_read(fixture->store);
    struct bytes value;
    assert_true(store_get(txn, &rows_table, bytes_of_text("empty"), &value));
    assert_int_equal(value.len, 0);
    assert_true(store_get(txn, &rows_table, bytes_of_text("large"), &value));
    assert_bytes(value, bytes_of(large, sizeof large));
    assert_false(store_get(txn, &rows_table, (struct bytes){NULL, 0}, &value));
    store_abort(txn);
}

/** A defect ends the program: in a child, which opens a store of its own. */
static void append_of_a_smaller_key_is_a_defect(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO); // what it says there is expected
        struct store *store;
        if (store_open(&fixture->config, &store) != FAULT_NONE)
            _exit(2);
        struct store_txn *txn = store_begin_write(store);
        store_append(txn, &rows_table, bytes_of_text("b"), bytes_of_text("1"));
        store_append(txn, &rows_table, bytes_of_text("a"), bytes_of_text("1"));
        _exit(3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_survive_reopening, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(abort_leaves_nothing, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(first_fault_silences_the_rest, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(ids_go_on_over_commits_and_reopening, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(snapshot_sees_what_was_there, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(cursors_find_their_place, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(deleting_under_a_cursor_goes_on_with_the_next, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(empty_value_and_large_value, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(append_of_a_smaller_key_is_a_defect, setup_no_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
