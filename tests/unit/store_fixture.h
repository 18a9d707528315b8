// SPDX-License-Identifier: Apache-2.0
/**
 * What the tests of common/store share: a directory that goes away, a store with a service's tables in it, a clock and
 * a source of random bytes that obey, and a seeded generator for histories. A header alone, so that every test is one
 * file.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

// cmocka wants these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/store/index.h"
#include "common/store/journal.h"
#include "common/store/key.h"

static const struct store_table rows_table = {"rows", 16};
static const struct store_table notes_table = {"notes", 17};
static const struct index names_index = {{"names", 18}, INDEX_MAP, INDEX_DIRECT};
static const struct index sums_index = {{"sums", 19}, INDEX_COUNTER, INDEX_DIRECT};
enum { FIXTURE_TABLES = 2, FIXTURE_INDEXES = 2 };
static const struct store_table *const fixture_tables[FIXTURE_TABLES] = {&rows_table, &notes_table};
static const struct index *const fixture_indexes[FIXTURE_INDEXES] = {&names_index, &sums_index};

struct fixture {
    char directory[64];
    char path[96]; // of the store, in the directory
    int64_t now_ms;
    uint64_t random_state;
    struct clock clock;
    struct random_source random;
    struct store_config config;
    struct store *store;
};

/** A number from a seed: splitmix64. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static inline uint64_t random_below(uint64_t *state, uint64_t end)
{
    return next_random(state) % end;
}

static inline int64_t fixture_now_ms(void *self)
{
    return *(int64_t *)self;
}

static inline void fixture_fill(void *self, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)next_random(self);
}

static inline int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/** A fixture whose store is not open yet. The config points into it, so it must not move. */
static inline void fixture_prepare(struct fixture *fixture)
{
    *fixture = (struct fixture){.directory = "/tmp/personkort-test-XXXXXX", .now_ms = 1000000, .random_state = 7};
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->directory);
    fixture->clock = (struct clock){fixture_now_ms, fixture_now_ms, &fixture->now_ms};
    fixture->random = (struct random_source){fixture_fill, &fixture->random_state};
    fixture->config = (struct store_config){
        .name = "person",
        .path = fixture->path,
        .map_bytes = 256 << 20,
        .min_free_bytes = 1,
        .tables = fixture_tables,
        .table_count = FIXTURE_TABLES,
        .indexes = fixture_indexes,
        .index_count = FIXTURE_INDEXES,
        .writes_ahead = true,
        .schema_version = 1,
        .clock = &fixture->clock,
        .random = &fixture->random,
    };
}

static inline void fixture_open(struct fixture *fixture)
{
    assert_int_equal(store_open(&fixture->config, &fixture->store), FAULT_NONE);
}

static inline void fixture_close(struct fixture *fixture)
{
    if (fixture->store)
        store_close(fixture->store);
    fixture->store = NULL;
}

static inline void fixture_reopen(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture_open(fixture);
}

/* cmocka's setup and teardown of a test with an open store. */

static inline int setup_store(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    assert_non_null(fixture);
    fixture_prepare(fixture);
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

static inline int setup_no_store(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    assert_non_null(fixture);
    fixture_prepare(fixture);
    *state = fixture;
    return 0;
}

static inline int teardown_store(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    remove_tree(fixture->directory);
    free(fixture);
    return 0;
}

/** A copy with nothing after it, so that the address sanitizer sees a step beyond; free_exact. */
static inline uint8_t *exact_copy(const uint8_t *data, size_t len)
{
    uint8_t *block = malloc(len + 1);
    assert_non_null(block);
    memcpy(block + 1, data, len);
    return block + 1;
}

static inline void free_exact(uint8_t *copy)
{
    free(copy - 1);
}

static inline struct bytes bytes_of_text(const char *text)
{
    return text_bytes(text_of(text));
}

#define assert_bytes(actual, expected) assert_true(bytes_equal((actual), (expected)))

/** Puts one row in a transaction of its own. */
static inline void put_row(struct store *store, const struct store_table *table, const char *key, const char *value)
{
    struct store_txn *txn = store_begin_write(store);
    store_put(txn, table, bytes_of_text(key), bytes_of_text(value));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static inline bool has_row(struct store *store, const struct store_table *table, const char *key, const char *value)
{
    struct store_txn *txn = store_begin_read(store);
    struct bytes found = {NULL, 0};
    bool same = store_get(txn, table, bytes_of_text(key), &found) && bytes_equal(found, bytes_of_text(value));
    store_abort(txn);
    return same;
}

/** A header as commands leave it; `text` stands in the caller until the append. */
static inline struct journal_header header_of(const char *type, uint64_t person)
{
    return (struct journal_header){
        .time_ms = 1700000000000,
        .person = person,
        .type = text_of(type),
        .subject = TEXT("person/17"),
        .actor = TEXT("anna"),
    };
}

static inline uint64_t append_record(struct store_txn *txn, const char *type, const char *body)
{
    struct journal_header header = header_of(type, 17);
    return journal_append(txn, &header, bytes_of_text(body));
}

/** Appends `count` records in one transaction. */
static inline void append_records(struct store *store, int count)
{
    struct store_txn *txn = store_begin_write(store);
    for (int i = 0; i < count; i++)
        append_record(txn, "person.changed", "what changed");
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static inline struct journal_problem verify_all(struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    struct journal_problem problem = journal_verify(txn, (struct journal_position){0}, 0);
    store_abort(txn);
    return problem;
}

#endif
