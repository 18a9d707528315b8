// SPDX-License-Identifier: Apache-2.0
#include "common/store/replog.h"

#include "common/base/buffer.h"
#include "common/store/following.h"
#include "tests/unit/store_raw.h"

/** A log that keeps what it is given, or refuses it. */
struct kept_set {
    struct write_set set;
    struct kept_set *next;
};

struct keeping_log {
    struct replog replog;
    struct kept_set *first;
    struct kept_set **end;
    size_t count;
    enum fault refuses;
};

static enum fault keep(struct replog *self, const struct store *store, const struct write_set *set)
{
    (void)store;
    struct keeping_log *log = (struct keeping_log *)(void *)self;
    if (log->refuses)
        return log->refuses;
    struct kept_set *kept = malloc(sizeof *kept);
    uint8_t *encoded = malloc(set->encoded.len);
    assert_non_null(kept);
    assert_non_null(encoded);
    memcpy(encoded, set->encoded.data, set->encoded.len);
    *kept = (struct kept_set){.set = *set};
    kept->set.encoded.data = encoded;
    *log->end = kept;
    log->end = &kept->next;
    log->count++;
    return FAULT_NONE;
}

struct pair {
    struct fixture writer;
    struct fixture stand_by;
    struct keeping_log log;
};

/** Two stores that begin alike: the second is seeded as the first, as a copy of it would be. */
static int setup_pair(void **state)
{
    struct pair *pair = malloc(sizeof *pair);
    assert_non_null(pair);
    pair->log = (struct keeping_log){.replog = {.wants_write_sets = true, .append = keep}};
    pair->log.end = &pair->log.first;
    fixture_prepare(&pair->writer);
    fixture_prepare(&pair->stand_by);
    pair->writer.config.replog = &pair->log.replog;
    fixture_open(&pair->writer);
    fixture_open(&pair->stand_by);
    *state = pair;
    return 0;
}

static int teardown_pair(void **state)
{
    struct pair *pair = *state;
    fixture_close(&pair->writer);
    fixture_close(&pair->stand_by);
    remove_tree(pair->writer.directory);
    remove_tree(pair->stand_by.directory);
    while (pair->log.first) {
        struct kept_set *kept = pair->log.first;
        pair->log.first = kept->next;
        free((void *)(uintptr_t)kept->set.encoded.data);
        free(kept);
    }
    free(pair);
    return 0;
}

/** Any write there is. */
static void write_something(struct store_txn *txn, uint64_t *seed)
{
    uint64_t number = random_below(seed, 50), seq = store_txn_seq(txn);
    struct key key = key_of_id(number);
    struct follow_position position = {.epoch = number, .at = {.seq = number}};
    struct journal_record record;
    bool found = false;
    switch (random_below(seed, 9)) {
    case 0:
        store_put(txn, &rows_table, key_bytes(&key), key_bytes(&key));
        break;
    case 1:
        store_delete(txn, &rows_table, key_bytes(&key));
        break;
    case 2:
        index_put(txn, &names_index, key_bytes(&key), bytes_of(&number, 8));
        break;
    case 3:
        index_add(txn, &sums_index, key_bytes(&key), (int64_t)random_below(seed, 7) - 3);
        break;
    case 4:
        store_next_id(txn, number % 2 ? "person" : "organisation");
        break;
    case 5:
        if (seq > 0)
            assert_int_equal(journal_erase(txn, 1 + random_below(seed, seq)), FAULT_NONE);
        break;
    case 6:
        follow_position_put(txn, "activity", &position);
        break;
    case 7:
        if (seq > 0 && journal_get(txn, 1 + random_below(seed, seq), &record, &found) == FAULT_NONE && found)
            set_aside_put(txn, "activity", &record, TEXT("unknown_event"));
        set_aside_remove(txn, "activity", number);
        break;
    default:
        append_record(txn, "person.changed", "what changed");
        break;
    }
}

static void write_history(struct pair *pair, uint64_t seed, int batches)
{
    for (int batch = 0; batch < batches; batch++) {
        struct store_txn *txn = store_begin_write(pair->writer.store);
        for (uint64_t i = random_below(&seed, 30); i > 0; i--)
            write_something(txn, &seed);
        if (random_below(&seed, 5) == 0)
            store_abort(txn);
        else
            assert_int_equal(store_commit(txn), FAULT_NONE);
    }
}

static void stand_by_becomes_the_same(void **state)
{
    struct pair *pair = *state;
    write_history(pair, 11, 300);
    assert_true(pair->log.count > 200);
    uint64_t applied = 0;
    for (struct kept_set *kept = pair->log.first; kept; kept = kept->next) {
        assert_int_equal(store_apply_write_set(pair->stand_by.store, &kept->set), FAULT_NONE);
        assert_int_equal(store_seq(pair->stand_by.store), kept->set.last_seq);
        if (++applied % 100 == 0)
            fixture_reopen(&pair->stand_by);
    }
    assert_int_equal(store_seq(pair->stand_by.store), store_seq(pair->writer.store));
    assert_int_equal(verify_all(pair->stand_by.store).seq, 0);
    fixture_close(&pair->writer);
    fixture_close(&pair->stand_by);
    assert_true(raw_assert_same(pair->writer.path, pair->stand_by.path) > 500);
}

/** What is kept in memory must follow too: a stand-by that takes over goes on where the writer was. */
static void stand_by_takes_over(void **state)
{
    struct pair *pair = *state;
    write_history(pair, 12, 60);
    for (struct kept_set *kept = pair->log.first; kept; kept = kept->next)
        assert_int_equal(store_apply_write_set(pair->stand_by.store, &kept->set), FAULT_NONE);
    struct store_txn *writer = store_begin_write(pair->writer.store);
    struct store_txn *heir = store_begin_write(pair->stand_by.store);
    assert_int_equal(store_next_id(heir, "person"), store_next_id(writer, "person"));
    assert_int_equal(append_record(heir, "person.changed", "x"), append_record(writer, "person.changed", "x"));
    store_abort(writer);
    assert_int_equal(store_commit(heir), FAULT_NONE);
    assert_int_equal(verify_all(pair->stand_by.store).seq, 0);
}

static void refused_batch_leaves_nothing(void **state)
{
    struct pair *pair = *state;
    append_records(pair->writer.store, 2);
    pair->log.refuses = FAULT_FENCED;
    struct store_txn *txn = store_begin_write(pair->writer.store);
    store_put(txn, &rows_table, bytes_of_text("a"), bytes_of_text("1"));
    assert_int_equal(append_record(txn, "person.changed", "x"), 3);
    assert_int_equal(store_next_id(txn, "person"), 1);
    assert_int_equal(store_commit(txn), FAULT_FENCED);
    assert_int_equal(store_seq(pair->writer.store), 2);
    assert_false(has_row(pair->writer.store, &rows_table, "a", "1"));
    pair->log.refuses = FAULT_NONE;
    txn = store_begin_write(pair->writer.store);
    assert_int_equal(store_next_id(txn, "person"), 1);
    assert_int_equal(append_record(txn, "person.changed", "x"), 3);
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void nothing_written_is_nothing_sent(void **state)
{
    struct pair *pair = *state;
    size_t count = pair->log.count;
    assert_int_equal(count, 0); // what opening writes concerns this store alone
    assert_int_equal(store_commit(store_begin_write(pair->writer.store)), FAULT_NONE);
    struct store_txn *txn = store_begin_write(pair->writer.store);
    store_delete(txn, &rows_table, bytes_of_text("absent"));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    assert_int_equal(pair->log.count, count);
}

static void layout_is_frozen(void **state)
{
    struct pair *pair = *state;
    struct store_txn *txn = store_begin_write(pair->writer.store);
    store_put(txn, &rows_table, bytes_of_text("k"), bytes_of_text("val"));
    store_delete(txn, &rows_table, bytes_of_text("k"));
    store_next_id(txn, "p");
    assert_int_equal(store_commit(txn), FAULT_NONE);
    static const uint8_t expected[] = {
        1, 0,  0, 0, 0,   0,   0,   0,   1,   0,   0,   0,   0, 0, 0, 0, 0,                // version, first 1, last 0
        1, 16, 0, 1, 'k', 0,   0,   0,   3,   'v', 'a', 'l',                               // put
        2, 16, 0, 1, 'k',                                                                  // delete
        1, 2,  0, 6, 'n', 'e', 'x', 't', '/', 'p', 0,   0,   0, 8, 0, 0, 0, 0, 0, 0, 0, 1, // put in meta
    };
    assert_non_null(pair->log.first);
    assert_bytes(pair->log.first->set.encoded, bytes_of(expected, sizeof expected));
    assert_int_equal(pair->log.first->set.first_seq, 1);
    assert_int_equal(pair->log.first->set.last_seq, 0);
}

/** The set as if it began at another position. */
static enum fault apply_from(struct store *store, const struct write_set *set, uint64_t first_seq)
{
    uint8_t changed[1024];
    assert_true(set->encoded.len <= sizeof changed);
    memcpy(changed, set->encoded.data, set->encoded.len);
    put_u64(changed + 1, first_seq);
    struct write_set other = {first_seq, set->last_seq, bytes_of(changed, set->encoded.len)};
    return store_apply_write_set(store, &other);
}

static void out_of_order_is_refused(void **state)
{
    struct pair *pair = *state;
    append_records(pair->writer.store, 2);
    append_records(pair->writer.store, 1);
    struct kept_set *first = pair->log.first, *second = first->next;
    struct store *stand_by = pair->stand_by.store;
    assert_int_equal(store_apply_write_set(stand_by, &second->set), FAULT_CORRUPT);
    assert_int_equal(store_seq(stand_by), 0);
    assert_int_equal(store_apply_write_set(stand_by, &first->set), FAULT_NONE);
    assert_int_equal(store_apply_write_set(stand_by, &first->set), FAULT_CORRUPT);
    assert_int_equal(store_seq(stand_by), 2);
    assert_int_equal(apply_from(stand_by, &second->set, 2), FAULT_CORRUPT); // would have begun earlier
    assert_int_equal(store_apply_write_set(stand_by, &second->set), FAULT_NONE);
    append_records(stand_by, 1); // another history: the writer's next is for another chain
    append_records(pair->writer.store, 1);
    append_records(pair->writer.store, 1);
    assert_int_equal(store_apply_write_set(stand_by, &second->next->next->set), FAULT_CORRUPT);
    assert_int_equal(store_seq(stand_by), 4);
    assert_int_equal(verify_all(stand_by).seq, 0);
}

/** Applies changed bytes, in a block of just their size, to the stand-by. */
static enum fault apply_changed(struct store *store, const struct write_set *set, const uint8_t *data, size_t len)
{
    uint8_t *copy = exact_copy(data, len);
    struct write_set changed = *set;
    changed.encoded = bytes_of(copy, len);
    enum fault fault = store_apply_write_set(store, &changed);
    free_exact(copy);
    return fault;
}

static void malformed_set_changes_nothing(void **state)
{
    struct pair *pair = *state;
    struct store_txn *txn = store_begin_write(pair->writer.store);
    store_put(txn, &rows_table, bytes_of_text("a"), bytes_of_text("1"));
    store_delete(txn, &rows_table, bytes_of_text("a"));
    append_record(txn, "person.changed", "x");
    assert_int_equal(store_commit(txn), FAULT_NONE);
    const struct write_set *set = &pair->log.first->set;
    struct store *stand_by = pair->stand_by.store;
    for (size_t len = 0; len < set->encoded.len; len++)
        assert_int_equal(apply_changed(stand_by, set, set->encoded.data, len), FAULT_CORRUPT);
    static const size_t structural[] = {0, 1, 8, 9, 16, 17, 19, 20, 22};
    uint8_t changed[1024] = {0};
    assert_true(set->encoded.len < sizeof changed);
    for (size_t i = 0; i < sizeof structural / sizeof *structural; i++) {
        memcpy(changed, set->encoded.data, set->encoded.len);
        changed[structural[i]] ^= 0x40;
        assert_int_equal(apply_changed(stand_by, set, changed, set->encoded.len), FAULT_CORRUPT);
    }
    memcpy(changed, set->encoded.data, set->encoded.len);
    changed[18] = 63; // a table that is not there
    assert_int_equal(apply_changed(stand_by, set, changed, set->encoded.len), FAULT_CORRUPT);
    changed[18] = 2; // meta, but no sequence
    assert_int_equal(apply_changed(stand_by, set, changed, set->encoded.len), FAULT_CORRUPT);
    assert_int_equal(store_seq(stand_by), 0);
    txn = store_begin_read(stand_by);
    assert_int_equal(store_count(txn, &rows_table), 0);
    store_abort(txn);
    assert_int_equal(store_apply_write_set(stand_by, set), FAULT_NONE);
}

/** An older record may come again erased, and in no other way. */
static void rewriting_history_is_refused(void **state)
{
    struct pair *pair = *state;
    append_records(pair->writer.store, 3);
    struct store_txn *txn = store_begin_write(pair->writer.store);
    assert_int_equal(journal_erase(txn, 2), FAULT_NONE);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    const struct write_set *erasure = &pair->log.first->next->set;
    struct store *stand_by = pair->stand_by.store;
    assert_int_equal(store_apply_write_set(stand_by, &pair->log.first->set), FAULT_NONE);
    uint8_t changed[1024] = {0};
    size_t len = erasure->encoded.len;
    assert_true(len < sizeof changed);
    memcpy(changed, erasure->encoded.data, len);
    changed[17 + 4 + 7] = 3; // the erased record 2 as number 3
    assert_int_equal(apply_changed(stand_by, erasure, changed, len), FAULT_CORRUPT);
    changed[17 + 4 + 7] = 9; // beyond the end
    assert_int_equal(apply_changed(stand_by, erasure, changed, len), FAULT_CORRUPT);
    assert_int_equal(store_apply_write_set(stand_by, erasure), FAULT_NONE);
    assert_int_equal(verify_all(stand_by).seq, 0);
}

/** A set that puts the record back as it was before it was erased; its place in the set that brought it is known. */
static void unerasing_is_refused(void **state)
{
    struct pair *pair = *state;
    append_records(pair->writer.store, 1);
    struct store_txn *txn = store_begin_write(pair->writer.store);
    assert_int_equal(journal_erase(txn, 1), FAULT_NONE);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    struct kept_set *first = pair->log.first;
    struct store *stand_by = pair->stand_by.store;
    assert_int_equal(store_apply_write_set(stand_by, &first->set), FAULT_NONE);
    assert_int_equal(store_apply_write_set(stand_by, &first->next->set), FAULT_NONE);
    uint8_t changed[1024];
    size_t len = first->set.encoded.len;
    assert_true(len <= sizeof changed);
    memcpy(changed, first->set.encoded.data, len);
    put_u64(changed + 1, 2);
    put_u64(changed + 9, 1);
    struct write_set again = {2, 1, bytes_of(changed, len)};
    assert_int_equal(store_apply_write_set(stand_by, &again), FAULT_CORRUPT);
    txn = store_begin_read(stand_by);
    struct journal_record record;
    bool found = false;
    assert_int_equal(journal_get(txn, 1, &record, &found), FAULT_NONE);
    assert_true(found && record.erased);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stand_by_becomes_the_same, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(stand_by_takes_over, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(refused_batch_leaves_nothing, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(nothing_written_is_nothing_sent, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(layout_is_frozen, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(out_of_order_is_refused, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(malformed_set_changes_nothing, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(rewriting_history_is_refused, setup_pair, teardown_pair),
        cmocka_unit_test_setup_teardown(unerasing_is_refused, setup_pair, teardown_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
