// SPDX-License-Identifier: Apache-2.0
#include "common/store/following.h"

#include "tests/unit/store_raw.h"

static void position_is_kept_for_each_source(void **state)
{
    struct fixture *fixture = *state;
    struct follow_position put = {.epoch = 3, .at = {.seq = 42}}, got = {.epoch = 77};
    memset(put.store, 's', sizeof put.store);
    memset(put.at.digest, 'd', sizeof put.at.digest);
    struct store_txn *txn = store_begin_write(fixture->store);
    assert_false(follow_position_get(txn, "person", &got));
    assert_int_equal(got.epoch, 77);
    follow_position_put(txn, "person", &put);
    put.at.seq = 43;
    follow_position_put(txn, "personnel", &put);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_reopen(fixture);
    txn = store_begin_read(fixture->store);
    assert_true(follow_position_get(txn, "person", &got));
    assert_int_equal(got.epoch, 3);
    assert_int_equal(got.at.seq, 42);
    assert_memory_equal(got.store, put.store, sizeof put.store);
    assert_memory_equal(got.at.digest, put.at.digest, sizeof put.at.digest);
    assert_true(follow_position_get(txn, "personnel", &got));
    assert_int_equal(got.at.seq, 43);
    assert_false(follow_position_get(txn, "pers", &got));
    store_abort(txn);
}

/** Records of another service: seq 1 … 6 about persons 1, 2, 3, 1, 2, 3. */
static void fill_source(struct fixture *source)
{
    static const char *const subjects[] = {"person/1", "person/2", "person/3"};
    fixture_prepare(source);
    fixture_open(source);
    struct store_txn *txn = store_begin_write(source->store);
    for (size_t i = 0; i < 6; i++) {
        struct journal_header header = header_of("person.changed", i % 3 + 1);
        header.subject = text_of(subjects[i % 3]);
        journal_append(txn, &header, bytes_of_text(subjects[i % 3]));
    }
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void set_aside(struct store_txn *txn, struct fixture *source, const char *name, uint64_t seq)
{
    struct store_txn *reading = store_begin_read(source->store);
    struct journal_record record;
    bool found = false;
    assert_int_equal(journal_get(reading, seq, &record, &found), FAULT_NONE);
    assert_true(found);
    set_aside_put(txn, name, &record, TEXT("unknown_event"));
    store_abort(reading);
}

static void events_wait_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct fixture source;
    fill_source(&source);
    struct store_txn *txn = store_begin_write(fixture->store);
    assert_int_equal(set_aside_count(txn, "person"), 0);
    set_aside(txn, &source, "person", 4);
    set_aside(txn, &source, "person", 1);
    set_aside(txn, &source, "person", 5);
    set_aside(txn, &source, "personnel", 2);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_reopen(fixture);
    txn = store_begin_write(fixture->store);
    assert_int_equal(set_aside_count(txn, "person"), 3);
    assert_int_equal(set_aside_count(txn, "personnel"), 1);
    assert_int_equal(set_aside_count(txn, "pers"), 0);
    assert_true(set_aside_has_subject(txn, "person", TEXT("person/1")));
    assert_true(set_aside_has_subject(txn, "person", TEXT("person/2")));
    assert_false(set_aside_has_subject(txn, "person", TEXT("person/3")));
    assert_false(set_aside_has_subject(txn, "person", TEXT("person/")));
    assert_false(set_aside_has_subject(txn, "personnel", TEXT("person/1")));
    static const uint64_t expected[] = {1, 4, 5};
    uint64_t from = 0;
    struct journal_record record;
    struct text reason;
    for (size_t i = 0; i < 3; i++) {
        assert_true(set_aside_next(txn, "person", from, &record, &reason));
        assert_int_equal(record.seq, expected[i]);
        assert_true(text_equal(reason, TEXT("unknown_event")));
        assert_bytes(record.body, text_bytes(record.header.subject));
        from = record.seq + 1;
    }
    assert_false(set_aside_next(txn, "person", from, &record, &reason));
    store_abort(txn);
    fixture_close(&source);
    remove_tree(source.directory);
}

static void removing_frees_the_subject_with_its_last_event(void **state)
{
    struct fixture *fixture = *state;
    struct fixture source;
    fill_source(&source);
    struct store_txn *txn = store_begin_write(fixture->store);
    set_aside(txn, &source, "person", 1);
    set_aside(txn, &source, "person", 4);
    set_aside(txn, &source, "person", 4); // the same again is one
    assert_int_equal(set_aside_count(txn, "person"), 2);
    set_aside_remove(txn, "person", 3); // not there
    set_aside_remove(txn, "person", 1);
    assert_true(set_aside_has_subject(txn, "person", TEXT("person/1")));
    assert_int_equal(set_aside_count(txn, "person"), 1);
    set_aside_remove(txn, "person", 4);
    assert_false(set_aside_has_subject(txn, "person", TEXT("person/1")));
    assert_int_equal(set_aside_count(txn, "person"), 0);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_close(&source);
    remove_tree(source.directory);
}

static size_t shorten(uint8_t *value, size_t len, const void *context)
{
    (void)context;
    value[len - 1] = 0;
    return len - 1;
}

static void damage_is_a_sticky_fault(void **state)
{
    struct fixture *fixture = *state;
    struct fixture source;
    fill_source(&source);
    struct follow_position position = {.epoch = 1};
    struct store_txn *txn = store_begin_write(fixture->store);
    set_aside(txn, &source, "person", 1);
    follow_position_put(txn, "person", &position);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_close(fixture);
    struct key event = {.len = 0};
    key_text(&event, TEXT("person"));
    key_u64(&event, 1);
    raw_edit(fixture->path, "set_aside", key_bytes(&event), shorten, NULL);
    raw_edit(fixture->path, "offsets", bytes_of_text("person"), shorten, NULL);
    fixture_open(fixture);
    struct journal_record record;
    struct text reason;
    txn = store_begin_read(fixture->store);
    assert_false(set_aside_next(txn, "person", 0, &record, &reason));
    assert_int_equal(store_txn_fault(txn), FAULT_CORRUPT);
    store_abort(txn);
    txn = store_begin_read(fixture->store);
    assert_false(follow_position_get(txn, "person", &position));
    assert_int_equal(store_txn_fault(txn), FAULT_CORRUPT);
    store_abort(txn);
    fixture_close(&source);
    remove_tree(source.directory);
}

/** What waited comes again, and is not to be held up by itself; other sources' events stay. */
static void a_source_followed_anew_has_nothing_waiting(void **state)
{
    struct fixture *fixture = *state;
    struct fixture source;
    const struct follow_position position = {.epoch = 3, .at = {.seq = 42}};
    struct follow_position got;
    fill_source(&source);
    struct store_txn *txn = store_begin_write(fixture->store);
    follow_position_put(txn, "person", &position);
    follow_position_put(txn, "personnel", &position);
    set_aside(txn, &source, "person", 1);
    set_aside(txn, &source, "person", 4);
    set_aside(txn, &source, "personnel", 2);
    follow_anew(txn, "person");
    assert_int_equal(set_aside_count(txn, "person"), 0);
    assert_false(set_aside_has_subject(txn, "person", TEXT("person/1")));
    assert_false(follow_position_get(txn, "person", &got));
    assert_int_equal(set_aside_count(txn, "personnel"), 1);
    assert_true(follow_position_get(txn, "personnel", &got));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    fixture_close(&source);
    remove_tree(source.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(position_is_kept_for_each_source, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(events_wait_in_order, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(a_source_followed_anew_has_nothing_waiting, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(removing_frees_the_subject_with_its_last_event, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(damage_is_a_sticky_fault, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
