// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <stdatomic.h>

#include "common/store/backup.h"
#include "tests/unit/store_fixture.h"

enum {
    READERS = 3,
    BATCHES = 150,
    BATCH = 20,
    SMALL_BATCHES = 500,
    CROWD = 8,
};

/** Shared by the threads of a test; failures are counted, as cmocka's assertions belong to its own thread. */
struct shared {
    struct fixture *fixture;
    _Atomic bool done;
    _Atomic uint64_t failures;
    _Atomic uint64_t snapshots;
};

static void *write_batches(void *argument)
{
    struct shared *shared = argument;
    struct store *store = shared->fixture->store;
    for (int batch = 0; batch < BATCHES; batch++) {
        struct store_txn *txn = store_begin_write(store);
        for (int i = 0; i < BATCH; i++) {
            uint64_t seq = append_record(txn, "row.added", "a row");
            struct key key = key_of_id(seq);
            store_append(txn, &rows_table, key_bytes(&key), key_bytes(&key));
            index_add(txn, &sums_index, bytes_of_text("rows"), 1);
        }
        if (batch % 5 == 4)
            store_abort(txn);
        else if (store_commit(txn) != FAULT_NONE)
            shared->failures++;
        if (store_has_room(store) != FAULT_NONE)
            shared->failures++;
    }
    shared->done = true;
    return NULL;
}

/**
 * Whatever the writer does, one snapshot agrees with itself, and is not older than what was committed before it or seen
 * before it: what has been seen is synced, and does not go away again.
 */
static bool snapshot_agrees(struct store *store, uint64_t *last)
{
    uint64_t committed = store_seq(store);
    struct store_txn *txn = store_begin_read(store);
    uint64_t seq = store_txn_seq(txn);
    bool agrees = seq >= committed && seq >= *last && seq % BATCH == 0;
    agrees = agrees && store_count(txn, &rows_table) == seq;
    agrees = agrees && index_get_sum(txn, &sums_index, bytes_of_text("rows")) == (int64_t)seq;
    struct key key = key_of_id(seq);
    struct bytes value;
    agrees = agrees && (seq == 0 || store_get(txn, &rows_table, key_bytes(&key), &value));
    agrees = agrees && journal_last(txn).seq == seq && store_txn_fault(txn) == FAULT_NONE;
    *last = seq;
    store_abort(txn);
    return agrees;
}

static void *read_snapshots(void *argument)
{
    struct shared *shared = argument;
    uint64_t last = 0;
    for (uint64_t i = 0; !shared->done || i < 10; i++) {
        shared->failures += !snapshot_agrees(shared->fixture->store, &last);
        shared->snapshots++;
        if (i % 16 == 0)
            shared->failures += store_usage(shared->fixture->store).readers > READERS + 2;
        if (i % 64 == 0)
            store_clean_readers(shared->fixture->store);
    }
    return NULL;
}

static void *back_up(void *argument)
{
    struct shared *shared = argument;
    for (int i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/backup-%d", shared->fixture->directory, i);
        shared->failures += store_backup(shared->fixture->store, path) != FAULT_NONE;
    }
    return NULL;
}

static void readers_beside_a_writer(void **state)
{
    struct shared shared = {.fixture = *state};
    pthread_t threads[READERS + 2];
    size_t count = 0;
    for (; count < READERS; count++)
        assert_int_equal(pthread_create(&threads[count], NULL, read_snapshots, &shared), 0);
    assert_int_equal(pthread_create(&threads[count++], NULL, back_up, &shared), 0);
    assert_int_equal(pthread_create(&threads[count++], NULL, write_batches, &shared), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.failures, 0);
    assert_true(shared.snapshots >= (uint64_t)READERS * 10);
    assert_int_equal(store_seq(shared.fixture->store), BATCHES / 5 * 4 * BATCH);
    assert_int_equal(verify_all(shared.fixture->store).seq, 0);
    assert_int_equal(store_usage(shared.fixture->store).readers, 0);
}

static void *write_small_batches(void *argument)
{
    struct shared *shared = argument;
    for (int i = 0; i < SMALL_BATCHES; i++) {
        struct store_txn *txn = store_begin_write(shared->fixture->store);
        append_record(txn, "row.added", "a row");
        shared->failures += store_commit(txn) != FAULT_NONE;
    }
    shared->done = true;
    return NULL;
}

static void *look_at_the_end(void *argument)
{
    struct shared *shared = argument;
    uint64_t last = 0;
    while (!shared->done) {
        struct store_txn *txn = store_begin_read(shared->fixture->store);
        uint64_t seq = store_txn_seq(txn);
        shared->failures += seq < last; // what was seen is gone: it was not synced
        last = seq;
        store_abort(txn);
    }
    return NULL;
}

/** Far more readers than processors, so that some are held up while they begin. */
static void what_was_seen_stays(void **state)
{
    struct shared shared = {.fixture = *state};
    pthread_t threads[CROWD + 1];
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_at_the_end, &shared), 0);
    assert_int_equal(pthread_create(&threads[CROWD], NULL, write_small_batches, &shared), 0);
    for (size_t i = 0; i <= CROWD; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.failures, 0);
    assert_int_equal(store_seq(shared.fixture->store), SMALL_BATCHES);
}

static void *add_hundred(void *argument)
{
    struct shared *shared = argument;
    for (int i = 0; i < 100; i++) {
        struct store_txn *txn = store_begin_write(shared->fixture->store);
        uint64_t id = store_next_id(txn, "row");
        struct key key = key_of_id(id);
        store_append(txn, &rows_table, key_bytes(&key), key_bytes(&key));
        shared->failures += append_record(txn, "row.added", "") != id;
        shared->failures += store_commit(txn) != FAULT_NONE;
    }
    return NULL;
}

static void writers_take_turns(void **state)
{
    struct shared shared = {.fixture = *state};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_hundred, &shared), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.failures, 0);
    assert_int_equal(store_seq(shared.fixture->store), 300);
}

/** A snapshot may be begun in one thread and ended in another. */
static void *end_snapshot(void *argument)
{
    store_abort(argument);
    return NULL;
}

static void snapshot_may_change_threads(void **state)
{
    struct fixture *fixture = *state;
    append_records(fixture->store, 1);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        struct store_txn *txn = store_begin_read(fixture->store);
        assert_int_equal(pthread_create(&thread, NULL, end_snapshot, txn), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    assert_int_equal(store_usage(fixture->store).readers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readers_beside_a_writer, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(what_was_seen_stays, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(writers_take_turns, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(snapshot_may_change_threads, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
