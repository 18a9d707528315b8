// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/store/replog.h"
#include "tests/unit/store_raw.h"

enum { BATCH = 50 };

static const uint8_t value[1000];
static const uint64_t MIB = 1 << 20;

/** Writes BATCH rows after the first `count` ones. */
static enum fault grow(struct store *store, uint64_t count)
{
    struct store_txn *txn = store_begin_write(store);
    for (uint64_t id = count; id < count + BATCH; id++) {
        struct key key = key_of_id(id);
        store_append(txn, &rows_table, key_bytes(&key), bytes_of(value, sizeof value));
    }
    append_record(txn, "rows.added", "");
    return store_commit(txn);
}

static enum fault shrink(struct store *store, uint64_t first)
{
    struct store_txn *txn = store_begin_write(store);
    for (uint64_t id = first; id < first + BATCH; id++) {
        struct key key = key_of_id(id);
        store_delete(txn, &rows_table, key_bytes(&key));
    }
    return store_commit(txn);
}

static bool reads(struct store *store, uint64_t id)
{
    struct store_txn *txn = store_begin_read(store);
    struct key key = key_of_id(id);
    struct bytes found;
    bool there = store_get(txn, &rows_table, key_bytes(&key), &found) && found.len == sizeof value;
    store_abort(txn);
    return there;
}

static void full_quota_refuses_and_recovers(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.quota_bytes = MIB;
    fixture_open(fixture);
    for (int round = 0; round < 3; round++) {
        struct store_txn *counting = store_begin_read(fixture->store);
        uint64_t first = 0, count = store_count(counting, &rows_table);
        struct store_cursor cursor;
        store_cursor_open(&cursor, counting, &rows_table);
        if (store_cursor_last(&cursor)) {
            first = get_u64(cursor.key.data) + 1 - count;
            count += first;
        }
        store_cursor_close(&cursor);
        store_abort(counting);
        while (store_has_room(fixture->store) == FAULT_NONE) {
            assert_int_equal(grow(fixture->store, count), FAULT_NONE);
            count += BATCH;
            assert_true((count - first) * sizeof value < 2 * MIB);
        }
        assert_int_equal(store_has_room(fixture->store), FAULT_STORAGE_FULL);
        struct store_usage usage = store_usage(fixture->store);
        assert_true(usage.used_bytes > usage.quota_bytes && usage.used_bytes < usage.quota_bytes + MIB / 4);
        assert_true(usage.file_bytes >= usage.used_bytes);
        assert_true(reads(fixture->store, count - 1));
        for (int batch = 0; batch < 6; batch++, first += BATCH)
            assert_int_equal(shrink(fixture->store, first), FAULT_NONE);
        assert_int_equal(store_has_room(fixture->store), FAULT_NONE); // the file is as long as before
        assert_int_equal(grow(fixture->store, count), FAULT_NONE);
    }
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

static void full_map_refuses_and_recovers(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.map_bytes = MIB / 2;
    fixture_open(fixture);
    uint64_t count = 0;
    enum fault fault = FAULT_NONE;
    for (; !fault; count += BATCH)
        fault = grow(fixture->store, count);
    count -= BATCH;
    assert_int_equal(fault, FAULT_STORAGE_FULL);
    assert_true(count > 100);
    assert_true(reads(fixture->store, count - 1));
    assert_false(reads(fixture->store, count));
    assert_int_equal(shrink(fixture->store, 0), FAULT_NONE);
    for (uint64_t first = BATCH; first < (uint64_t)3 * BATCH; first += BATCH)
        assert_int_equal(shrink(fixture->store, first), FAULT_NONE);
    assert_int_equal(grow(fixture->store, count), FAULT_NONE);
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

/** A file system of 2 MiB under the store. False, and said why, where that needs rights this process has not. */
static bool mount_small(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
    if (mount("tmpfs", path, "tmpfs", 0, "size=2m") == 0)
        return true;
    print_message("a small file system cannot be mounted (%s): needs root with CAP_SYS_ADMIN\n", strerror(errno));
    return false;
}

static int teardown_small_disk(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    umount(fixture->path); // where it was mounted
    return teardown_store(state);
}

static void full_disk_refuses_and_recovers(void **state)
{
    struct fixture *fixture = *state;
    if (!mount_small(fixture->path))
        skip();
    fixture_open(fixture);
    uint64_t count = 0, seq = 0;
    enum fault fault = FAULT_NONE;
    for (; !fault; count += BATCH) {
        seq = store_seq(fixture->store);
        fault = grow(fixture->store, count);
    }
    count -= BATCH;
    assert_int_equal(fault, FAULT_STORAGE_FULL);
    assert_true(count > 500);
    assert_int_equal(store_seq(fixture->store), seq);
    fixture->now_ms += 200;
    assert_int_equal(store_has_room(fixture->store), FAULT_STORAGE_FULL);
    assert_true(reads(fixture->store, count - 1));
    assert_false(reads(fixture->store, count));
    for (uint64_t first = 0; first < (uint64_t)10 * BATCH; first += BATCH)
        assert_int_equal(shrink(fixture->store, first), FAULT_NONE);
    assert_int_equal(grow(fixture->store, count), FAULT_NONE); // into the pages that were freed
    assert_true(reads(fixture->store, count));
    fixture_reopen(fixture);
    assert_int_equal(store_seq(fixture->store), seq + 1);
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

static void free_space_is_read_ten_times_a_second(void **state)
{
    struct fixture *fixture = *state;
    if (!mount_small(fixture->path))
        skip();
    fixture->config.min_free_bytes = MIB;
    fixture_open(fixture);
    assert_int_equal(store_has_room(fixture->store), FAULT_NONE);
    char path[128];
    snprintf(path, sizeof path, "%s/ballast", fixture->path);
    FILE *ballast = fopen(path, "w");
    assert_non_null(ballast);
    for (int i = 0; i < 1200; i++)
        assert_int_equal(fwrite(value, sizeof value, 1, ballast), 1);
    assert_int_equal(fclose(ballast), 0);
    fixture->now_ms += 99;
    assert_int_equal(store_has_room(fixture->store), FAULT_NONE);
    fixture->now_ms += 1;
    assert_int_equal(store_has_room(fixture->store), FAULT_STORAGE_FULL);
    assert_int_equal(unlink(path), 0);
    fixture->now_ms += 100;
    assert_int_equal(store_has_room(fixture->store), FAULT_NONE);
}

/** Lets files grow `bytes` past what the store's has: a write beyond is cut short, which LMDB calls EIO. */
static void limit_file(const struct store *store, rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes ? store_usage(store).file_bytes + bytes : limit.rlim_max;
    signal(SIGXFSZ, bytes ? SIG_IGN : SIG_DFL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void failed_write_with_room_left_closes_the_store_for_writing(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.writes_ahead = false; // or the batch finds its bytes there
    fixture_open(fixture);
    assert_int_equal(grow(fixture->store, 0), FAULT_NONE);
    limit_file(fixture->store, 10000);
    assert_int_equal(grow(fixture->store, BATCH), FAULT_IO);
    limit_file(fixture->store, 0);
    assert_true(reads(fixture->store, 0));
    assert_int_equal(grow(fixture->store, BATCH), FAULT_IO);
    assert_int_equal(store_seq(fixture->store), 1);
    fixture_reopen(fixture);
    assert_int_equal(grow(fixture->store, BATCH), FAULT_NONE);
    assert_int_equal(verify_all(fixture->store).seq, 0);
}

static enum fault take(struct replog *self, const struct store *store, const struct write_set *set)
{
    (void)self;
    (void)store;
    (void)set;
    return FAULT_NONE;
}

/** The log has taken the batch and the disk has not: going on would give its positions out again. */
static void full_disk_after_the_log_closes_the_store_for_writing(void **state)
{
    struct fixture *fixture = *state;
    static struct replog log = {.wants_write_sets = true, .append = take};
    if (!mount_small(fixture->path))
        skip();
    fixture->config.replog = &log;
    fixture_open(fixture);
    uint64_t count = 0;
    enum fault fault = FAULT_NONE;
    for (; !fault; count += BATCH)
        fault = grow(fixture->store, count);
    assert_int_equal(fault, FAULT_STORAGE_FULL);
    assert_int_equal(shrink(fixture->store, 0), FAULT_IO);
    assert_true(reads(fixture->store, 0));
    fixture_reopen(fixture);
    assert_int_equal(shrink(fixture->store, 0), FAULT_NONE);
}

static void readers_are_counted(void **state)
{
    struct fixture *fixture = *state;
    append_records(fixture->store, 1);
    assert_int_equal(store_usage(fixture->store).readers, 0);
    struct store_txn *older = store_begin_read(fixture->store);
    assert_int_equal(store_usage(fixture->store).reader_lag, 0);
    append_records(fixture->store, 1);
    append_records(fixture->store, 1);
    struct store_txn *newer = store_begin_read(fixture->store);
    append_records(fixture->store, 1);
    assert_int_equal(store_usage(fixture->store).readers, 2);
    assert_int_equal(store_usage(fixture->store).reader_lag, 3);
    store_abort(older);
    assert_int_equal(store_usage(fixture->store).readers, 1);
    assert_int_equal(store_usage(fixture->store).reader_lag, 1);
    store_abort(newer);
    assert_int_equal(store_usage(fixture->store).readers, 0);
    assert_int_equal(store_usage(fixture->store).reader_lag, 0);
    assert_int_equal(store_clean_readers(fixture->store), 0);
}

/** Another program, as mdb_dump would be, that has begun to read. */
static pid_t start_reader(const struct fixture *fixture)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        MDB_txn *txn;
        if (mdb_txn_begin(raw_open(fixture->path, MDB_RDONLY), NULL, MDB_RDONLY, &txn) != 0)
            _exit(1);
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void kill_reader(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void dead_readers_are_cleaned(void **state)
{
    struct fixture *fixture = *state;
    append_records(fixture->store, 1);
    kill_reader(start_reader(fixture));
    append_records(fixture->store, 1);
    assert_int_equal(store_usage(fixture->store).readers, 1);
    assert_int_equal(store_clean_readers(fixture->store), 1);
    assert_int_equal(store_usage(fixture->store).readers, 0);
    assert_int_equal(store_clean_readers(fixture->store), 0);
}

/** Pages that another program still reads are not free: rows that come and go make the file grow, and the quota bounds that. */
static void the_quota_bounds_what_a_reader_keeps(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.quota_bytes = MIB;
    fixture_open(fixture);
    append_records(fixture->store, 1);
    pid_t child = start_reader(fixture);
    uint64_t count = 0;
    for (; store_has_room(fixture->store) == FAULT_NONE; count += BATCH) {
        assert_true(count < 100 * BATCH);
        assert_int_equal(grow(fixture->store, count), FAULT_NONE);
        assert_int_equal(shrink(fixture->store, count), FAULT_NONE);
    }
    assert_true(store_usage(fixture->store).file_bytes < MIB + MIB / 4);
    struct store_readers readers = store_readers(fixture->store);
    assert_true(readers.has_others && readers.count == 1 && readers.others_oldest_txn == readers.oldest_txn);
    assert_true(readers.lag >= count / BATCH);
    kill_reader(child);
    assert_int_equal(store_clean_readers(fixture->store), 1);
    assert_false(store_readers(fixture->store).has_others);
    fixture->now_ms += 100;
    assert_int_equal(store_has_room(fixture->store), FAULT_NONE); // though nothing was committed since
    assert_int_equal(grow(fixture->store, count), FAULT_NONE);
}

static uint64_t length_of_file(const struct fixture *fixture)
{
    char path[sizeof fixture->path + sizeof "/data.mdb"];
    struct stat file;
    snprintf(path, sizeof path, "%s/data.mdb", fixture->path);
    assert_int_equal(stat(path, &file), 0);
    return (uint64_t)file.st_size;
}

/** Batches of very different sizes, after each of which the file is as long as the next may want, and never beyond the quota. */
static void the_file_is_written_ahead_within_the_quota(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t large[100000];
    const int sizes[] = {10, 10, 110, 10};
    uint64_t id = 0, used = 0;
    fixture->config.quota_bytes = 20 * MIB;
    fixture_open(fixture);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++, fixture->now_ms += 1000) {
        struct store_txn *txn = store_begin_write(fixture->store);
        if (length_of_file(fixture) < 20 * MIB)
            assert_true(length_of_file(fixture) > used + MIB / 8);
        for (int j = 0; j < sizes[i]; j++) {
            struct key key = key_of_id(++id);
            store_append(txn, &rows_table, key_bytes(&key), bytes_of(large, sizeof large));
        }
        assert_int_equal(store_commit(txn), FAULT_NONE);
        used = store_usage(fixture->store).used_bytes;
        assert_true(used < 20 * MIB && length_of_file(fixture) <= 20 * MIB);
    }
    assert_true(used > 13 * MIB);
}

static void more_readers_than_slots_is_a_fault_of_one(void **state)
{
    struct fixture *fixture = *state;
    enum { MANY = 400 };
    static struct store_txn *readers[MANY];
    int refused = 0;
    for (int i = 0; i < MANY; i++) {
        readers[i] = store_begin_read(fixture->store);
        refused += store_txn_fault(readers[i]) == FAULT_MEMORY;
    }
    assert_int_equal(refused, MANY - 254);
    for (int i = 0; i < MANY; i++)
        store_abort(readers[i]);
    struct store_txn *txn = store_begin_read(fixture->store);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_quota_refuses_and_recovers, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(full_map_refuses_and_recovers, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(full_disk_refuses_and_recovers, setup_no_store, teardown_small_disk),
        cmocka_unit_test_setup_teardown(free_space_is_read_ten_times_a_second, setup_no_store, teardown_small_disk),
        cmocka_unit_test_setup_teardown(failed_write_with_room_left_closes_the_store_for_writing, setup_no_store,
                                        teardown_store),
        cmocka_unit_test_setup_teardown(full_disk_after_the_log_closes_the_store_for_writing, setup_no_store,
                                        teardown_small_disk),
        cmocka_unit_test_setup_teardown(readers_are_counted, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(dead_readers_are_cleaned, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(the_quota_bounds_what_a_reader_keeps, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(the_file_is_written_ahead_within_the_quota, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(more_readers_than_slots_is_a_fault_of_one, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
