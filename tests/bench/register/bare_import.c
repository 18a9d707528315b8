// SPDX-License-Identifier: Apache-2.0
/**
 * The bare program that the import of a register is measured against: it reads the CSV, appends for each person the two rows that the service
 * appends, puts the customer number, and puts the entries of the deferred indexes as the store does: logged with the batch, gathered until there
 * are a million, sorted, and merged a share a batch. No checks, no names looked up, no counts of what cards name, no digests.
 *
 *     bench_bare_import FILE DIRECTORY CARD_BYTES RECORD_BYTES A_BATCH
 *
 * The rows have the sizes given; the keys are the persons' own. Commits are synced, A_BATCH persons each. What is not merged at the end stays in the
 * log, as in the service. Prints one line of JSON: persons, seconds, rate.
 *
 * It uses LMDB directly, for it measures what that and the machine can do.
 */
#include <fcntl.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum {
    RUN = 1000000,    // entries
    MOST_ENTRIES = 6, // of a person
    KEY_BYTES = 96,
    MAX_VALUE = 8192,
    LOG_ROW_BYTES = 2000,
    CELLS = 64,
};

enum table { CARD, JOURNAL, NUMBER, LOG, PERSONAL_NUMBER, HISTORY, CONTACT, TABLES };
enum column { COLUMN_NUMBER, COLUMN_PERSONAL_NUMBER, COLUMN_EMAIL, COLUMN_MOBILE, COLUMN_WORK, COLUMN_HOME, COLUMNS };

struct entry {
    uint8_t table;
    uint8_t key_len;
    bool has_id;
    uint8_t key[KEY_BYTES];
    uint64_t id;
};

struct run {
    struct entry *entries;
    size_t count;
    size_t merged;
};

struct bare {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi tables[TABLES];
    const char *at; // in the file
    const char *end;
    size_t places[COLUMNS]; // of each column
    struct {
        const char *data;
        size_t len;
    } cells[CELLS];
    size_t card_bytes;
    size_t record_bytes;
    uint64_t persons;
    uint64_t log_last;    // row of the log
    uint64_t log_deleted; // up to it they are
    uint64_t log_rows;    // of the run that is merged
    uint8_t log_row[LOG_ROW_BYTES];
    size_t log_len;
    struct run growing;
    struct run merging;
    size_t batches; // since a run was last full
    size_t share;   // entries merged with a batch
};

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bare import: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static void put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* The file. */

/** One cell, which keeps the quotation marks that are doubled in it. Returns what ended it: a comma, or a newline. */
static char take_cell(struct bare *bare, size_t number)
{
    bool is_quoted = bare->at < bare->end && *bare->at == '"';
    const char *from = bare->at += is_quoted;
    if (is_quoted) {
        while (bare->at < bare->end && (*bare->at != '"' || (bare->at + 1 < bare->end && bare->at[1] == '"')))
            bare->at += *bare->at == '"' ? 2 : 1;
    } else {
        while (bare->at < bare->end && *bare->at != ',' && *bare->at != '\n')
            bare->at++;
    }
    check(number < CELLS, "finding room for a cell");
    bare->cells[number].data = from;
    bare->cells[number].len = (size_t)(bare->at - from);
    bare->at += is_quoted;
    if (bare->at >= bare->end)
        return '\n';
    return *bare->at++;
}

/** Returns how many cells the record has; 0 at the end. */
static size_t take_record(struct bare *bare)
{
    size_t count = 0;
    if (bare->at >= bare->end)
        return 0;
    while (take_cell(bare, count++) == ',') {
    }
    return count;
}

static void find_columns(struct bare *bare)
{
    static const char *const names[COLUMNS] = {"customer_number", "personal_number", "email",
                                               "mobile",          "work_phone",      "home_phone"};
    size_t count = take_record(bare);
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t place = 0;
        while (place < count && (strlen(names[i]) != bare->cells[place].len ||
                                 memcmp(names[i], bare->cells[place].data, bare->cells[place].len) != 0))
            place++;
        check(place < count, "finding a column");
        bare->places[i] = place;
    }
}

static void open_file(struct bare *bare, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    check(file >= 0 && fstat(file, &facts) == 0 && facts.st_size > 0, "opening the file");
    const char *data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    check(data != MAP_FAILED, "mapping the file");
    bare->at = data;
    bare->end = data + facts.st_size;
}

/* The store. */

static void make_store(struct bare *bare, const char *directory)
{
    static const char *const names[TABLES] = {"card",    "journal", "number", "log", "personal_number",
                                              "history", "contact"};
    mkdir(directory, 0700);
    check(mdb_env_create(&bare->env) == 0, "making the environment");
    mdb_env_set_maxdbs(bare->env, TABLES);
    mdb_env_set_mapsize(bare->env, (size_t)1 << 40);
    check(mdb_env_open(bare->env, directory, 0, 0600) == 0, "opening the environment");
    check(mdb_txn_begin(bare->env, NULL, 0, &bare->txn) == 0, "beginning");
    for (size_t i = 0; i < TABLES; i++)
        check(mdb_dbi_open(bare->txn, names[i], MDB_CREATE, &bare->tables[i]) == 0, "opening a table");
    check(mdb_txn_commit(bare->txn) == 0, "committing");
}

static void put(struct bare *bare, enum table table, const void *key, size_t key_len, const void *value, size_t len,
                unsigned flags)
{
    MDB_val k = {key_len, (void *)(uintptr_t)key}, v = {len, (void *)(uintptr_t)value};
    check(mdb_put(bare->txn, bare->tables[table], &k, &v, flags) == 0, "putting");
}

static void append(struct bare *bare, enum table table, uint64_t number, size_t len)
{
    static uint8_t value[MAX_VALUE];
    uint8_t key[8];
    put_u64(key, number);
    memcpy(value, key, sizeof key);
    put(bare, table, key, sizeof key, value, len, MDB_APPEND);
}

/* Entries. */

static void flush_log(struct bare *bare)
{
    uint8_t key[8];
    if (bare->log_len == 0)
        return;
    put_u64(key, ++bare->log_last);
    put(bare, LOG, key, sizeof key, bare->log_row, bare->log_len, MDB_APPEND);
    bare->log_len = 0;
}

static void add_entry(struct bare *bare, enum table table, const void *head, size_t head_len, const void *tail,
                      size_t tail_len, uint64_t id, bool has_id)
{
    struct entry *entry = &bare->growing.entries[bare->growing.count++];
    *entry = (struct entry){.table = (uint8_t)table, .has_id = has_id, .id = id};
    head_len = head_len < KEY_BYTES - tail_len ? head_len : KEY_BYTES - tail_len;
    memcpy(entry->key, head, head_len);
    memcpy(entry->key + head_len, tail, tail_len);
    entry->key_len = (uint8_t)(head_len + tail_len);
    if (bare->log_len + entry->key_len + 10u > LOG_ROW_BYTES)
        flush_log(bare);
    bare->log_row[bare->log_len++] = entry->table;
    bare->log_row[bare->log_len++] = entry->key_len;
    memcpy(bare->log_row + bare->log_len, entry->key, entry->key_len);
    bare->log_len += entry->key_len;
    if (has_id) {
        put_u64(bare->log_row + bare->log_len, id);
        bare->log_len += 8;
    }
}

static void add_contact(struct bare *bare, enum column column)
{
    uint8_t head[KEY_BYTES], tail[9] = {0};
    size_t place = bare->places[column], len = bare->cells[place].len;
    if (len == 0)
        return;
    len = len < KEY_BYTES - 10 ? len : KEY_BYTES - 10;
    head[0] = column == COLUMN_EMAIL ? 2 : 1;
    memcpy(head + 1, bare->cells[place].data, len);
    put_u64(tail + 1, bare->persons);
    add_entry(bare, CONTACT, head, len + 1, tail, sizeof tail, 0, false);
}

static void add_entries(struct bare *bare)
{
    uint8_t person[8], seq[8];
    size_t place = bare->places[COLUMN_PERSONAL_NUMBER];
    put_u64(person, bare->persons);
    put_u64(seq, ~bare->persons);
    if (bare->cells[place].len > 0)
        add_entry(bare, PERSONAL_NUMBER, bare->cells[place].data, bare->cells[place].len, "", 0, bare->persons, true);
    add_entry(bare, HISTORY, person, sizeof person, seq, sizeof seq, 0, false);
    for (enum column i = COLUMN_EMAIL; i < COLUMNS; i++)
        add_contact(bare, i);
}

static int order(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->table != right->table)
        return left->table - right->table;
    size_t len = left->key_len < right->key_len ? left->key_len : right->key_len;
    int by_key = memcmp(left->key, right->key, len);
    return by_key ? by_key : left->key_len - right->key_len;
}

/** A full run is sorted and begins to be merged, a share with each batch, so that it is done well before the next one is full. */
static void turn_over(struct bare *bare)
{
    struct run spare = bare->merging;
    check(spare.merged == spare.count, "merging a run before the next is full");
    bare->merging = bare->growing;
    qsort(bare->merging.entries, bare->merging.count, sizeof *bare->merging.entries, order);
    bare->log_rows = bare->log_last - bare->log_deleted;
    bare->share = bare->merging.count / bare->batches * 5 / 4 + 1;
    bare->batches = 0;
    bare->growing = (struct run){.entries = spare.entries};
}

static void merge_entry(MDB_cursor *cursor, struct entry *entry)
{
    uint8_t id[8];
    put_u64(id, entry->id);
    MDB_val k = {entry->key_len, entry->key}, v = {entry->has_id ? sizeof id : 0, id};
    check(mdb_cursor_put(cursor, &k, &v, 0) == 0, "merging an entry");
}

/** Through one cursor a table, in the order of the keys. As large a part of the log is deleted. */
static void merge_share(struct bare *bare)
{
    struct run *run = &bare->merging;
    MDB_cursor *cursors[TABLES] = {NULL};
    if (run->merged == run->count)
        return;
    size_t upto = run->merged + bare->share < run->count ? run->merged + bare->share : run->count;
    uint64_t rows = bare->log_rows * upto / run->count - bare->log_rows * run->merged / run->count;
    for (; run->merged < upto; run->merged++) {
        enum table table = run->entries[run->merged].table;
        check(cursors[table] || mdb_cursor_open(bare->txn, bare->tables[table], &cursors[table]) == 0,
              "opening a cursor");
        merge_entry(cursors[table], &run->entries[run->merged]);
    }
    for (size_t i = 0; i < TABLES; i++)
        if (cursors[i])
            mdb_cursor_close(cursors[i]);
    for (; rows > 0; rows--) {
        uint8_t key[8];
        put_u64(key, ++bare->log_deleted);
        MDB_val k = {sizeof key, key};
        check(mdb_del(bare->txn, bare->tables[LOG], &k, NULL) == 0, "deleting a row of the log");
    }
}

static void take_person(struct bare *bare)
{
    uint8_t id[8];
    size_t place = bare->places[COLUMN_NUMBER];
    put_u64(id, ++bare->persons);
    append(bare, CARD, bare->persons, bare->card_bytes);
    append(bare, JOURNAL, bare->persons, bare->record_bytes);
    put(bare, NUMBER, bare->cells[place].data, bare->cells[place].len, id, sizeof id, 0);
    add_entries(bare);
}

/** False: the file is at its end. */
static bool run_batch(struct bare *bare, size_t a_batch)
{
    size_t count = 0;
    if (bare->growing.count + MOST_ENTRIES * a_batch > RUN)
        turn_over(bare);
    check(mdb_txn_begin(bare->env, NULL, 0, &bare->txn) == 0, "beginning");
    for (; count < a_batch && take_record(bare) > 0; count++)
        take_person(bare);
    flush_log(bare);
    merge_share(bare);
    check(mdb_txn_commit(bare->txn) == 0, "committing");
    bare->batches++;
    return count == a_batch;
}

static size_t size_of(const char *digits)
{
    size_t size = strtoul(digits, NULL, 10);
    check(size >= 8 && size <= MAX_VALUE, "taking sizes of 8 to 8192");
    return size;
}

int main(int argc, char **argv)
{
    static struct bare bare;
    struct timespec began, ended;
    check(argc == 6, "reading FILE, DIRECTORY, CARD_BYTES, RECORD_BYTES and A_BATCH");
    bare.card_bytes = size_of(argv[3]);
    bare.record_bytes = size_of(argv[4]);
    bare.growing.entries = calloc(RUN, sizeof(struct entry));
    bare.merging.entries = calloc(RUN, sizeof(struct entry));
    check(bare.growing.entries && bare.merging.entries, "finding memory");
    make_store(&bare, argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &began);
    open_file(&bare, argv[1]);
    find_columns(&bare);
    while (run_batch(&bare, size_of(argv[5]))) {
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double seconds = (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    printf("{\"persons\": %llu, \"seconds\": %.3f, \"rate\": %.0f}\n", (unsigned long long)bare.persons, seconds,
           (double)bare.persons / seconds);
    mdb_env_close(bare.env);
    free(bare.growing.entries);
    free(bare.merging.entries);
    return EXIT_SUCCESS;
}
