// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/store_fixture.h"

static void identity_stays(void **state)
{
    struct fixture *fixture = *state;
    struct store_identity first = store_identity(fixture->store);
    uint8_t secret[32];
    assert_int_equal(store_secret(fixture->store).len, sizeof secret);
    memcpy(secret, store_secret(fixture->store).data, sizeof secret);
    assert_int_equal(first.epoch, 1);
    assert_string_equal(store_name(fixture->store), "person");
    fixture_reopen(fixture);
    struct store_identity second = store_identity(fixture->store);
    assert_memory_equal(first.id, second.id, STORE_ID_BYTES);
    assert_int_equal(second.epoch, 1);
    assert_memory_equal(secret, store_secret(fixture->store).data, sizeof secret);
}

static void only_the_owner_may_enter(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    char file[128];
    snprintf(file, sizeof file, "%s/data.mdb", fixture->path);
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 0077, 0);
}

static void same_process_opens_once(void **state)
{
    struct fixture *fixture = *state;
    struct store *second = NULL;
    assert_int_equal(store_open(&fixture->config, &second), FAULT_IN_USE);
    char detour[160];
    struct store_config config = fixture->config;
    snprintf(detour, sizeof detour, "%s/../store", fixture->path);
    config.path = detour;
    assert_int_equal(store_open(&config, &second), FAULT_IN_USE);
    assert_null(second);
    put_row(fixture->store, &rows_table, "a", "1"); // the first one is unhurt
    fixture_reopen(fixture);
}

static int exit_code_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/** The child exists before the store is opened, so that it inherits nothing of it. */
static void other_process_opens_not(void **state)
{
    struct fixture *fixture = *state;
    int go[2];
    char byte = 0;
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        if (read(go[0], &byte, 1) != 1)
            _exit(99);
        _exit((int)store_open(&fixture->config, &store));
    }
    fixture_open(fixture);
    assert_int_equal(write(go[1], &byte, 1), 1);
    assert_int_equal(exit_code_of(child), FAULT_IN_USE);
    close(go[0]);
    close(go[1]);
    put_row(fixture->store, &rows_table, "a", "1");
}

static int use_after_fork(struct fixture *fixture, struct store_txn *inherited)
{
    struct store_txn *reading = store_begin_read(fixture->store);
    struct store_txn *writing = store_begin_write(fixture->store);
    struct bytes value;
    struct store *again;
    bool refused = store_txn_fault(reading) == FAULT_IN_USE && store_txn_fault(writing) == FAULT_IN_USE;
    refused = refused && !store_get(reading, &rows_table, bytes_of_text("a"), &value);
    store_put(writing, &rows_table, bytes_of_text("a"), bytes_of_text("child's"));
    refused = refused && store_commit(writing) == FAULT_IN_USE;
    refused = refused && store_open(&fixture->config, &again) == FAULT_IN_USE;
    store_abort(reading);
    store_abort(inherited);
    store_close(fixture->store);
    return refused ? 0 : 1;
}

static void forked_child_is_refused_and_harms_nothing(void **state)
{
    struct fixture *fixture = *state;
    put_row(fixture->store, &rows_table, "a", "1");
    struct store_txn *snapshot = store_begin_read(fixture->store);
    pid_t child = fork();
    if (child == 0)
        _exit(use_after_fork(fixture, snapshot));
    assert_int_equal(exit_code_of(child), 0);
    put_row(fixture->store, &rows_table, "a", "2");
    struct bytes value;
    assert_true(store_get(snapshot, &rows_table, bytes_of_text("a"), &value));
    assert_bytes(value, bytes_of_text("1"));
    assert_int_equal(store_usage(fixture->store).readers, 1);
    store_abort(snapshot);
    struct store *second;
    assert_int_equal(store_open(&fixture->config, &second), FAULT_IN_USE);
}

static int runs[2];
static bool second_fails;

static void first_migration(struct store_txn *txn)
{
    runs[0]++;
    store_put(txn, &rows_table, bytes_of_text("first"), bytes_of_text("done"));
}

static void second_migration(struct store_txn *txn)
{
    runs[1]++;
    struct bytes value;
    assert_true(store_get(txn, &rows_table, bytes_of_text("first"), &value));
    store_put(txn, &rows_table, bytes_of_text("second"), bytes_of_text("done"));
    append_record(txn, "store.migrated", "");
    if (second_fails)
        store_txn_fail(txn, FAULT_STORAGE_FULL);
}

static const struct store_migration migrations[] = {
    {1, first_migration, "rows say first"},
    {2, second_migration, "rows say second"},
};

static void migrations_run_once_each(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    runs[0] = runs[1] = 0;
    append_records(fixture->store, 1);
    fixture_close(fixture);
    fixture->config.schema_version = 3;
    fixture->config.migrations = migrations;
    fixture->config.migration_count = 2;
    second_fails = true;
    assert_int_equal(store_open(&fixture->config, &store), FAULT_STORAGE_FULL);
    assert_int_equal(runs[0], 1);
    assert_int_equal(runs[1], 1);
    second_fails = false;
    fixture_open(fixture); // goes on with the second
    assert_int_equal(runs[0], 1);
    assert_int_equal(runs[1], 2);
    assert_true(has_row(fixture->store, &rows_table, "second", "done"));
    assert_int_equal(store_seq(fixture->store), 2);
    fixture_reopen(fixture);
    assert_int_equal(runs[0], 1);
    assert_int_equal(runs[1], 2);
    assert_int_equal(verify_all(fixture->store).checked, 2);
}

static void new_store_needs_no_migration(void **state)
{
    struct fixture *fixture = *state;
    runs[0] = runs[1] = 0;
    fixture->config.schema_version = 3;
    fixture->config.migrations = migrations;
    fixture->config.migration_count = 2;
    fixture_open(fixture);
    assert_int_equal(runs[0] + runs[1], 0);
}

static void other_versions_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    fixture->config.schema_version = 2;
    fixture_open(fixture);
    put_row(fixture->store, &rows_table, "a", "1");
    fixture_close(fixture);
    fixture->config.schema_version = 1; // an older program
    assert_int_equal(store_open(&fixture->config, &store), FAULT_VERSION);
    fixture->config.schema_version = 4; // a program that has forgotten how to come from 2
    static const struct store_migration later[] = {{3, second_migration, "from 3 only"}};
    fixture->config.migrations = later;
    fixture->config.migration_count = 1;
    assert_int_equal(store_open(&fixture->config, &store), FAULT_VERSION);
    fixture->config.schema_version = 2;
    fixture->config.migration_count = 0;
    fixture_open(fixture);
    assert_true(has_row(fixture->store, &rows_table, "a", "1"));
}

static void another_service_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    fixture_close(fixture);
    fixture->config.name = "activity";
    assert_int_equal(store_open(&fixture->config, &store), FAULT_CONFIG);
    fixture->config.name = "person";
    fixture_open(fixture);
}

static void tables_may_be_added(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.table_count = 1;
    fixture_open(fixture);
    put_row(fixture->store, &rows_table, "a", "1");
    fixture_close(fixture);
    fixture->config.table_count = 2;
    fixture_open(fixture);
    put_row(fixture->store, &notes_table, "a", "2");
    assert_true(has_row(fixture->store, &rows_table, "a", "1"));
}

static void file_that_is_no_store_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    char file[128];
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    snprintf(file, sizeof file, "%s/data.mdb", fixture->path);
    FILE *garbage = fopen(file, "w");
    assert_non_null(garbage);
    for (int i = 0; i < 20000; i++)
        fputc(i * 7, garbage);
    fclose(garbage);
    assert_int_equal(store_open(&fixture->config, &store), FAULT_CORRUPT);
}

static void path_that_cannot_be_made(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    fixture->config.path = "/proc/personkort/store";
    assert_int_equal(store_open(&fixture->config, &store), FAULT_IO);
    static char too_long[5000];
    memset(too_long, 'x', sizeof too_long - 1);
    fixture->config.path = too_long;
    assert_int_equal(store_open(&fixture->config, &store), FAULT_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(identity_stays, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(only_the_owner_may_enter, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(same_process_opens_once, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(other_process_opens_not, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(forked_child_is_refused_and_harms_nothing, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(migrations_run_once_each, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(new_store_needs_no_migration, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(other_versions_are_refused, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(another_service_is_refused, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(tables_may_be_added, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(file_that_is_no_store_is_corrupt, setup_no_store, teardown_store),
        cmocka_unit_test_setup_teardown(path_that_cannot_be_made, setup_no_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
