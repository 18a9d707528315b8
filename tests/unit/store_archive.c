// SPDX-License-Identifier: Apache-2.0
/**
 * Archives: whatever moment is asked for, what is restored is what the store held then, or it is refused. Every test that
 * draws prints its seed; PERSONKORT_SEED=n tries others.
 */
#include "common/store/archive.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/base/crc32c.h"
#include "common/store/backup.h"
#include "common/store/following.h"
#include "tests/unit/store_raw.h"

static const struct index late_names = {{"late_names", 18}, INDEX_MAP, INDEX_DEFERRED};
static const struct index late_sums = {{"late_sums", 19}, INDEX_COUNTER, INDEX_DEFERRED};
static const struct index *const late_indexes[] = {&late_names, &late_sums};

enum { BATCHES = 90, BACKUP_AT = 30, PATH_BYTES = 400 };

/** What the store held after a batch. */
struct moment {
    int64_t time_ms;
    uint64_t seq;
    uint32_t content;
};

struct archived {
    struct fixture fixture;
    struct archive *archive;
    char archive_path[96];
    char backup[96];
    char restored[96];
    struct moment moments[BATCHES + 1];
    uint64_t seed;
};

static void open_archived(struct archived *archived)
{
    assert_int_equal(archive_open(archived->archive_path, &archived->archive), FAULT_NONE);
    archived->fixture.config.replog = archive_replog(archived->archive);
    fixture_open(&archived->fixture);
}

static void close_archived(struct archived *archived)
{
    fixture_close(&archived->fixture);
    archive_close(archived->archive);
    archived->archive = NULL;
    archived->fixture.config.replog = NULL;
}

static int setup(void **state)
{
    struct archived *archived = calloc(1, sizeof *archived);
    assert_non_null(archived);
    struct fixture *fixture = &archived->fixture;
    fixture_prepare(fixture);
    fixture->config.indexes = late_indexes;
    fixture->config.index_memory_entries = 40; // so that runs are merged all the time
    snprintf(archived->archive_path, sizeof archived->archive_path, "%s/archive", fixture->directory);
    snprintf(archived->backup, sizeof archived->backup, "%s/backup", fixture->directory);
    snprintf(archived->restored, sizeof archived->restored, "%s/restored", fixture->directory);
    const char *other = getenv("PERSONKORT_SEED");
    archived->seed = 5 + (other ? strtoull(other, NULL, 10) : 0);
    print_message("seed %" PRIu64 "\n", archived->seed);
    open_archived(archived);
    *state = archived;
    return 0;
}

static int teardown(void **state)
{
    struct archived *archived = *state;
    close_archived(archived);
    remove_tree(archived->fixture.directory);
    free(archived);
    return 0;
}

static void add(uint32_t *content, struct bytes part)
{
    uint32_t both[] = {*content, (uint32_t)part.len, part.len ? crc32c(part.data, part.len) : 0};
    *content = crc32c(both, sizeof both);
}

static void add_table(struct store_txn *txn, const struct store_table *table, uint32_t *content)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, table);
    for (bool more = store_cursor_first(&cursor); more; more = store_cursor_next(&cursor)) {
        add(content, cursor.key);
        add(content, cursor.value);
    }
    store_cursor_close(&cursor);
}

static void add_index(struct store_txn *txn, const struct index *index, uint32_t *content)
{
    const struct bytes whole = {NULL, 0};
    struct index_scan scan;
    index_scan_open(&scan, txn, index, whole, whole, false);
    while (index_scan_next(&scan)) {
        add(content, scan.key);
        add(content, index->kind == INDEX_MAP ? scan.value : bytes_of(&scan.sum, sizeof scan.sum));
    }
    index_scan_close(&scan);
}

/** A checksum of all that a service can see in its store, but what a restore changes. */
static uint32_t content_of(struct store *store)
{
    uint32_t content = 0;
    struct store_txn *txn = store_begin_read(store);
    add_table(txn, &rows_table, &content);
    add_index(txn, &late_names, &content);
    add_index(txn, &late_sums, &content);
    struct follow_position position = {.epoch = 0};
    follow_position_get(txn, "activity", &position);
    add(&content, bytes_of(&position, sizeof position));
    struct journal_cursor records;
    struct journal_record record;
    journal_cursor_open(&records, txn, 0);
    while (journal_cursor_next(&records, &record))
        add(&content, record.raw);
    journal_cursor_close(&records);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    store_abort(txn);
    return content;
}

static void write_something(struct store_txn *txn, uint64_t *seed)
{
    uint64_t number = random_below(seed, 60), seq = store_txn_seq(txn);
    struct key key = key_of_id(number), value = key_of_id(next_random(seed));
    struct follow_position position = {.epoch = 1, .at = {.seq = next_random(seed)}};
    switch (random_below(seed, 8)) {
    case 0:
        store_put(txn, &rows_table, key_bytes(&key), key_bytes(&value));
        break;
    case 1:
        store_delete(txn, &rows_table, key_bytes(&key));
        break;
    case 2:
        index_put(txn, &late_names, key_bytes(&key), key_bytes(&value));
        break;
    case 3:
        index_add(txn, &late_sums, key_bytes(&key), (int64_t)random_below(seed, 7) - 3);
        break;
    case 4:
        store_next_id(txn, "person");
        break;
    case 5:
        if (seq > 0)
            assert_int_equal(journal_erase(txn, 1 + random_below(seed, seq)), FAULT_NONE);
        break;
    case 6:
        follow_position_put(txn, "activity", &position);
        break;
    default:
        append_record(txn, "person.changed", "what changed");
        break;
    }
}

/** One batch; some have no record, some are aborted and leave nothing. */
static enum fault write_batch(struct archived *archived)
{
    archived->fixture.now_ms += 10;
    struct store_txn *txn = store_begin_write(archived->fixture.store);
    for (uint64_t i = 1 + random_below(&archived->seed, 12); i > 0; i--)
        write_something(txn, &archived->seed);
    if (random_below(&archived->seed, 6) == 0) {
        store_abort(txn);
        return FAULT_NONE;
    }
    return store_commit(txn);
}

static void note(struct archived *archived, int batch)
{
    archived->moments[batch] = (struct moment){archived->fixture.now_ms, store_seq(archived->fixture.store),
                                               content_of(archived->fixture.store)};
}

/** Batches, with a backup between them and the store reopened now and then. Closed in the end. */
static void write_history(struct archived *archived)
{
    for (int batch = 0; batch < BATCHES; batch++) {
        if (batch == BACKUP_AT)
            assert_int_equal(store_backup(archived->fixture.store, archived->backup), FAULT_NONE);
        assert_int_equal(write_batch(archived), FAULT_NONE);
        note(archived, batch);
        if (random_below(&archived->seed, 10) == 0) {
            close_archived(archived);
            open_archived(archived);
        }
    }
    close_archived(archived);
}

/** Restores by the limit; on success gives what it then holds. */
static enum fault restore(struct archived *archived, struct archive_limit limit, struct store_restored *out_restored,
                          struct journal_problem *out_problem, uint32_t *out_content)
{
    const struct store_restore_plan plan = {
        .directory = archived->backup, .archive = archived->archive_path, .limit = limit, .epoch_above = 7};
    struct store_config config = archived->fixture.config;
    config.path = archived->restored;
    config.replog = NULL;
    enum fault fault = store_restore_by(&plan, &config, out_restored, out_problem);
    if (fault)
        return fault;
    struct store *store;
    assert_int_equal(store_open(&config, &store), FAULT_NONE);
    assert_int_equal(verify_all(store).seq, 0);
    assert_int_equal(store_identity(store).epoch, 8);
    assert_int_equal(out_restored->epoch, 8);
    assert_int_equal(out_restored->seq, store_seq(store));
    *out_content = content_of(store);
    store_close(store);
    remove_tree(archived->restored);
    return FAULT_NONE;
}

static void every_moment_can_be_restored(void **state)
{
    struct archived *archived = *state;
    struct store_restored restored;
    struct journal_problem problem;
    uint32_t content;
    write_history(archived);
    for (int batch = BACKUP_AT - 1; batch < BATCHES; batch++) {
        const struct moment *moment = &archived->moments[batch];
        struct archive_limit limit = {.until_ms = moment->time_ms};
        assert_int_equal(restore(archived, limit, &restored, &problem, &content), FAULT_NONE);
        assert_int_equal(restored.seq, moment->seq);
        assert_int_equal(content, moment->content);
    }
    assert_int_equal(restore(archived, (struct archive_limit){0}, &restored, &problem, &content), FAULT_NONE);
    assert_int_equal(content, archived->moments[BATCHES - 1].content);
    assert_true(restored.sets > 30);
}

/** A batch is all or nothing: the last one that does not pass the position. */
static void a_position_is_not_passed(void **state)
{
    struct archived *archived = *state;
    struct store_restored restored;
    struct journal_problem problem;
    uint32_t content;
    write_history(archived);
    uint64_t from = archived->moments[BACKUP_AT - 1].seq, to = archived->moments[BATCHES - 1].seq;
    for (uint64_t seq = from; seq <= to + 1; seq += 3) {
        int expected = BACKUP_AT - 1;
        while (expected + 1 < BATCHES && archived->moments[expected + 1].seq <= seq)
            expected++;
        struct archive_limit limit = {.until_seq = seq ? seq : 1};
        assert_int_equal(restore(archived, limit, &restored, &problem, &content), FAULT_NONE);
        assert_int_equal(restored.seq, archived->moments[expected].seq);
        assert_int_equal(content, archived->moments[expected].content);
    }
}

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_non_null(in);
    assert_non_null(out);
    for (int byte; (byte = getc(in)) != EOF;)
        putc(byte, out);
    fclose(in);
    fclose(out);
}

/** Killed between the archive's sync and its own commit, the store is a batch behind: that batch was never acknowledged. */
static void a_batch_that_was_not_committed_is_forgotten(void **state)
{
    struct archived *archived = *state;
    char file[128], before[128];
    snprintf(file, sizeof file, "%s/data.mdb", archived->fixture.path);
    snprintf(before, sizeof before, "%s/before.mdb", archived->fixture.directory);
    for (int batch = 0; batch < BACKUP_AT; batch++)
        assert_int_equal(write_batch(archived), FAULT_NONE);
    assert_int_equal(store_backup(archived->fixture.store, archived->backup), FAULT_NONE);
    for (int round = 0; round < 12; round++) {
        append_records(archived->fixture.store, 2);
        close_archived(archived);
        copy_file(file, before);
        open_archived(archived);
        append_records(archived->fixture.store, 5); // reaches the archive alone
        close_archived(archived);
        copy_file(before, file);
        open_archived(archived);
        append_records(archived->fixture.store, 1);
    }
    uint32_t expected = content_of(archived->fixture.store), content;
    close_archived(archived);
    struct store_restored restored;
    struct journal_problem problem;
    assert_int_equal(restore(archived, (struct archive_limit){0}, &restored, &problem, &content), FAULT_NONE);
    assert_int_equal(content, expected);
}

/** The one entry of a folder. */
static void only_entry(const char *folder, char out_name[64])
{
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    const struct dirent *entry = readdir(opened);
    while (entry && entry->d_name[0] == '.')
        entry = readdir(opened);
    assert_non_null(entry);
    snprintf(out_name, 64, "%.63s", entry->d_name);
    closedir(opened);
}

/** The one file of the archive's one chain. */
static void find_file(const struct archived *archived, char out_path[PATH_BYTES])
{
    char folder[PATH_BYTES / 2], name[64];
    only_entry(archived->archive_path, name);
    snprintf(folder, sizeof folder, "%s/%s", archived->archive_path, name);
    only_entry(folder, name);
    snprintf(out_path, PATH_BYTES, "%s/%s", folder, name);
}

/** What is restored of an archive that is not as it was written is a moment there was, or it is refused. */
static bool is_refused_or_true(struct archived *archived)
{
    struct store_restored restored;
    struct journal_problem problem = {0};
    uint32_t content = 0;
    enum fault fault = restore(archived, (struct archive_limit){0}, &restored, &problem, &content);
    if (fault) {
        assert_int_equal(fault, FAULT_CORRUPT);
        assert_non_null(problem.what);
        return false;
    }
    for (int batch = BACKUP_AT - 1; batch < BATCHES; batch++)
        if (archived->moments[batch].content == content)
            return true;
    fail_msg("restored what never was");
    return false;
}

static void damage_is_found(void **state)
{
    struct archived *archived = *state;
    char path[PATH_BYTES];
    struct stat status;
    write_history(archived);
    find_file(archived, path);
    assert_int_equal(stat(path, &status), 0);
    int refused = 0;
    for (int i = 0; i < 40; i++) {
        long at = (long)random_below(&archived->seed, (uint64_t)status.st_size);
        uint8_t bit = (uint8_t)(1U << random_below(&archived->seed, 8));
        FILE *file = fopen(path, "r+");
        assert_non_null(file);
        fseek(file, at, SEEK_SET);
        int byte = getc(file);
        fseek(file, at, SEEK_SET);
        putc(byte ^ bit, file);
        fflush(file);
        refused += !is_refused_or_true(archived); // sets before the backup's are not read by it
        fseek(file, at, SEEK_SET);
        putc(byte, file);
        fclose(file);
    }
    assert_true(refused >= 39); // all are: to come to the backup's set, those before it are read too
    assert_true(is_refused_or_true(archived));
}

/** A power cut leaves a part of the last set: it was never acknowledged, and the rest is as good as before. */
static void a_cut_end_is_left_out(void **state)
{
    struct archived *archived = *state;
    char path[PATH_BYTES];
    struct stat status;
    write_history(archived);
    find_file(archived, path);
    assert_int_equal(stat(path, &status), 0);
    for (off_t size = status.st_size - 1; size > status.st_size - 600; size -= 37) {
        assert_int_equal(truncate(path, size), 0);
        assert_true(is_refused_or_true(archived));
    }
    // The store has sets that this archive has not: it begins anew, and says so, rather than leave a gap.
    open_archived(archived);
    append_records(archived->fixture.store, 1);
    struct store_facts facts;
    char second[110];
    snprintf(second, sizeof second, "%s-2", archived->backup);
    assert_int_equal(store_backup_paced(archived->fixture.store, second, NULL, &facts), FAULT_NONE);
    assert_true(facts.has_sets);
    assert_int_equal(facts.sets.number, 1);
}

static void a_batch_without_the_archive_ends_the_chain(void **state)
{
    struct archived *archived = *state;
    struct store_facts first, unlogged, second;
    char path[110];
    append_records(archived->fixture.store, 1);
    assert_int_equal(store_backup_paced(archived->fixture.store, archived->backup, NULL, &first), FAULT_NONE);
    close_archived(archived);
    fixture_open(&archived->fixture);
    append_records(archived->fixture.store, 1);
    snprintf(path, sizeof path, "%s-unlogged", archived->backup);
    assert_int_equal(store_backup_paced(archived->fixture.store, path, NULL, &unlogged), FAULT_NONE);
    fixture_close(&archived->fixture);
    open_archived(archived);
    append_records(archived->fixture.store, 1);
    snprintf(path, sizeof path, "%s-second", archived->backup);
    assert_int_equal(store_backup_paced(archived->fixture.store, path, NULL, &second), FAULT_NONE);
    assert_true(first.has_sets && !unlogged.has_sets && second.has_sets);
    assert_memory_not_equal(first.sets.chain, second.sets.chain, STORE_CHAIN_BYTES);
    close_archived(archived);
    struct store_restored restored;
    struct journal_problem problem;
    uint32_t content;
    assert_int_equal(restore(archived, (struct archive_limit){0}, &restored, &problem, &content), FAULT_NONE);
    assert_int_equal(restored.seq, 1);
    snprintf(archived->backup, sizeof archived->backup, "%s/backup-unlogged", archived->fixture.directory);
    assert_int_equal(restore(archived, (struct archive_limit){0}, &restored, &problem, &content), FAULT_CORRUPT);
    assert_string_equal(problem.what, "the backup was made without an archive");
}

/** A file that may not grow stands for a full disk. */
static void a_full_archive_refuses_the_batch(void **state)
{
    struct archived *archived = *state;
    char path[PATH_BYTES];
    struct stat status;
    append_records(archived->fixture.store, 3);
    uint32_t content = content_of(archived->fixture.store);
    find_file(archived, path);
    assert_int_equal(stat(path, &status), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit free_limit, full;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &free_limit), 0);
    full = (struct rlimit){(rlim_t)status.st_size + 100, free_limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    struct store_txn *txn = store_begin_write(archived->fixture.store);
    append_record(txn, "person.changed", "what changed");
    enum fault fault = store_commit(txn);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &free_limit), 0);
    assert_int_equal(fault, FAULT_STORAGE_FULL);
    assert_int_equal(content_of(archived->fixture.store), content);
    append_records(archived->fixture.store, 1); // there is room again
    assert_int_equal(store_seq(archived->fixture.store), 4);
}

static void backup_tells_what_it_holds(void **state)
{
    struct archived *archived = *state;
    struct store_facts facts, read;
    _Atomic uint64_t progress = 0;
    const struct store_pace pace = {.bytes_per_second = 100 << 20, .progress = &progress};
    append_records(archived->fixture.store, 30);
    assert_int_equal(store_backup_paced(archived->fixture.store, archived->backup, &pace, &facts), FAULT_NONE);
    assert_int_equal(facts.last.seq, 30);
    assert_int_equal(facts.identity.epoch, 1);
    assert_int_equal(facts.schema_version, 1);
    assert_int_equal(facts.sets.number, 1);
    assert_int_equal(progress, facts.bytes);
    assert_int_equal(store_backup_checksum(archived->backup, NULL, &read), FAULT_NONE);
    assert_int_equal(read.bytes, facts.bytes);
    assert_memory_equal(read.checksum, facts.checksum, STORE_DIGEST_BYTES);
    assert_int_equal(store_read_facts(archived->backup, &read), FAULT_NONE);
    assert_memory_equal(&read.last, &facts.last, sizeof read.last);
    assert_memory_equal(&read.identity, &facts.identity, sizeof read.identity);
    assert_int_not_equal(store_read_facts(archived->restored, &read), FAULT_NONE);
    assert_int_equal(store_is_free(archived->fixture.path), FAULT_IN_USE);
    assert_int_equal(store_is_free(archived->backup), FAULT_NONE);
}

static void a_backup_that_is_cancelled_leaves_nothing(void **state)
{
    struct archived *archived = *state;
    struct store_facts facts;
    static const _Atomic bool cancel = true;
    const struct store_pace pace = {.bytes_per_second = 1, .cancel = &cancel};
    append_records(archived->fixture.store, 30);
    assert_int_equal(store_backup_paced(archived->fixture.store, archived->backup, &pace, &facts), FAULT_UNREACHABLE);
    struct stat status;
    assert_int_not_equal(stat(archived->backup, &status), 0);
    append_records(archived->fixture.store, 1);
}

static size_t flip(uint8_t *value, size_t len, const void *context)
{
    (void)context;
    value[len - 1] ^= 1;
    return len;
}

static void check_reads_all_and_leaves_nothing(void **state)
{
    struct archived *archived = *state;
    struct journal_problem problem = {0};
    struct store_config config = archived->fixture.config;
    struct stat status;
    config.path = archived->restored;
    config.replog = NULL;
    append_records(archived->fixture.store, 30);
    assert_int_equal(store_backup(archived->fixture.store, archived->backup), FAULT_NONE);
    assert_int_equal(store_backup_check(archived->backup, &config, &problem), FAULT_NONE);
    assert_int_not_equal(stat(archived->restored, &status), 0);
    struct key key = key_of_id(9);
    raw_edit(archived->backup, "journal", key_bytes(&key), flip, NULL);
    assert_int_equal(store_backup_check(archived->backup, &config, &problem), FAULT_CORRUPT);
    assert_int_equal(problem.seq, 9);
    assert_string_equal(problem.what, "record is damaged");
    assert_int_not_equal(stat(archived->restored, &status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_moment_can_be_restored, setup, teardown),
        cmocka_unit_test_setup_teardown(a_position_is_not_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_was_not_committed_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_end_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_without_the_archive_ends_the_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_archive_refuses_the_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(backup_tells_what_it_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_backup_that_is_cancelled_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(check_reads_all_and_leaves_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
