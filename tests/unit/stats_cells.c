// SPDX-License-Identifier: Apache-2.0
/** The cells: the table of roll-ups, events in and out, the recount, and what has them counted anew. */
#include "common/service/derived.h"
#include "services/stats/comparison.h"
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
    struct key key = rollup_key(rollup, cube_read(txn).active, &cell);
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
    tamper(test, 22, (struct cell_key){{day, 3}}, (struct figures){5, 0});
    tamper(test, 22, (struct cell_key){{day, 99}}, (struct figures){1, 0});
    tamper(test, 7, (struct cell_key){{17, 3, quarter_of(start_ms)}}, (struct figures){-1, 0});
    struct stats_recount_reply reply = recount(test, &ctx);
    char base[64];
    snprintf(base, sizeof base, "person/17/type/3/quarter_hour/%d/activities", day * 96);
    const char *const names[] = {"total/contacts", base, "day/2026-11-23/type/3/activities",
                                 "day/2026-11-23/type/99/activities"};
    const int64_t wrong_by[] = {2, -1, 5, 1};
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

static bool has_figures(struct test *test)
{
    const struct stats_figures query = {.has_limit = false};
    struct stats_figures_reply reply = {.read = -1};
    struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
    bool answered = stats_figures_answer(test->self, &query, &ctx, &reply);
    if (!answered)
        assert_int_equal(ctx.refusal.code, ERROR_BUSY);
    end_query(&ctx);
    return answered;
}

static bool has_work(const struct test *test)
{
    return stats_definition.work.due_ms(test->self) != INT64_MAX;
}

/** What is not of use any more is gone, too: a cube holds what the recount counts, the other one nothing. */
static void assert_one_cube(struct test *test)
{
    struct store_txn *txn = store_begin_read(test->fixture.store);
    const unsigned active = cube_read(txn).active;
    struct index_scan scan;
    index_scan_open(&scan, txn, &stats_cells, bytes_of("", 0), bytes_of("", 0), false);
    while (index_scan_next(&scan))
        assert_int_equal(rollup_cube_of(scan.key), active);
    index_scan_close(&scan);
    store_abort(txn);
}

/** Stops the service and starts it again. */
static void restart(struct test *test)
{
    close_stats(test);
    open_stats(test);
}

static void test_another_table_of_rollups_counts_anew(void **state)
{
    struct test *test = *state;
    struct ctx ctx;
    run_history(test);
    tamper(test, 1, (struct cell_key){{0}}, (struct figures){3, 0});
    restart(test);
    assert_int_equal(recount(test, &ctx).differences.count, 1); // the same table: nothing was counted
    end_query(&ctx);
    assert_true(has_figures(test));
    struct store_txn *txn = store_begin_write(test->fixture.store);
    store_put(txn, &stats_layout, bytes_of("cube", 4), bytes_of("\x01\0\0\0\0\0\0\0\0another", 16));
    assert_int_equal(store_commit(txn), FAULT_NONE);
    restart(test);
    size_t batches = 0;
    for (; !has_figures(test); batches++)
        work(test);
    assert_true(batches >= 3); // clearing, counting, and that it was all
    assert_sound(test);
    while (has_work(test))
        work(test);
    assert_sound(test);
    assert_one_cube(test);
}

/** Of an older build: cells, and nothing that says how they were counted. */
static void test_cells_of_an_older_build_go(void **state)
{
    struct test *test = *state;
    struct store_txn *txn = store_begin_write(test->fixture.store);
    store_delete(txn, &stats_layout, bytes_of("cube", 4));
    index_add(txn, &stats_cells, bytes_of("\x05\x81\x03\x05\x82\x4e\x20", 7), 3);
    assert_int_equal(store_commit(txn), FAULT_NONE);
    restart(test);
    assert_false(has_figures(test));
    while (has_work(test))
        work(test);
    run_history(test);
    assert_sound(test);
    assert_one_cube(test);
}

/** By the command. False: refused. */
static bool rebuild(struct test *test)
{
    const struct stats_rebuild command = {0};
    struct stats_rebuild_reply reply = {.activity_seq = -1};
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    const struct stats_rebuild_plan *plan = stats_rebuild_check(test->self, &command, &ctx);
    if (plan)
        stats_rebuild_apply(test->self, plan, &ctx, &reply);
    else
        assert_int_equal(ctx.refusal.code, ERROR_WRONG_STATE);
    commit(test);
    return plan != NULL;
}

static struct stats_state_reply ask_state(struct test *test)
{
    const struct stats_state query = {0};
    struct stats_state_reply reply = {.figures = false};
    struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
    assert_true(stats_state_answer(test->self, &query, &ctx, &reply));
    end_query(&ctx);
    return reply;
}

/** Activities come and go, and the service dies again and again, while everything is counted anew and questions are answered. */
static void test_counting_anew_beside_events(void **state)
{
    struct test *test = *state;
    const unsigned before = 0;
    size_t batches = 0;
    run_history(test);
    tamper(test, 22, (struct cell_key){{1, 1}}, (struct figures){3, 0});
    assert_false(ask_state(test).rebuilding);
    assert_true(rebuild(test));
    assert_false(rebuild(test));
    assert_true(ask_state(test).rebuilding && ask_state(test).figures);
    for (; has_work(test); batches++) {
        for (int i = 0; i < 40; i++) {
            uint64_t id = 1 + random_below(&test->random, ACTIVITIES);
            struct activity now = random_activity(test, id);
            apply(test, id, random_below(&test->random, 3) == 0 ? NULL : &now);
        }
        assert_true(has_figures(test));
        work(test);
        restart(test);
    }
    assert_true(batches >= 5);
    const struct stats_state_reply state_now = ask_state(test);
    assert_true(!state_now.rebuilding && state_now.has_compared);
    assert_int_equal(state_now.compared.differing, 1);
    assert_true(state_now.compared.cells > 100);
    struct store_txn *txn = store_begin_read(test->fixture.store);
    assert_int_not_equal(cube_read(txn).active, before);
    store_abort(txn);
    assert_sound(test);
    assert_one_cube(test);
}

/** Names of the cells that differ, compared a few at a time while events come. */
static size_t compare_beside_events(struct test *test, struct comparison *comparison)
{
    bool more = true;
    comparison_begin(comparison);
    for (size_t i = 0; more; i++) {
        if (i % 20 == 0) {
            uint64_t id = 1 + random_below(&test->random, ACTIVITIES);
            struct activity now = random_activity(test, id);
            apply(test, id, random_below(&test->random, 3) == 0 ? NULL : &now);
        }
        begin(test);
        const struct cube cube = cube_read(test->txn);
        assert_int_equal(cube.step, CUBE_COMPARES);
        more =
            comparison_slice(comparison, test->txn, cube.active, 1 - cube.active, 1 + random_below(&test->random, 40));
        commit(test);
    }
    struct figure_comparison result;
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    comparison_write(comparison, &ctx);
    assert_true(comparison_read(&ctx, &result));
    size_t differing = (size_t)result.differing;
    commit(test);
    return differing;
}

static void test_cubes_are_compared_beside_events(void **state)
{
    struct test *test = *state;
    struct comparison *comparison = comparison_new();
    assert_non_null(comparison);
    run_history(test);
    assert_true(rebuild(test));
    for (enum cube_step step = CUBE_RESTS; step != CUBE_COMPARES;) {
        work(test);
        struct store_txn *txn = store_begin_read(test->fixture.store);
        step = cube_read(txn).step;
        store_abort(txn);
    }
    assert_int_equal(compare_beside_events(test, comparison), 0);
    tamper(test, 1, (struct cell_key){{0}}, (struct figures){0, 2});
    tamper(test, 22, (struct cell_key){{1, 99}}, (struct figures){1, 0});         // one that should not be
    tamper(test, 7, (struct cell_key){{1 << 20, 99, 4}}, (struct figures){1, 1}); // nor the last one
    assert_int_equal(compare_beside_events(test, comparison), 3);
    for (int64_t person = 1000; person < 1300; person++)
        tamper(test, 3, (struct cell_key){{person}}, (struct figures){1, 0});
    assert_int_equal(compare_beside_events(test, comparison), 303);
    assert_int_equal(ask_state(test).compared.differences.count, 100);
    comparison_free(comparison);
}

/** A batch that fails after it counted leaves the cube as it was. */
static void test_counting_anew_survives_an_aborted_batch(void **state)
{
    struct test *test = *state;
    run_history(test);
    assert_true(rebuild(test));
    for (size_t i = 0; has_work(test); i++) {
        begin(test);
        struct ctx ctx = ctx_of(test, test->txn);
        stats_definition.work.run(test->self, &ctx);
        store_abort(test->txn);
        stats_definition.work.aborted(test->self);
        work(test);
    }
    assert_sound(test);
    assert_one_cube(test);
}

/** Activities are followed from their beginning again: figures are none, then those of what came again. */
static void test_a_source_followed_anew(void **state)
{
    struct test *test = *state;
    static struct known before[ACTIVITIES + 1];
    uint64_t set_aside = 0;
    run_history(test);
    memcpy(before, test->known, sizeof before);
    begin(test);
    struct activity late = random_activity(test, ACTIVITIES);
    apply_in(test, ACTIVITIES, &late); // in the batch that removes it
    struct ctx ctx = ctx_of(test, test->txn);
    stats_definition.resetting(test->self, &ctx, "activity");
    derived_remove(test->txn, &stats_definition, "activity", INT32_MAX, &set_aside);
    commit(test);
    while (has_work(test))
        work(test);
    assert_false(has_figures(test)); // of what is left, or of nothing
    begin(test);
    ctx = ctx_of(test, test->txn);
    stats_definition.beginning(test->self, &ctx, "activity", 0);
    commit(test);
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        test->known[id].there = false;
        if (before[id].there)
            apply(test, id, &before[id].activity);
        if (id % 100 == 0)
            work(test);
    }
    while (has_work(test))
        work(test);
    assert_true(has_figures(test));
    assert_sound(test);
    assert_one_cube(test);
}

static void assert_total(struct test *test, int64_t activities, int64_t contacts)
{
    struct store_txn *txn = store_begin_read(test->fixture.store);
    struct key key = rollup_key(&rollups[0], cube_read(txn).active, &(struct cell_key){{0}});
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

static bool has_finer_time(const struct rollup *rollup, enum part part)
{
    enum date_unit unit;
    for (enum part finer = PART_DAY; part_unit(part, &unit) && finer < part; finer++)
        if (rollup_has(rollup, finer))
            return true;
    return false;
}

/** A coarser roll-up has no part that the finer one lacks, but coarser times; and none is finer than itself by any way. */
static void assert_finer_has_all(const struct rollup *coarse)
{
    for (size_t steps = 0; coarse->finer; steps++) {
        const struct rollup *fine = rollups;
        while (fine->number != coarse->finer)
            assert_true(++fine < rollups + rollup_count);
        for (size_t i = 0; i < coarse->part_count; i++)
            assert_true(rollup_has(fine, coarse->parts[i]) || has_finer_time(fine, coarse->parts[i]));
        assert_true(steps < rollup_count);
        coarse = fine;
    }
}

static void test_table_of_rollups_is_sound(void **state)
{
    (void)state;
    const struct attributes attributes = {{1, 2, 3, 4, 5}};
    const struct fact fact = {.person = 17, .type = 3, .start_ms = -1, .status = 2, .assignee = 9, .contact = true};
    const struct point point = fact_point(&fact, -1, &attributes);
    for (size_t i = 0; i < rollup_count; i++) {
        const struct rollup *rollup = &rollups[i];
        assert_true(rollup->number < 128);
        assert_finer_has_all(rollup);
        for (size_t j = 0; j < i; j++)
            assert_true(rollup->number != rollups[j].number && strcmp(rollup->name, rollups[j].name) != 0);
        for (size_t j = 0; j < rollup->part_count; j++)
            for (size_t k = 0; k < j; k++)
                assert_int_not_equal(rollup->parts[j], rollup->parts[k]);
        for (unsigned cube = 0; cube < CUBES; cube++) {
            struct cell_key cell = rollup_cell_of(rollup, &point), read = {{0}};
            struct key key = rollup_key(rollup, cube, &cell);
            assert_int_equal(rollup_cube_of(key_bytes(&key)), cube);
            assert_ptr_equal(rollup_of_key(key_bytes(&key)), rollup);
            assert_true(rollup_read_key(rollup, key_bytes(&key), &read));
            assert_memory_equal(&read, &cell, sizeof cell);
            assert_false(rollup_read_key(rollup, bytes_of(key.data, key.len - 1), &read));
            assert_false(rollup_read_key(&rollups[(i + 1) % rollup_count], key_bytes(&key), &read));
        }
    }
    const struct rollup *base = &rollups[rollup_count - 1];
    assert_true(rollup_has(base, PART_TYPE) && rollup_has(base, PART_PERSON) && rollup_has(base, PART_QUARTER_HOUR));
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

/** One person and one day of a roll-up by day and assignee: what lies between is leapt over, not looked at one by one. */
static void test_a_walk_leaps(void **state)
{
    struct test *test = *state;
    enum { DAY = 20000, DAYS = 50, MOST = 3 * DAYS };
    const struct rollup *assignee_day = NULL;
    for (size_t i = 0; i < rollup_count; i++)
        if (strcmp(rollups[i].name, "assignee_day") == 0)
            assignee_day = &rollups[i];
    assert_non_null(assignee_day);
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        struct activity one = activity_at(id, 1, 3, (int64_t)(DAY + id % DAYS) * DAY_MS);
        one.has_assignee = true;
        one.assignee = 1 + id / DAYS;
        apply(test, id, &one);
    }
    struct segment segment = {.rollup = assignee_day};
    segment.wanted[PART_DAY] = (struct range){DAY, DAY + DAYS - 1};
    segment.wanted[PART_ASSIGNEE] = (struct range){7, 7};
    struct walk walk;
    int64_t found = 0;
    struct store_txn *txn = store_begin_read(test->fixture.store);
    walk_open(&walk, txn, cube_read(txn).active, &segment, MOST);
    while (walk_next(&walk))
        found += figures_of_sum(walk.sum).activities;
    walk_close(&walk);
    assert_true(walk.read <= MOST);
    assert_int_equal(found, DAYS);
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
        cmocka_unit_test_setup_teardown(test_cells_of_an_older_build_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counting_anew_beside_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counting_anew_survives_an_aborted_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cubes_are_compared_beside_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_source_followed_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_walk_leaps, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
