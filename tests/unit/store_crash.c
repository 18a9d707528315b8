// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/store_fixture.h"

enum {
    ROUNDS = 25,
    MAX_BATCH = 40,
};

/**
 * A batch: its records say which batch they are of and how many it has; each makes a row under an id from the store.
 */
static enum fault write_batch(struct store *store, uint64_t *seed)
{
    struct store_txn *txn = store_begin_write(store);
    uint64_t batch = store_next_id(txn, "batch"), size = 1 + random_below(seed, MAX_BATCH);
    uint8_t body[16];
    put_u64(body, batch);
    put_u64(body + 8, size);
    for (uint64_t i = 0; i < size; i++) {
        struct journal_header header = header_of("row.added", 1);
        uint64_t seq = journal_append(txn, &header, bytes_of(body, sizeof body));
        struct key key = key_of_id(store_next_id(txn, "row")), at = key_of_id(seq);
        store_append(txn, &rows_table, key_bytes(&key), key_bytes(&at));
        index_put(txn, &names_index, bytes_of(&seq, sizeof seq), key_bytes(&key));
        index_add(txn, &sums_index, bytes_of_text("rows"), 1);
    }
    return store_commit(txn);
}

/** Writes until it is killed, telling of each batch only when it is committed. */
static _Noreturn void write_until_killed(const struct fixture *fixture, int acknowledgements, uint64_t seed)
{
    struct store *store;
    if (store_open(&fixture->config, &store) != FAULT_NONE)
        _exit(1);
    while (write_batch(store, &seed) == FAULT_NONE) {
        uint64_t seq = store_seq(store);
        if (write(acknowledgements, &seq, sizeof seq) != sizeof seq)
            _exit(2);
    }
    _exit(3);
}

/** Lets a child write and kills it within some milliseconds; returns the last position it told of, or `last`. */
static uint64_t write_and_kill(const struct fixture *fixture, uint64_t *seed, uint64_t last)
{
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    uint64_t child_seed = next_random(seed), seq;
    pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        write_until_killed(fixture, pipe_ends[1], child_seed);
    }
    close(pipe_ends[1]);
    if (random_below(seed, 8) > 0) // else it is killed while opening
        assert_int_equal(read(pipe_ends[0], &seq, sizeof seq), sizeof seq);
    else
        seq = last;
    struct timespec pause = {.tv_nsec = (long)random_below(seed, 20000000)};
    nanosleep(&pause, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); // it did not end by itself
    uint64_t told;
    while (read(pipe_ends[0], &told, sizeof told) == sizeof told)
        seq = told;
    close(pipe_ends[0]);
    return seq;
}

/** Every record has its row, its index entries and its whole batch. */
static void assert_whole(struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    struct journal_cursor cursor;
    struct journal_record record;
    struct bytes value;
    uint64_t batch = 0, left = 0, seq = 0;
    journal_cursor_open(&cursor, txn, 0);
    while (journal_cursor_next(&cursor, &record)) {
        assert_int_equal(record.seq, ++seq);
        if (left == 0) {
            assert_int_equal(get_u64(record.body.data), ++batch);
            left = get_u64(record.body.data + 8);
        }
        assert_int_equal(get_u64(record.body.data), batch);
        left--;
        struct key key = key_of_id(seq); // ids and positions grow alike here
        assert_true(store_get(txn, &rows_table, key_bytes(&key), &value));
        assert_bytes(value, key_bytes(&key));
        assert_true(index_get_unique(txn, &names_index, bytes_of(&seq, sizeof seq), &value));
        assert_bytes(value, key_bytes(&key));
    }
    journal_cursor_close(&cursor);
    assert_int_equal(left, 0);
    assert_int_equal(seq, store_seq(store));
    assert_int_equal(store_count(txn, &rows_table), seq);
    assert_int_equal(index_get_sum(txn, &sums_index, bytes_of_text("rows")), seq);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    store_abort(txn);
    txn = store_begin_write(store);
    assert_int_equal(store_next_id(txn, "row"), seq + 1);
    assert_int_equal(store_next_id(txn, "batch"), batch + 1);
    store_abort(txn);
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 21, acknowledged = 0;
    for (int round = 0; round < ROUNDS; round++) {
        acknowledged = write_and_kill(fixture, &seed, acknowledged);
        fixture_open(fixture);
        assert_true(store_seq(fixture->store) >= acknowledged);
        struct journal_problem problem = verify_all(fixture->store);
        assert_int_equal(problem.seq, 0);
        assert_int_equal(problem.checked, store_seq(fixture->store));
        assert_whole(fixture->store);
        acknowledged = store_seq(fixture->store); // was read, so it must stay
        fixture_close(fixture);
    }
    assert_true(acknowledged > ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_acknowledged_survives_a_kill, setup_no_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
