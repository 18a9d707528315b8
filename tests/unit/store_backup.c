// SPDX-License-Identifier: Apache-2.0
#include "common/store/backup.h"

#include <dirent.h>
#include <sys/stat.h>

#include "tests/unit/store_raw.h"

static const uint64_t LIFT = (uint64_t)1 << 24;

struct places {
    char backup[96];
    char restored[96];
    char backup_file[128];
};

static struct places places_of(const struct fixture *fixture)
{
    struct places places;
    snprintf(places.backup, sizeof places.backup, "%s/backup", fixture->directory);
    snprintf(places.restored, sizeof places.restored, "%s/restored", fixture->directory);
    snprintf(places.backup_file, sizeof places.backup_file, "%s/backup/data.mdb", fixture->directory);
    return places;
}

static int entries(const char *directory)
{
    DIR *opened = opendir(directory);
    if (!opened)
        return -1;
    int count = 0;
    while (readdir(opened))
        count++;
    closedir(opened);
    return count - 2;
}

/** Rows, records, ids and an erasure. */
static void fill(struct store *store)
{
    append_records(store, 20);
    struct store_txn *txn = store_begin_write(store);
    for (uint64_t id = 0; id < 300; id++) {
        struct key key = key_of_id(store_next_id(txn, "person"));
        store_append(txn, &rows_table, key_bytes(&key), key_bytes(&key));
    }
    assert_int_equal(journal_erase(txn, 7), FAULT_NONE);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void restored_store_is_the_same_one_epoch_later(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct journal_problem problem = {.seq = 99};
    fill(fixture->store);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    append_records(fixture->store, 5); // after the backup
    struct store_identity original = store_identity(fixture->store);
    uint8_t secret[32];
    memcpy(secret, store_secret(fixture->store).data, sizeof secret);
    fixture_close(fixture);
    assert_int_equal(entries(places.backup), 1);
    fixture->config.path = places.restored;
    assert_int_equal(store_restore(places.backup, &fixture->config, &problem), FAULT_NONE);
    assert_int_equal(problem.seq, 99);
    fixture_open(fixture);
    struct store_identity restored = store_identity(fixture->store);
    assert_memory_equal(restored.id, original.id, STORE_ID_BYTES);
    assert_memory_equal(store_secret(fixture->store).data, secret, sizeof secret);
    assert_int_equal(restored.epoch, original.epoch + 1);
    assert_int_equal(store_seq(fixture->store), 20);
    struct store_txn *txn = store_begin_write(fixture->store);
    assert_int_equal(store_count(txn, &rows_table), 300);
    assert_int_equal(store_next_id(txn, "person"), 300 + LIFT + 1);
    assert_int_equal(store_next_id(txn, "first used after the backup"), LIFT + 1);
    store_abort(txn);
    append_records(fixture->store, 1);
    assert_int_equal(verify_all(fixture->store).checked, 21);
    assert_int_equal(verify_all(fixture->store).seq, 0);
    fixture_close(fixture);
    char again[112];
    snprintf(again, sizeof again, "%s-again", places.restored);
    fixture->config.path = again;
    assert_int_equal(store_restore(places.backup, &fixture->config, &problem), FAULT_NONE); // as good as new
}

static void backup_is_a_snapshot_beside_a_writer(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct journal_problem problem;
    fill(fixture->store);
    struct store_txn *txn = store_begin_write(fixture->store);
    append_record(txn, "person.changed", "not committed yet");
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    struct store_config config = fixture->config;
    struct store *restored;
    config.path = places.restored;
    assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_NONE);
    assert_int_equal(store_open(&config, &restored), FAULT_NONE);
    assert_int_equal(store_seq(restored), 20);
    store_close(restored);
}

static void backup_is_compact(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    static const uint8_t value[3000];
    struct stat status;
    for (int round = 0; round < 2; round++) {
        struct store_txn *txn = store_begin_write(fixture->store);
        for (uint64_t id = 0; id < 500; id++) {
            struct key key = key_of_id(id);
            if (round == 0)
                store_append(txn, &rows_table, key_bytes(&key), bytes_of(value, sizeof value));
            else
                store_delete(txn, &rows_table, key_bytes(&key));
        }
        assert_int_equal(store_commit(txn), FAULT_NONE);
    }
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    assert_int_equal(stat(places.backup_file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true((uint64_t)status.st_size * 4 < store_usage(fixture->store).file_bytes);
}

static void nothing_is_overwritten(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct journal_problem problem;
    char missing[128];
    fill(fixture->store);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_IN_USE);
    snprintf(missing, sizeof missing, "%s/missing/backup", fixture->directory);
    assert_int_equal(store_backup(fixture->store, missing), FAULT_IO);
    assert_int_equal(store_restore(places.backup, &fixture->config, &problem), FAULT_IN_USE); // open
    fixture_close(fixture);
    assert_int_equal(store_restore(places.backup, &fixture->config, &problem), FAULT_IN_USE); // closed
    assert_int_equal(entries(fixture->directory), 2);                                         // store, backup
    fixture_open(fixture);
    assert_int_equal(store_identity(fixture->store).epoch, 1);
}

static size_t flip_body(uint8_t *value, size_t len, const void *context)
{
    (void)context;
    value[len - 1] ^= 1;
    return len;
}

static void damaged_backup_leaves_nothing_behind(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct journal_problem problem = {0};
    struct key key = key_of_id(9);
    fill(fixture->store);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    raw_edit(places.backup, "journal", key_bytes(&key), flip_body, NULL);
    struct store_config config = fixture->config;
    config.path = places.restored;
    assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_CORRUPT);
    assert_int_equal(problem.seq, 9);
    assert_string_equal(problem.what, "record is damaged");
    assert_int_equal(entries(places.restored), -1);
    raw_edit(places.backup, "journal", key_bytes(&key), flip_body, NULL);
    key = key_of_id(20); // the last one too is named
    raw_edit(places.backup, "journal", key_bytes(&key), flip_body, NULL);
    assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_CORRUPT);
    assert_int_equal(problem.seq, 20);
}

static void cut_backup_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct stat status;
    fill(fixture->store);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    assert_int_equal(stat(places.backup_file, &status), 0);
    struct store_config config = fixture->config;
    config.path = places.restored;
    for (off_t size = status.st_size - 1; size >= 0; size = size > 4096 ? size - 4096 : size - 1000) {
        struct journal_problem problem = {.seq = 5};
        assert_int_equal(truncate(places.backup_file, size), 0);
        assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_CORRUPT);
        assert_int_equal(problem.seq, 0);
        assert_non_null(problem.what);
        assert_int_equal(entries(places.restored), -1);
    }
    assert_int_equal(truncate(places.backup_file, 0), 0);
    struct journal_problem problem = {0};
    assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_CORRUPT);
    assert_int_equal(unlink(places.backup_file), 0);
    assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_CORRUPT);
    assert_string_equal(problem.what, "no backup is there");
}

static void restore_that_was_cut_off_can_be_done_again(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct journal_problem problem;
    char leftover[160];
    fill(fixture->store);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    assert_int_equal(mkdir(places.restored, 0700), 0);
    snprintf(leftover, sizeof leftover, "%s/restoring", places.restored);
    assert_int_equal(mkdir(leftover, 0700), 0);
    snprintf(leftover, sizeof leftover, "%s/restoring/data.mdb", places.restored);
    FILE *half = fopen(leftover, "w");
    assert_non_null(half);
    fputs("half", half);
    fclose(half);
    struct store_config config = fixture->config;
    struct store *restored;
    config.path = places.restored;
    assert_int_equal(store_restore(places.backup, &config, &problem), FAULT_NONE);
    assert_int_equal(store_open(&config, &restored), FAULT_NONE);
    store_close(restored);
}

static int migrated;

static void count_migration(struct store_txn *txn)
{
    migrated++;
    store_put(txn, &rows_table, bytes_of_text("migrated"), bytes_of_text("yes"));
}

static void older_backup_is_migrated_when_opened(void **state)
{
    struct fixture *fixture = *state;
    struct places places = places_of(fixture);
    struct journal_problem problem;
    static const struct store_migration migrations[] = {{1, count_migration, "counts"}};
    fill(fixture->store);
    assert_int_equal(store_backup(fixture->store, places.backup), FAULT_NONE);
    fixture_close(fixture);
    fixture->config.path = places.restored;
    fixture->config.schema_version = 2;
    fixture->config.migrations = migrations;
    fixture->config.migration_count = 1;
    migrated = 0;
    assert_int_equal(store_restore(places.backup, &fixture->config, &problem), FAULT_NONE);
    assert_int_equal(migrated, 0);
    fixture_open(fixture);
    assert_int_equal(migrated, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(restored_store_is_the_same_one_epoch_later, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(backup_is_a_snapshot_beside_a_writer, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(backup_is_compact, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(nothing_is_overwritten, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(damaged_backup_leaves_nothing_behind, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(cut_backup_is_refused, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(restore_that_was_cut_off_can_be_done_again, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(older_backup_is_migrated_when_opened, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
