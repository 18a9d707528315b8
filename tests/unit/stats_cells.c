// SPDX-License-Identifier: Apache-2.0
/** The cells: the table of roll-ups, events in and out, the recount, and a store whose table of roll-ups was another. */
#include <sys/wait.h>

#include "services/stats/walk.h"
#include "tests/unit/stats_fixture.h"

static struct stats_recount_reply recount(struct test *test, struct ctx *out_ctx)
{
    struct stats_recount_reply reply = {.cells = 0};
    *out_ctx = ctx_of(test, store_begin_read(test->fixture.store));
    assert_true(stats_recount_answer(test->self, &(struct stats_recount){0}, out_ctx, &reply));
    return reply;
}

static void assert_sound(struct test *test)
{
    struct ctx ctx;
    uint64_t there = 0;
    for (uint64_t id = 1; id <= ACTIVITIES; id++)
        there += test->known[id].there;
    struct stats_recount_reply reply = recount(test, &ctx);
    assert_int_equal(reply.differences.count, 0);
    assert_int_equal(reply.facts, there);
    assert_true(reply.cells > 100);
    end_query(&ctx);
}

static void tamper(struct test *test, uint8_t number, struct cell_key cell, struct figures by)
{
    struct store_txn *txn = store_begin_write(test->fixture.store);
    const struct rollup *rollup = rollups;
    while (rollup->number != number)
        rollup++;
    struct key key = rollup_key(rollup, &cell);
    index_add(txn, &stats_cells, key_bytes(&key), figures_sum(by));
    assert_int_equal(store_commit(txn), FAULT_NONE);
}

static void test_recount_finds_what_differs(void **state)
{
    struct test *test = *state;
    const int32_t day = date_from_civil(2026, 11, 23);
    const int64_t start_ms = day * (int64_t)DAY_MS;
    const struct activity one = activity_at(ACTIVITIES, 17, 3, start_ms);
    struct ctx ctx;
    run_history(test);
    apply(test, ACTIVITIES, &one);
    assert_sound(test);
    tamper(test, 1, (struct cell_key){{0}}, (struct figures){0, 2});
    tamper(test, 6, (struct cell_key){{17, day}}, (struct figures){5, 0});
    tamper(test, 6, (struct cell_key){{99, day}}, (struct figures){1, 0});
    tamper(test, 7, (struct cell_key){{17, 3, quarter_of(start_ms)}}, (struct figures){-1, 0});
    struct stats_recount_reply reply = recount(test, &ctx);
    char base[64];
    snprintf(base, sizeof base, "person/17/type/3/quarter/%d/activities", day * 96);
    const char *const names[] = {"total/contacts", "person/17/day/2026-11-23/activities", base,
                                 "person/99/day/2026-11-23/activities"};
    const int64_t wrong_by[] = {2, 5, -1, 1};
    assert_int_equal(reply.differences.count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct figure_difference *difference = &reply.differences.items[i];
        assert_true(text_equal(difference->cell, text_of(names[i])));
        assert_int_equal(difference->kept - difference->counted, wrong_by[i]);
    }
    assert_int_equal(reply.differences.items[2].counted, 1);
    end_query(&ctx);
}

/** Many wrong cells: the first hundred are told, whichever they are. */
static void test_recount_is_bounded(void **state)
{
    struct test *test = *state;
    struct ctx ctx;
    run_history(test);
    for (int64_t person = 1000; person < 1300; person++)
        tamper(test, 3, (struct cell_key){{person}}, (struct figures){1, 0});
    struct stats_recount_reply reply = recount(test, &ctx);
    assert_int_equal(reply.differences.count, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(reply.differences.items[i].kept, 1);
        assert_int_equal(reply.differences.items[i].counted, 0);
    }
    end_query(&ctx);
}

static void test_another_table_of_rollups_counts_anew(void **state)
{
    struct test *test = *state;
    struct ctx ctx;
    run_history(test);
    tamper(test, 1, (struct cell_key){{0}}, (struct figures){3, 0});
    close_stats(test);
    open_stats(test);
    assert_int_equal(recount(test, &ctx).differences.count, 1); // the same table: nothing was counted
    end_query(&ctx);
    put_row(test->fixture.store, &stats_layout, "rollups", "another");
    close_stats(test);
    open_stats(test);
    assert_sound(test);
}

static void leave(void)
{
    _exit(1);
}

/** A start of the service that is killed after the first slice it counted; false: there was none left. */
static bool start_is_killed(struct test *test)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        void *self = NULL;
        const struct service_options options = {.counters = &test->counters, .goes_on = leave};
        _exit(store_open(&test->fixture.config, &test->fixture.store) == FAULT_NONE &&
                      stats_definition.open(&options, test->fixture.store, &self) == FAULT_NONE
                  ? 0
                  : 2);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

static void test_counting_anew_goes_on_after_a_kill(void **state)
{
    struct test *test = *state;
    size_t kills = 0;
    run_history(test);
    tamper(test, 1, (struct cell_key){{0}}, (struct figures){3, 0});
    put_row(test->fixture.store, &stats_layout, "rollups", "another");
    close_stats(test);
    while (start_is_killed(test))
        assert_true(++kills < 100);
    assert_true(kills >= 4); // clearing, to its end, counting, to its end
    open_stats(test);
    assert_sound(test);
}

static void assert_total(struct test *test, int64_t activities, int64_t contacts)
{
    struct store_txn *txn = store_begin_read(test->fixture.store);
    struct key key = rollup_key(&rollups[0], &(struct cell_key){{0}});
    struct figures kept = figures_of_sum(index_get_sum(txn, &stats_cells, key_bytes(&key)));
    assert_int_equal(kept.activities, activities);
    assert_int_equal(kept.contacts, contacts);
    store_abort(txn);
}

static size_t count_cells(struct store_txn *txn)
{
    struct index_scan scan;
    size_t cells = 0;
    index_scan_open(&scan, txn, &stats_cells, bytes_of("", 0), bytes_of("", 0), false);
    while (index_scan_next(&scan))
        cells++;
    return cells;
}

static void test_an_event_that_says_nothing_new_changes_nothing(void **state)
{
    struct test *test = *state;
    struct activity one = activity_at(1, 17, 3, 1000);
    const struct activity other = activity_at(1, 18, 4, INT64_MAX);
    apply(test, 1, &one);
    assert_total(test, 1, 1);
    apply(test, 1, &one);
    assert_total(test, 1, 1);
    one.has_outcome = true;
    one.outcome = OUTCOME_BOUNCED;
    apply(test, 1, &one);
    assert_total(test, 1, 0);
    apply(test, 1, NULL);
    assert_total(test, 0, 0);
    apply(test, 1, NULL);
    assert_total(test, 0, 0);
    assert_int_equal(store_seq(test->fixture.store), 0); // facts, not events
    apply(test, 1, &other);
    struct store_txn *txn = store_begin_read(test->fixture.store);
    assert_int_equal(count_cells(txn), rollup_count);
    store_abort(txn);
}

static void test_table_of_rollups_is_sound(void **state)
{
    (void)state;
    const struct fact fact = {.has_person = true, .person = 17, .type = 3, .start_ms = -1, .day = -1, .contact = true};
    for (size_t i = 0; i < rollup_count; i++) {
        const struct rollup *rollup = &rollups[i];
        assert_true(i == 0 || rollup->part_count >= rollups[i - 1].part_count);
        for (size_t j = 0; j < i; j++)
            assert_true(rollup->number != rollups[j].number && strcmp(rollup->name, rollups[j].name) != 0);
        for (size_t j = 0; j < rollup->part_count; j++)
            for (size_t k = 0; k < j; k++)
                assert_int_not_equal(rollup->parts[j], rollup->parts[k]);
        struct cell_key cell = rollup_cell_of(rollup, &fact), read = {{0}};
        struct key key = rollup_key(rollup, &cell);
        assert_true(rollup_read_key(rollup, key_bytes(&key), &read));
        assert_memory_equal(&read, &cell, sizeof cell);
        assert_false(rollup_read_key(rollup, bytes_of(key.data, key.len - 1), &read));
        assert_false(rollup_read_key(&rollups[(i + 1) % rollup_count], key_bytes(&key), &read));
    }
    const struct rollup *base = &rollups[rollup_count - 1];
    assert_true(rollup_has(base, PART_TYPE) && rollup_has(base, PART_PERSON) && rollup_has(base, PART_QUARTER));
}

/** Sums of the two measures as one number come apart again, whatever was added and taken away. */
static void test_two_measures_are_one_sum(void **state)
{
    (void)state;
    static const struct figures figures[] = {
        {0, 0},  {1, 0},   {1, 1},      {10000000, 7},           {2000000000, 2000000000},
        {-1, 0}, {-3, -2}, {-100, 100}, {4000000000, 1999999999}};
    int64_t sum = 0;
    struct figures all = {0, 0};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        struct figures back = figures_of_sum(figures_sum(figures[i]));
        assert_int_equal(back.activities, figures[i].activities);
        assert_int_equal(back.contacts, figures[i].contacts);
    }
    for (size_t i = 0; i < 4; i++) {
        sum = (int64_t)((uint64_t)sum + (uint64_t)figures_sum(figures[i]));
        all = (struct figures){all.activities + figures[i].activities, all.contacts + figures[i].contacts};
    }
    assert_int_equal(figures_of_sum(sum).activities, all.activities);
    assert_int_equal(figures_of_sum(sum).contacts, all.contacts);
}

/** One day of all persons, whose cells of quarter-hours lie between: to be leapt over, not to be looked at one by one. */
static void test_a_walk_leaps_over_neighbours(void **state)
{
    struct test *test = *state;
    enum { DAY = 20000, MOST = 4 * PERSONS };
    const struct rollup *person_day = NULL;
    for (size_t i = 0; i < rollup_count; i++)
        if (rollups[i].part_count == 2 && rollups[i].parts[0] == PART_PERSON && rollups[i].parts[1] == PART_DAY)
            person_day = &rollups[i];
    assert_non_null(person_day);
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        const struct activity one = activity_at(id, 1 + id % PERSONS, 3, (int64_t)(DAY * 96 + id) * 15 * 60 * 1000);
        apply(test, id, &one);
    }
    struct range wanted[PART_COUNT] = {[PART_PERSON] = {0, INT64_MAX}, [PART_DAY] = {DAY + 1, DAY + 1}};
    struct walk walk;
    int64_t found = 0;
    struct store_txn *txn = store_begin_read(test->fixture.store);
    walk_open(&walk, txn, person_day, wanted, MOST);
    while (walk_next(&walk))
        found += walk.figures.activities;
    walk_close(&walk);
    assert_true(walk.read <= MOST);
    assert_int_equal(found, 96);
    assert_int_equal(store_txn_fault(txn), FAULT_NONE);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_rollups_is_sound),
        cmocka_unit_test(test_two_measures_are_one_sum),
        cmocka_unit_test_setup_teardown(test_an_event_that_says_nothing_new_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recount_finds_what_differs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recount_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_table_of_rollups_counts_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counting_anew_goes_on_after_a_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_walk_leaps_over_neighbours, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
