// SPDX-License-Identifier: Apache-2.0
/** Every kind of question to stats.figures against a count by hand, and those it refuses. */
#include "tests/unit/stats_fixture.h"

#include "common/store/following.h"
#include "services/stats/count.h"
#include "services/stats/renewal.h"

enum { LIMIT = 10000 };

/** Asks in a snapshot that stays until end_query. */
static bool ask(struct test *test, const struct stats_figures *query, struct ctx *out_ctx,
                struct stats_figures_reply *out_reply)
{
    *out_ctx = ctx_of(test, store_begin_read(test->fixture.store));
    *out_reply = (struct stats_figures_reply){.read = -1};
    return stats_figures_answer(test->self, query, out_ctx, out_reply);
}

/** The definition of a contact, again. */
static bool counts_as_contact(const struct activity *activity)
{
    if (activity->status == ACTIVITY_STATUS_NOT_STARTED)
        return false;
    return !activity->has_outcome || (activity->outcome != OUTCOME_FAILED && activity->outcome != OUTCOME_BOUNCED);
}

static bool asked_for(const struct stats_figures *query, const struct activity *activity, int32_t day)
{
    return (!query->has_person || query->person == activity->person) &&
           (!query->has_type || query->type == activity->type) && (!query->has_from || day >= query->from) &&
           (!query->has_to || day <= query->to);
}

static bool same_group(const struct figure_cell *a, const struct figure_cell *b)
{
    return a->has_type == b->has_type && a->type == b->type && a->has_person == b->has_person &&
           a->person == b->person && a->has_day == b->has_day && a->day == b->day;
}

/** The answer counted by hand: cells in no order. */
static size_t count_by_hand(const struct test *test, const struct stats_figures *query, const struct zone *zone,
                            struct figure_cell *out_total, struct figure_cell *out_cells)
{
    size_t count = 0;
    *out_total = (struct figure_cell){0};
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        const struct activity *activity = &test->known[id].activity;
        int32_t day = zone_day(zone, activity->start_ms);
        if (!test->known[id].there || !asked_for(query, activity, day))
            continue;
        struct figure_cell group = {0};
        for (size_t i = 0; i < query->group_by.count; i++) {
            enum dimension dimension = query->group_by.items[i];
            if (dimension == DIMENSION_TYPE)
                group.has_type = true, group.type = activity->type;
            else if (dimension == DIMENSION_PERSON)
                group.has_person = true, group.person = activity->person;
            else
                group.has_day = true, group.day = day;
        }
        size_t at = 0;
        while (at < count && !same_group(&out_cells[at], &group))
            at++;
        if (at == count)
            out_cells[count++] = group;
        struct figure_cell *counted[] = {out_total, &out_cells[at]};
        for (size_t i = 0; i < 2; i++) {
            counted[i]->activities++;
            counted[i]->contacts += counts_as_contact(activity);
        }
    }
    return query->group_by.count ? count : 0;
}

static uint64_t rank(const struct figure_cell *cell, enum dimension dimension)
{
    return dimension == DIMENSION_TYPE     ? cell->type
           : dimension == DIMENSION_PERSON ? cell->person
                                           : (uint64_t)cell->day;
}

static void assert_ascending(const struct stats_figures *query, const struct figure_cell *a,
                             const struct figure_cell *b)
{
    for (size_t i = 0; i < query->group_by.count; i++) {
        uint64_t left = rank(a, query->group_by.items[i]), right = rank(b, query->group_by.items[i]);
        assert_true(left <= right);
        if (left < right)
            return;
    }
    fail_msg("two cells of one group");
}

static enum figure_source check_question(struct test *test, const struct stats_figures *query, const struct zone *zone)
{
    static struct figure_cell cells[ACTIVITIES];
    struct figure_cell total;
    struct stats_figures_reply reply;
    struct ctx ctx;
    assert_true(ask(test, query, &ctx, &reply));
    size_t count = count_by_hand(test, query, zone, &total, cells);
    assert_int_equal(reply.cells.count, count);
    assert_true(same_group(&reply.total, &total));
    assert_int_equal(reply.total.activities, total.activities);
    assert_int_equal(reply.total.contacts, total.contacts);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < count && !same_group(&cells[at], &reply.cells.items[i]))
            at++;
        assert_true(at < count);
        assert_int_equal(reply.cells.items[i].activities, cells[at].activities);
        assert_int_equal(reply.cells.items[i].contacts, cells[at].contacts);
        if (i > 0)
            assert_ascending(query, &reply.cells.items[i - 1], &reply.cells.items[i]);
    }
    end_query(&ctx);
    return reply.source;
}

static const enum dimension groupings[][2] = {
    {0},
    {DIMENSION_TYPE},
    {DIMENSION_PERSON},
    {DIMENSION_DAY},
    {DIMENSION_TYPE, DIMENSION_DAY},
    {DIMENSION_DAY, DIMENSION_TYPE},
    {DIMENSION_PERSON, DIMENSION_DAY},
    {DIMENSION_DAY, DIMENSION_PERSON},
    {DIMENSION_TYPE, DIMENSION_PERSON},
    {DIMENSION_PERSON, DIMENSION_TYPE},
};
enum { GROUPINGS = sizeof groupings / sizeof *groupings };

static struct stats_figures question_of(size_t grouping, const char *zone)
{
    size_t count = 0;
    while (count < 2 && groupings[grouping][count])
        count++;
    return (struct stats_figures){
        .group_by = {count, groupings[grouping]},
        .has_zone = zone != NULL,
        .zone = text_of(zone),
        .has_limit = true,
        .limit = LIMIT,
    };
}

/** Every grouping, with and without each filter and period, in several zones. */
static void test_answers_are_what_is_counted_by_hand(void **state)
{
    static const char *const names[] = {NULL, "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "Africa/Monrovia"};
    struct test *test = *state;
    run_history(test);
    for (size_t z = 0; z < sizeof names / sizeof *names; z++) {
        struct zone *zone = zone_open(text_of(names[z] ? names[z] : "Europe/Stockholm"));
        for (unsigned i = 0; i < GROUPINGS * 16; i++) {
            struct stats_figures query = question_of(i / 16, names[z]);
            query.has_person = i & 1;
            query.person = 1 + random_below(&test->random, PERSONS + 1);
            query.has_type = i & 2;
            query.type = 1 + random_below(&test->random, TYPES + 1);
            query.has_from = i & 4;
            query.from = date_from_civil(2010, 11, 7) + (int32_t)random_below(&test->random, 500);
            query.has_to = i & 8;
            query.to = date_from_civil(2026, 10, 25) - (int32_t)random_below(&test->random, 300);
            check_question(test, &query, zone);
        }
        zone_close(zone);
    }
}

static void test_kept_figures_answer_where_they_are(void **state)
{
    struct test *test = *state;
    run_history(test);
    for (size_t i = 0; i < GROUPINGS; i++) {
        struct stats_figures query = question_of(i, NULL);
        bool by_person = query.group_by.count > 0 &&
                         (query.group_by.items[0] == DIMENSION_PERSON || groupings[i][1] == DIMENSION_PERSON);
        bool is_kept = !by_person || query.group_by.count == 1;
        assert_int_equal(check_question(test, &query, test->self->zone),
                         is_kept ? FIGURE_SOURCE_KEPT : FIGURE_SOURCE_SCAN);
        query.has_from = true;
        query.from = date_from_civil(2026, 3, 29);
        assert_int_equal(check_question(test, &query, test->self->zone),
                         by_person ? FIGURE_SOURCE_SCAN : FIGURE_SOURCE_KEPT);
    }
    struct stats_figures total = question_of(0, NULL);
    struct stats_figures_reply reply;
    struct ctx ctx;
    assert_true(ask(test, &total, &ctx, &reply));
    assert_int_equal(reply.read, 1);
    end_query(&ctx);
}

/** Where midnight is passed twice in a quarter-hour the facts themselves are asked; the answer says what that cost. */
static void test_torn_quarters_are_counted_exactly(void **state)
{
    struct test *test = *state;
    const int64_t midnight_ms = date_from_civil(2010, 11, 7) * (int64_t)DAY_MS + 150 * 60000; // 02:30 UTC
    const struct activity before = activity_at(1, 1, 1, midnight_ms + 30000);
    const struct activity after = activity_at(2, 1, 1, midnight_ms + 10 * 60000);
    struct stats_figures query = question_of(3, "America/St_Johns");
    query.has_person = true;
    query.person = 1;
    struct stats_figures_reply reply;
    struct ctx ctx;
    apply(test, 1, &before);
    apply(test, 2, &after);
    assert_true(ask(test, &query, &ctx, &reply));
    assert_int_equal(reply.cells.count, 2);
    assert_int_equal(reply.cells.items[0].day, date_from_civil(2010, 11, 6));
    assert_int_equal(reply.cells.items[0].activities, 1);
    assert_int_equal(reply.cells.items[1].day, date_from_civil(2010, 11, 7));
    assert_int_equal(reply.source, FIGURE_SOURCE_SCAN);
    assert_int_equal(reply.read, 1 + 2); // a cell of the base, and two facts
    end_query(&ctx);
}

static void assert_refused(struct test *test, const struct stats_figures *query, enum error_code code,
                           const char *field)
{
    struct stats_figures_reply reply;
    struct ctx ctx;
    assert_false(ask(test, query, &ctx, &reply));
    assert_int_equal(ctx.refusal.code, code);
    assert_string_equal(ctx.refusal.field, field);
    end_query(&ctx);
}

static void test_senseless_questions_are_refused(void **state)
{
    struct test *test = *state;
    static const enum dimension twice[] = {DIMENSION_DAY, DIMENSION_DAY};
    struct stats_figures query = question_of(3, "Europe/Nowhere");
    run_history(test);
    assert_refused(test, &query, ERROR_INVALID_FIELD, "zone");
    query = question_of(3, NULL);
    query.has_from = query.has_to = true;
    query.from = 20001;
    query.to = 20000;
    assert_refused(test, &query, ERROR_INVALID_FIELD, "from");
    query.from = date_from_civil(1899, 12, 31);
    assert_refused(test, &query, ERROR_INVALID_FIELD, "from");
    query.from = 20000;
    query.to = date_from_civil(2200, 1, 1);
    assert_refused(test, &query, ERROR_INVALID_FIELD, "to");
    query = question_of(3, NULL);
    query.group_by.count = 2;
    query.group_by.items = twice;
    assert_refused(test, &query, ERROR_INVALID_FIELD, "group_by");
    query = question_of(2, NULL);
    query.limit = PERSONS - 1;
    assert_refused(test, &query, ERROR_TOO_LARGE, "limit");
    query.limit = PERSONS;
    check_question(test, &query, test->self->zone);
}

static bool count_one(void *user, uint64_t activity, const struct counted *counted)
{
    (void)activity;
    (void)counted;
    ++*(size_t *)user;
    return true;
}

/** Of what may still be read of all, none more is: a period that is counted second is counted whole, or refused. */
static void test_what_was_read_before_counts_too(void **state)
{
    struct test *test = *state;
    static const enum dimension by_person[] = {DIMENSION_PERSON};
    const struct question_parts all = {.has_person = false};
    struct question question;
    size_t counted = 0;
    uint64_t last = 0;
    run_history(test);
    for (int64_t left = 0; left <= PERSONS; left += PERSONS) {
        struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
        int64_t read = COUNT_MOST_CELLS - left;
        assert_true(question_read(test->self, &all, 1, by_person, &ctx, &question));
        assert_int_equal(count_cells(&question, &ctx, count_one, &counted, &read), left ? COUNTED : COUNTED_NOT);
        assert_int_equal(ctx.refusal.code, left ? ERROR_NONE : ERROR_TOO_LARGE);
        end_query(&ctx);
    }
    assert_int_equal(counted, PERSONS);
    for (int64_t most = -1; most <= 0; most++) {
        struct ctx ctx = ctx_of(test, store_begin_read(test->fixture.store));
        int64_t read = 0;
        assert_int_equal(count_facts(&question, &ctx, 0, most, count_one, &counted, &read, &last), COUNTED_NOT);
        assert_int_equal(ctx.refusal.code, ERROR_TOO_LARGE);
        end_query(&ctx);
    }
    assert_int_equal(counted, PERSONS);
}

static void put_type(struct test *test, uint64_t type, enum activity_channel channel)
{
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    const struct activity_type row = {.type = type,
                                      .names = {.sv = TEXT("x")},
                                      .direction = DIRECTION_IN,
                                      .channel = channel,
                                      .active = true,
                                      .revision = 1};
    row_put(&ctx, &stats_types, &activity_type_row_desc, type, &row);
    commit(test);
}

static void test_types_have_whatever_ids(void **state)
{
    struct test *test = *state;
    enum { LIFTED = 1 << 24 }; // as after a restore
    static const enum dimension by_channel[] = {DIMENSION_CHANNEL};
    const struct activity call = activity_at(1, 1, 3, 1000), visit = activity_at(2, 1, LIFTED, 1000);
    const struct stats_figures query = {.group_by = {1, by_channel}};
    struct stats_figures_reply reply;
    struct ctx ctx;
    put_type(test, 3, ACTIVITY_CHANNEL_CALL);
    put_type(test, LIFTED, ACTIVITY_CHANNEL_VISIT);
    apply(test, 1, &call);
    apply(test, 2, &visit);
    assert_true(ask(test, &query, &ctx, &reply));
    assert_int_equal(reply.cells.count, 2);
    assert_int_equal(reply.cells.items[0].channel, ACTIVITY_CHANNEL_CALL);
    assert_int_equal(reply.cells.items[1].channel, ACTIVITY_CHANNEL_VISIT);
    end_query(&ctx);
}

static void put_position(struct test *test, const char *source, uint64_t seq)
{
    const struct follow_position position = {.epoch = 1, .at = {.seq = seq}};
    begin(test);
    follow_position_put(test->txn, source, &position);
    commit(test);
}

/** Whoever is named twice, or led to by two ids, is counted once; and of few persons only their cells are read. */
static void test_persons_named_twice_count_once(void **state)
{
    struct test *test = *state;
    static const uint64_t ids[] = {17, 17, 18};
    const struct person_merged merged = {.person = 18, .into = 17};
    struct stats_figures query = {.has_filter = true, .filter = {.persons = {3, ids}}};
    struct stats_figures_reply reply;
    struct ctx ctx;
    for (uint64_t id = 1; id <= 40; id++) {
        const struct activity one = activity_at(id, id <= 10 ? 17 : 100 + id, 3, (int64_t)id * DAY_MS);
        apply(test, id, &one);
    }
    begin(test);
    ctx = ctx_of(test, test->txn);
    stats_on_person_merged_apply(test->self, stats_on_person_merged_check(test->self, &merged, &ctx), &ctx);
    commit(test);
    for (int has_from = 0; has_from < 2; has_from++) {
        query.has_from = has_from;
        query.from = 0;
        assert_true(ask(test, &query, &ctx, &reply));
        assert_int_equal(reply.total.activities, 10);
        end_query(&ctx);
    }
    static const uint64_t far[] = {17, 140};
    query.has_from = false;
    query.filter.persons.count = 2;
    query.filter.persons.items = far;
    assert_true(ask(test, &query, &ctx, &reply));
    assert_int_equal(reply.total.activities, 11);
    assert_true(reply.read <= 4);
    end_query(&ctx);
}

/** What was first is no figure of now: none is given until all that was followed has come again. */
static void test_no_figures_while_all_comes_again(void **state)
{
    struct test *test = *state;
    const struct stats_figures query = {.has_person = false};
    struct stats_figures_reply reply;
    struct ctx ctx;
    run_history(test);
    put_position(test, "activity", 40);
    put_position(test, "person", 9);
    begin(test);
    renewal_await(test->txn, "activity");
    renewal_await(test->txn, "person");
    follow_anew(test->txn, "activity");
    follow_anew(test->txn, "person");
    commit(test);
    assert_refused(test, &query, ERROR_BUSY, "");
    begin(test);
    renewal_begin(test->txn, "person", 9);
    commit(test);
    put_position(test, "person", 9);
    assert_refused(test, &query, ERROR_BUSY, ""); // activity was not found yet
    begin(test);
    renewal_begin(test->txn, "activity", 38); // it has less than it had: it was restored
    commit(test);
    put_position(test, "activity", 37);
    assert_refused(test, &query, ERROR_BUSY, "");
    put_position(test, "activity", 38);
    assert_true(ask(test, &query, &ctx, &reply));
    end_query(&ctx);
}

/* Periods. */

static const struct period_case {
    enum dimension group_by[2];
    size_t count;
} period_cases[] = {
    {{DIMENSION_TYPE, DIMENSION_ASSIGNEE}, 2}, // quarters, months, days
    {{DIMENSION_TYPE, DIMENSION_ASSIGNEE}, 0},
    {{DIMENSION_ASSIGNEE, DIMENSION_MONTH}, 2},
    {{DIMENSION_TYPE, DIMENSION_QUARTER}, 2},
    {{DIMENSION_STATUS, DIMENSION_YEAR}, 2},
    {{DIMENSION_DAY}, 1},
};

enum { PERIOD_DAYS = 1200, PERIOD_FIRST = 19600 }; // from 2023-08-31

static struct activity activity_of_day(int32_t day)
{
    // One a day, each of another assignee than those around it: what is subtracted leaves nothing of most.
    struct activity activity =
        activity_at((uint64_t)(day - PERIOD_FIRST) + 1, 1, 1 + (uint64_t)day % 3, (int64_t)day * DAY_MS + DAY_MS / 2);
    activity.has_assignee = true;
    activity.assignee = 1 + (uint64_t)day % 400;
    activity.status = day % 2 ? ACTIVITY_STATUS_DONE : ACTIVITY_STATUS_NOT_STARTED;
    return activity;
}

static bool is_of_cell(const struct figure_cell *cell, const struct activity *activity, int32_t day)
{
    return (!cell->has_type || cell->type == activity->type) &&
           (!cell->has_assignee || cell->assignee == activity->assignee) &&
           (!cell->has_status || cell->status == activity->status) && (!cell->has_day || cell->day == day) &&
           (!cell->has_month || cell->month == date_begin(day, DATE_MONTH)) &&
           (!cell->has_quarter || cell->quarter == date_begin(day, DATE_QUARTER)) &&
           (!cell->has_year || cell->year == date_begin(day, DATE_YEAR));
}

static void check_period(struct test *test, const struct stats_figures *query)
{
    struct ctx ctx;
    struct stats_figures_reply reply;
    int64_t sum = 0, days = 0;
    const int32_t end = PERIOD_FIRST + PERIOD_DAYS - 1;
    const int32_t from = query->has_from && query->from > PERIOD_FIRST ? query->from : PERIOD_FIRST;
    const int32_t to = query->has_to && query->to < end ? query->to : end;
    assert_true(ask(test, query, &ctx, &reply));
    assert_int_equal(reply.source, FIGURE_SOURCE_KEPT);
    for (size_t i = 0; i < reply.cells.count; i++) {
        const struct figure_cell *cell = &reply.cells.items[i];
        int64_t activities = 0, contacts = 0;
        for (int32_t day = from; day <= to; day++) {
            const struct activity activity = activity_of_day(day);
            bool counts = is_of_cell(cell, &activity, day);
            activities += counts;
            contacts += counts && activity.status == ACTIVITY_STATUS_DONE;
        }
        assert_true(activities > 0); // no cell is empty
        assert_int_equal(cell->activities, activities);
        assert_int_equal(cell->contacts, contacts);
        sum += activities;
    }
    days = to >= from ? to - from + 1 : 0;
    assert_int_equal(reply.total.activities, days);
    if (query->group_by.count)
        assert_int_equal(sum, days);
    end_query(&ctx);
}

/** Whatever a period is put together from, less what is too much: it is the sum of its days. */
static void test_periods_are_the_sum_of_their_days(void **state)
{
    struct test *test = *state;
    uint64_t *random = &test->random;
    begin(test);
    for (int32_t day = PERIOD_FIRST; day < PERIOD_FIRST + PERIOD_DAYS; day++) {
        const struct activity activity = activity_of_day(day);
        apply_in(test, activity.activity, &activity);
    }
    commit(test);
    for (int round = 0; round < 600; round++) {
        const struct period_case *wanted =
            &period_cases[random_below(random, sizeof period_cases / sizeof *period_cases)];
        struct stats_figures query = {.group_by = {wanted->count, wanted->group_by}, .has_limit = true, .limit = LIMIT};
        query.has_from = random_below(random, 8) != 0;
        query.has_to = random_below(random, 8) != 0;
        query.from = PERIOD_FIRST - 40 + (int32_t)random_below(random, PERIOD_DAYS + 80);
        query.to = query.from + (int32_t)random_below(random, round % 2 ? 100 : 800);
        if (random_below(random, 3) == 0)
            query.from = date_begin(query.from, DATE_QUARTER);
        check_period(test, &query);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_are_what_is_counted_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kept_figures_answer_where_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_quarters_are_counted_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_senseless_questions_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_persons_named_twice_count_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_figures_while_all_comes_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types_have_whatever_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_read_before_counts_too, setup, teardown),
        cmocka_unit_test_setup_teardown(test_periods_are_the_sum_of_their_days, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
