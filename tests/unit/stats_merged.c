// SPDX-License-Identifier: Apache-2.0
/** Figures of merged persons: they go over with the activities, and at every moment the sums agree and a recount finds no difference. */
#include "tests/unit/stats_fixture.h"

enum { DROP = 3, KEEP = 7 };

static void apply_merge(struct test *test, uint64_t person, uint64_t into)
{
    const struct person_merged event = {.person = person, .into = into};
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    stats_on_person_merged_apply(test->self, stats_on_person_merged_check(test->self, &event, &ctx), &ctx);
    assert_false(is_refused(&ctx.refusal));
    commit(test);
}

static void apply_card(struct test *test, uint64_t person)
{
    const struct person_created event = {.card = {.person = person, .has_region = true, .region = person}};
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    stats_on_person_created_apply(test->self, stats_on_person_created_check(test->self, &event, &ctx), &ctx);
    commit(test);
}

/** The activity stands on another card now. */
static void apply_move(struct test *test, uint64_t id, uint64_t to)
{
    struct activity *activity = &test->known[id].activity;
    const struct activity_moved event = {.activity = *activity, .from = activity->person};
    struct activity_moved moved = event;
    moved.activity.person = to;
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    const struct followed_event followed = {.source = "activity", .seq = ++test->seq};
    ctx.followed = &followed;
    for (int again = 0; again < 2; again++) // the second says nothing new
        stats_on_activity_moved_apply(test->self, stats_on_activity_moved_check(test->self, &moved, &ctx), &ctx);
    assert_false(is_refused(&ctx.refusal));
    commit(test);
    activity->person = to;
}

static struct figure_cell ask(struct test *test, uint64_t person, uint64_t *out_merged_from)
{
    static const enum dimension by_day[] = {DIMENSION_DAY};
    const struct stats_figures query = {
        .has_person = true, .person = person, .group_by = {1, by_day}, .has_limit = true, .limit = 10000};
    struct stats_figures_reply reply = {.read = -1};
    struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
    assert_true(stats_figures_answer(test->self, &query, &ctx, &reply));
    int64_t sum = 0;
    for (size_t i = 0; i < reply.cells.count; i++)
        sum += reply.cells.items[i].activities;
    assert_int_equal(sum, reply.total.activities);
    *out_merged_from = reply.has_merged_from ? reply.merged_from : 0;
    end_query(&ctx);
    return reply.total;
}

/** Σ persons is the total, a recount finds the same, and each person has as many as is known. */
static void check(struct test *test)
{
    static const enum dimension by_person[] = {DIMENSION_PERSON};
    const struct stats_figures query = {.group_by = {1, by_person}};
    const struct stats_recount again = {0};
    struct stats_figures_reply reply = {.read = -1};
    struct stats_recount_reply recount = {.facts = -1};
    int64_t known[PERSONS + 1] = {0}, sum = 0;
    for (size_t i = 1; i <= ACTIVITIES; i++)
        known[test->known[i].activity.person] += test->known[i].there;
    struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
    assert_true(stats_figures_answer(test->self, &query, &ctx, &reply));
    for (size_t i = 0; i < reply.cells.count; i++) {
        assert_int_equal(reply.cells.items[i].activities, known[reply.cells.items[i].person]);
        sum += reply.cells.items[i].activities;
    }
    assert_int_equal(sum, reply.total.activities);
    end_query(&ctx);
    ctx = ctx_of(test, store_begin_read(test->fixture.store));
    assert_true(stats_recount_answer(test->self, &again, &ctx, &recount));
    assert_int_equal(recount.differences.count, 0);
    assert_int_equal(recount.facts, sum);
    end_query(&ctx);
}

static void figures_go_over_with_the_activities(void **state)
{
    struct test *test = *state;
    uint64_t merged_from;
    run_history(test);
    struct figure_cell drop = ask(test, DROP, &merged_from), keep = ask(test, KEEP, &merged_from);
    assert_true(drop.activities > 0 && merged_from == 0);
    apply_merge(test, DROP, KEEP);
    struct figure_cell led = ask(test, DROP, &merged_from); // as yet without what goes over
    assert_true(led.activities == keep.activities && led.person == 0 && merged_from == DROP);
    size_t moved = 0;
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        if (!test->known[id].there || test->known[id].activity.person != DROP)
            continue;
        apply_move(test, id, KEEP);
        if (++moved % 40 == 1)
            check(test);
    }
    check(test);
    led = ask(test, DROP, &merged_from);
    assert_int_equal(led.activities, keep.activities + drop.activities);
    assert_int_equal(led.contacts, keep.contacts + drop.contacts);
    apply_merge(test, KEEP, 1);
    ask(test, DROP, &merged_from);
    assert_int_equal(merged_from, DROP);
    close_stats(test);
    open_stats(test);
    assert_int_equal(ask(test, DROP, &merged_from).activities, ask(test, 1, &merged_from).activities);
}

static void what_a_merged_person_could_be_grouped_by_goes(void **state)
{
    struct test *test = *state;
    apply_card(test, DROP);
    apply_card(test, KEEP);
    apply_merge(test, DROP, KEEP);
    struct store_txn *txn = store_begin_read(test->fixture.store);
    assert_int_equal(persons_read(txn, DROP).at[ATTRIBUTE_REGION], 0);
    assert_int_equal(persons_read(txn, KEEP).at[ATTRIBUTE_REGION], KEEP);
    store_abort(txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_go_over_with_the_activities, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_merged_person_could_be_grouped_by_goes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
