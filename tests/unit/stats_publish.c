// SPDX-License-Identifier: Apache-2.0
/** What is published, and from which view: never from one that is older than the change. */
#include "tests/unit/stats_fixture.h"

#include "common/wire/codec.h"
#include "services/stats/publish.h"
#include "services/stats/saved.h"

enum { SEEN_MOST = 4096, NOW_MS = 1700000000 };

struct seen {
    struct figure_sink sink;
    size_t count;
    char topics[SEEN_MOST][64];
    int64_t activities[SEEN_MOST];
    enum question_problem problems[SEEN_MOST]; // of questions; 0: none
    size_t cells[SEEN_MOST];
    struct arena arena;
};

static void put(struct figure_sink *sink, struct text topic, struct bytes payload)
{
    struct seen *seen = sink->self;
    struct refusal refusal = {.code = ERROR_NONE};
    struct figures_question question;
    struct figures_total figure;
    assert_true(seen->count < SEEN_MOST && topic.len < 64);
    memcpy(seen->topics[seen->count], topic.data, topic.len);
    seen->topics[seen->count][topic.len] = '\0';
    if (text_starts_with(topic, TEXT("figures.question"))) {
        assert_true(
            codec_decode_frame(&figures_question_desc, payload, CODEC_SKIP_UNKNOWN, &seen->arena, &question, &refusal));
        seen->activities[seen->count] = question.figures.total.activities;
        seen->problems[seen->count] = question.figures.has_problem ? question.figures.problem : 0;
        seen->cells[seen->count] = question.figures.cells.count;
    } else {
        assert_true(
            codec_decode_frame(&figures_total_desc, payload, CODEC_SKIP_UNKNOWN, &seen->arena, &figure, &refusal));
        seen->activities[seen->count] = figure.cell.activities;
    }
    seen->count++;
}

static bool wants(struct figure_sink *sink, struct text topic)
{
    (void)sink;
    (void)topic;
    return true;
}

static struct seen *seen_new(void)
{
    struct seen *seen = calloc(1, sizeof *seen);
    assert_non_null(seen);
    seen->sink = (struct figure_sink){.put = put, .wants = wants, .self = seen};
    arena_init(&seen->arena, 16 << 20);
    return seen;
}

static void seen_free(struct seen *seen)
{
    arena_fini(&seen->arena);
    free(seen);
}

/** One call, from a view that may be older than what was committed. */
static int publish_from(struct test *test, struct seen *seen, struct store_txn *view, int64_t now_ms)
{
    struct ctx ctx = ctx_of(test, view);
    ctx.now_ms = now_ms;
    int wait_ms = stats_publish(test->self, &ctx, &seen->sink);
    store_abort(view);
    return wait_ms;
}

/** Calls until there is nothing to be sent at this time; what came, in `seen`. */
static void publish(struct test *test, struct seen *seen, int64_t now_ms)
{
    seen->count = 0;
    while (publish_from(test, seen, store_begin_read(test->fixture.store), now_ms) == 0)
        ;
}

/** Place of the topic among what was seen, once; -1: it was not. */
static int find(const struct seen *seen, const char *topic)
{
    int found = -1;
    for (size_t i = 0; i < seen->count; i++)
        if (strcmp(seen->topics[i], topic) == 0) {
            assert_int_equal(found, -1);
            found = (int)i;
        }
    return found;
}

static void set_region(struct test *test, uint64_t person, uint64_t region)
{
    const struct person_updated event = {.card = {.person = person, .has_region = true, .region = region}};
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    stats_on_person_updated_apply(test->self, stats_on_person_updated_check(test->self, &event, &ctx), &ctx);
    commit(test);
}

static void save(struct test *test, const struct question_save *command, enum error_code code)
{
    struct question_save_reply reply;
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    ctx.now_ms = NOW_MS;
    const struct question_save_plan *plan = question_save_check(test->self, command, &ctx);
    assert_int_equal(ctx.refusal.code, code);
    if (plan)
        question_save_apply(test->self, plan, &ctx, &reply);
    commit(test);
}

static void forget(struct test *test, uint64_t question)
{
    const struct question_delete command = {.question = question};
    struct question_delete_reply reply;
    begin(test);
    struct ctx ctx = ctx_of(test, test->txn);
    question_delete_apply(test->self, question_delete_check(test->self, &command, &ctx), &ctx, &reply);
    commit(test);
}

static struct activity of_assignee(uint64_t id, uint64_t assignee)
{
    struct activity activity = activity_at(id, 1, 1, 0);
    activity.has_assignee = true;
    activity.assignee = assignee;
    return activity;
}

static void a_change_after_the_view_is_not_lost(void **state)
{
    struct test *test = *state;
    struct seen *seen = seen_new();
    static const enum dimension by_region[] = {DIMENSION_REGION};
    const struct activity one = activity_at(1, 1, 1, 0);
    apply(test, 1, &one);
    publish(test, seen, 1000);
    struct store_txn *before = store_begin_read(test->fixture.store);
    save(test, &(struct question_save){.name = TEXT("regions"), .group_by = {1, by_region}}, ERROR_NONE);
    seen->count = 0;
    assert_int_equal(publish_from(test, seen, before, 2000), 0); // the view has no such question
    assert_int_equal(find(seen, "figures.question/1"), -1);
    publish(test, seen, 2000);
    assert_int_equal(seen->problems[find(seen, "figures.question/1")], 0);

    before = store_begin_read(test->fixture.store);
    const struct activity two = activity_at(2, 1, 1, 0);
    set_region(test, 1, 7);
    apply(test, 2, &two);
    seen->count = 0;
    assert_int_equal(publish_from(test, seen, before, 3000), 0); // it has neither the region nor the activity
    assert_int_equal(seen->count, 0);
    publish(test, seen, 3000);
    assert_int_equal(seen->activities[find(seen, "figures.question/1")], 2);
    assert_int_equal(seen->activities[find(seen, "figures.total")], 2);
    seen_free(seen);
}

static void what_became_of_a_question_is_told(void **state)
{
    struct test *test = *state;
    struct seen *seen = seen_new();
    static const enum dimension by_assignee[] = {DIMENSION_ASSIGNEE}, by_both[] = {DIMENSION_ASSIGNEE, DIMENSION_DAY};
    begin(test);
    for (uint64_t id = 1; id <= SAVED_MOST_CELLS; id++) {
        const struct activity activity = of_assignee(id, id);
        apply_in(test, id, &activity);
    }
    commit(test);
    save(test, &(struct question_save){.name = TEXT("all"), .group_by = {1, by_assignee}}, ERROR_NONE);
    save(test, &(struct question_save){.name = TEXT("days"), .group_by = {2, by_both}, .has_top = true, .top = 10},
         ERROR_NONE);
    publish(test, seen, 1000);
    assert_int_equal(seen->cells[find(seen, "figures.question/1")], SAVED_MOST_CELLS);
    assert_true(find(seen, "figures.assignee/1000") >= 0); // who subscribed to one of them hears of the start
    const struct activity more = of_assignee(1001, 1001);
    apply(test, 1001, &more);
    publish(test, seen, 2000);
    int at = find(seen, "figures.question/1");
    assert_int_equal(seen->problems[at], QUESTION_PROBLEM_TOO_LARGE);
    assert_int_equal(seen->cells[at], 0);
    assert_int_equal(seen->problems[find(seen, "figures.question/2")], 0);
    save(test, &(struct question_save){.name = TEXT("again"), .group_by = {1, by_assignee}}, ERROR_TOO_LARGE);
    apply(test, 1001, NULL);
    publish(test, seen, 3000);
    assert_int_equal(seen->problems[find(seen, "figures.question/1")], 0);
    forget(test, 1);
    publish(test, seen, 4000);
    assert_int_equal(seen->problems[find(seen, "figures.question/1")], QUESTION_PROBLEM_DELETED);
    seen_free(seen);
}

/** Questions that look at many cells have their turns one after the other, others between them. */
static void a_call_is_bounded(void **state)
{
    enum { QUESTIONS = 12 };
    struct test *test = *state;
    struct seen *seen = seen_new();
    static const enum dimension by_both[] = {DIMENSION_ASSIGNEE, DIMENSION_DAY};
    begin(test);
    for (uint64_t id = 1; id <= ACTIVITIES; id++) {
        const struct activity activity = of_assignee(id, id);
        apply_in(test, id, &activity);
    }
    commit(test);
    for (int i = 0; i < QUESTIONS; i++) {
        char name[16];
        snprintf(name, sizeof name, "q%d", i);
        save(test, &(struct question_save){.name = text_of(name), .group_by = {2, by_both}, .has_top = true, .top = 1},
             ERROR_NONE);
    }
    size_t calls = 0, questions = 0;
    for (int wait_ms = 0; wait_ms == 0; calls++) {
        seen->count = 0;
        wait_ms = publish_from(test, seen, store_begin_read(test->fixture.store), 1000);
        size_t now = 0;
        for (size_t i = 0; i < seen->count; i++)
            now += strncmp(seen->topics[i], "figures.question", 16) == 0;
        assert_in_range(now, 0, 1 + 10000 / ACTIVITIES);
        questions += now;
    }
    assert_int_equal(questions, QUESTIONS);
    assert_true(calls >= 3);
    seen_free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_after_the_view_is_not_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(what_became_of_a_question_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_is_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
