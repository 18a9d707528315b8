// SPDX-License-Identifier: Apache-2.0
/** Compaction: nothing that was deleted is left in any byte of the file, nothing else changes, and it may die at any moment. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "common/store/archive.h"
#include "common/store/backup.h"
#include "common/store/compact.h"
#include "tests/unit/store_fixture.h"

enum { ROWS = 3000, ROWS_A_BATCH = 50, ROUNDS = 25 };

static const struct index later_index = {{"later", 20}, INDEX_MAP, INDEX_DEFERRED};
static const struct index *const indexes[] = {&names_index, &sums_index, &later_index};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    assert_non_null(fixture);
    fixture_prepare(fixture);
    fixture->config.indexes = indexes;
    fixture->config.index_count = sizeof indexes / sizeof *indexes;
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

/** Rows, entries and records, every third of which is secret and is to go. */
static void fill(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_write(fixture->store);
    for (uint64_t i = 1; i <= ROWS; i++) {
        char text[64];
        bool secret = i % 3 == 0;
        snprintf(text, sizeof text, "%s-%d-%s", secret ? "SECRET" : "public", (int)i, "which takes some room");
        struct key key = key_of_id(i);
        store_append(txn, &rows_table, key_bytes(&key), bytes_of_text(text));
        index_put(txn, &names_index, bytes_of_text(text), key_bytes(&key));
        index_put(txn, &later_index, bytes_of_text(text), key_bytes(&key));
        index_add(txn, &sums_index, bytes_of_text("rows"), 1);
        append_record(txn, "row.added", text);
        if (i % ROWS_A_BATCH != 0)
            continue;
        assert_int_equal(store_commit(txn), FAULT_NONE);
        txn = store_begin_write(fixture->store);
    }
    store_abort(txn);
}

static void erase_secrets(struct fixture *fixture)
{
    struct store_txn *txn = store_begin_write(fixture->store);
    for (uint64_t i = 3; i <= ROWS; i += 3) {
        char text[64];
        snprintf(text, sizeof text, "SECRET-%d-which takes some room", (int)i);
        struct key key = key_of_id(i);
        store_delete(txn, &rows_table, key_bytes(&key));
        index_delete(txn, &names_index, bytes_of_text(text));
        index_delete(txn, &later_index, bytes_of_text(text));
        assert_int_equal(journal_erase(txn, i), FAULT_NONE);
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

/** How often the bytes stand in the file, whatever page they are on. */
static size_t count_in_file(const struct fixture *fixture, const char *needle)
{
    char path[128];
    snprintf(path, sizeof path, "%s/data.mdb", fixture->path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    uint8_t *content = malloc((size_t)size);
    rewind(file);
    assert_int_equal(fread(content, 1, (size_t)size, file), size);
    fclose(file);
    size_t count = 0;
    for (const uint8_t *at = content; (at = memmem(at, (size_t)(content + size - at), needle, strlen(needle))) != NULL;
         at++)
        count++;
    free(content);
    return count;
}

static void assert_all_there(struct fixture *fixture)
{
    struct journal_problem problem = verify_all(fixture->store);
    assert_null(problem.what);
    assert_int_equal(problem.checked, ROWS);
    struct store_txn *txn = store_begin_read(fixture->store);
    assert_int_equal(store_count(txn, &rows_table), ROWS - ROWS / 3);
    assert_int_equal(index_get_sum(txn, &sums_index, bytes_of_text("rows")), ROWS);
    for (uint64_t i = 1; i <= ROWS; i++) {
        char text[64];
        struct key key = key_of_id(i);
        struct bytes value;
        bool secret = i % 3 == 0;
        snprintf(text, sizeof text, "%s-%d-%s", secret ? "SECRET" : "public", (int)i, "which takes some room");
        assert_int_equal(store_get(txn, &rows_table, key_bytes(&key), &value), !secret);
        assert_int_equal(index_get_unique(txn, &names_index, bytes_of_text(text), &value), !secret);
        assert_int_equal(index_get_unique(txn, &later_index, bytes_of_text(text), &value), !secret);
    }
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    store_abort(txn);
}

static enum fault compact(struct fixture *fixture, struct store_compaction *out_done)
{
    return store_compact(&fixture->config, NULL, out_done);
}

static void nothing_is_left_and_nothing_else_changes(void **state)
{
    struct fixture *fixture = *state;
    struct store_compaction done;
    fill(fixture);
    erase_secrets(fixture);
    struct store_identity before = store_identity(fixture->store);
    assert_int_equal(compact(fixture, &done), FAULT_IN_USE);
    fixture_close(fixture);
    assert_true(count_in_file(fixture, "SECRET") > 0); // or this test shows nothing
    assert_int_equal(compact(fixture, &done), FAULT_NONE);
    assert_int_equal(count_in_file(fixture, "SECRET"), 0);
    assert_true(count_in_file(fixture, "public") >= 4 * (ROWS - ROWS / 3));
    assert_true(done.bytes_after < done.bytes_before && done.rows > ROWS);
    fixture_open(fixture);
    struct store_identity after = store_identity(fixture->store);
    assert_memory_equal(before.id, after.id, sizeof before.id);
    assert_int_equal(before.epoch, after.epoch);
    assert_int_equal(store_seq(fixture->store), ROWS);
    assert_all_there(fixture);
    struct store_txn *txn = store_begin_write(fixture->store); // it goes on from here
    assert_int_equal(append_record(txn, "row.added", "public"), ROWS + 1);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_null(verify_all(fixture->store).what);
}

/** A copy by LMDB itself keeps what stands between the rows of a page: why this is not what is done. */
static void a_copy_of_pages_would_not_do(void **state)
{
    struct fixture *fixture = *state;
    char directory[128];
    fill(fixture);
    erase_secrets(fixture);
    snprintf(directory, sizeof directory, "%s/copy", fixture->directory);
    assert_int_equal(store_backup(fixture->store, directory), FAULT_NONE);
    struct fixture copy = *fixture;
    snprintf(copy.path, sizeof copy.path, "%.64s/copy", fixture->directory);
    assert_true(count_in_file(&copy, "SECRET") > 0);
    fixture_close(fixture);
    struct store_compaction done;
    assert_int_equal(compact(fixture, &done), FAULT_NONE);
    fixture_open(fixture);
    snprintf(directory, sizeof directory, "%s/after", fixture->directory);
    assert_int_equal(store_backup(fixture->store, directory), FAULT_NONE);
    snprintf(copy.path, sizeof copy.path, "%.64s/after", fixture->directory);
    assert_int_equal(count_in_file(&copy, "SECRET"), 0);
}

/** Killed at some moment of it, and opened: always whole, and what was being made is gone. */
static void it_may_die_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 5;
    size_t finished = 0;
    fill(fixture);
    erase_secrets(fixture);
    fixture_close(fixture);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child = fork();
        if (child == 0) {
            struct store_compaction done;
            _exit(compact(fixture, &done) == FAULT_NONE ? 0 : 1);
        }
        struct timespec pause = {.tv_nsec = (long)random_below(&seed, 60000000)};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        finished += WIFEXITED(status);
        fixture_open(fixture);
        assert_all_there(fixture);
        char leftover[160];
        snprintf(leftover, sizeof leftover, "%s/data.mdb.compacting", fixture->path);
        assert_int_not_equal(access(leftover, F_OK), 0);
        fixture_close(fixture);
    }
    printf("%zu of %d compactions came to their end\n", finished, ROUNDS);
}

static void without_room_it_stays_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct store_compaction done;
    fill(fixture);
    erase_secrets(fixture);
    fixture_close(fixture);
    struct store_config config = fixture->config;
    config.min_free_bytes = (uint64_t)1 << 60;
    assert_int_equal(store_compact(&config, NULL, &done), FAULT_STORAGE_FULL);
    fixture_open(fixture);
    assert_all_there(fixture);
}

/** The store goes on in its archive where it was. */
static void an_archive_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct archive *archive = NULL;
    struct store_compaction done;
    char path[128];
    fixture_close(fixture);
    snprintf(path, sizeof path, "%s/archive", fixture->directory);
    assert_int_equal(archive_open(path, &archive), FAULT_NONE);
    fixture->config.replog = archive_replog(archive);
    fixture_open(fixture);
    append_records(fixture->store, 3);
    fixture_close(fixture);
    assert_int_equal(compact(fixture, &done), FAULT_NONE);
    fixture_open(fixture);
    append_records(fixture->store, 3);
    assert_int_equal(store_seq(fixture->store), 6);
    fixture_close(fixture);
    archive_close(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_left_and_nothing_else_changes, set_up, teardown_store),
        cmocka_unit_test_setup_teardown(a_copy_of_pages_would_not_do, set_up, teardown_store),
        cmocka_unit_test_setup_teardown(it_may_die_at_any_moment, set_up, teardown_store),
        cmocka_unit_test_setup_teardown(without_room_it_stays_as_it_is, set_up, teardown_store),
        cmocka_unit_test_setup_teardown(an_archive_goes_on, set_up, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
