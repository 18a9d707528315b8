// SPDX-License-Identifier: Apache-2.0
/** What is published when: conflation, numbers without a gap, a gap where something was missed, and the hand-over before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/stats/topics.h"

static const struct change total = {FIGURE_TOTAL, 0};

/** Sends what may be sent; how many, and the last one's number. */
static int send_round(struct topics *topics, int64_t now_ms, int64_t *out_number, int *out_wait_ms)
{
    int count = 0;
    topics_begin(topics);
    for (const struct topic *topic; (topic = topics_next(topics, now_ms)); count++)
        *out_number = topic->number;
    *out_wait_ms = topics_end(topics);
    return count;
}

static void assert_round(struct topics *topics, int64_t now_ms, int count, int64_t number, int wait_ms)
{
    int64_t sent_number = 0;
    int wait = 0;
    assert_int_equal(send_round(topics, now_ms, &sent_number, &wait), count);
    if (count)
        assert_int_equal(sent_number, number);
    assert_int_equal(wait, wait_ms);
}

static void test_first_change_at_once_then_conflated(void **state)
{
    (void)state;
    struct topics *topics = topics_new();
    assert_round(topics, 1000, 0, 0, -1);
    topics_change(topics, &total, 1000);
    assert_round(topics, 1000, 1, 1, -1);
    for (int i = 0; i < 50; i++)
        topics_change(topics, &total, 1030);
    assert_round(topics, 1030, 0, 0, 70);
    assert_round(topics, 1099, 0, 0, 1);
    assert_round(topics, 1100, 1, 2, -1);
    assert_round(topics, 1300, 0, 0, -1);
    topics_change(topics, &total, 1300);
    assert_round(topics, 1300, 1, 3, -1);
    topics_free(topics);
}

static void test_a_clock_set_back_stops_nothing(void **state)
{
    (void)state;
    struct topics *topics = topics_new();
    topics_change(topics, &total, 1000000);
    assert_round(topics, 1000000, 1, 1, -1);
    topics_change(topics, &total, 5000);
    assert_round(topics, 5000, 1, 2, -1);
    topics_free(topics);
}

static void test_a_round_may_end_early(void **state)
{
    (void)state;
    struct topics *topics = topics_new();
    for (uint64_t person = 1; person <= 10; person++)
        topics_change(topics, &(struct change){FIGURE_PERSON, person}, 1000);
    topics_begin(topics);
    for (int i = 0; i < 4; i++)
        assert_non_null(topics_next(topics, 1000));
    assert_int_equal(topics_end(topics), 0);
    assert_round(topics, 1000, 6, 1, -1);
    topics_free(topics);
}

static void test_forgetting_shows_as_a_gap(void **state)
{
    (void)state;
    struct topics *topics = topics_new();
    const struct change person = {FIGURE_PERSON, 17}, other = {FIGURE_PERSON, 18};
    for (int64_t now_ms = 1000; now_ms < 1500; now_ms += 100) {
        topics_change(topics, &person, now_ms);
        assert_round(topics, now_ms, 1, (now_ms - 900) / 100, -1);
    }
    topics_change(topics, &other, 1400);
    topics_forget(topics, 1450);
    assert_round(topics, 1450, 0, 0, -1); // what waited is forgotten, too
    topics_change(topics, &other, 1450);
    assert_round(topics, 1450, 0, 0, 100); // it may have been sent just before
    assert_round(topics, 1550, 1, 7, -1);  // 6 was never sent
    topics_change(topics, &person, 1600);
    assert_round(topics, 1600, 1, 7, -1); // its last was 5
    topics_free(topics);
}

static void test_topics_are_bounded(void **state)
{
    (void)state;
    struct topics *topics = topics_new();
    int forgotten = 0;
    int64_t number = 0;
    int wait_ms = 0;
    for (uint64_t person = 1; person <= 3 * TOPICS_MAX; person++)
        forgotten += !topics_change(topics, &(struct change){FIGURE_PERSON, person}, 1000);
    assert_int_equal(forgotten, 2);
    assert_int_equal(send_round(topics, 2000, &number, &wait_ms), TOPICS_MAX);
    topics_free(topics);
}

static void test_changes_are_handed_over_when_durable(void **state)
{
    (void)state;
    struct changes *changes = changes_new();
    const struct change *items = NULL;
    bool missed = true;
    changes_note(changes, FIGURE_TYPE, 3);
    assert_int_equal(changes_take(changes, &items, &missed), 0);
    changes_abort(changes);
    changes_commit(changes);
    assert_int_equal(changes_take(changes, &items, &missed), 0);
    changes_note(changes, FIGURE_TYPE, 3);
    changes_note(changes, FIGURE_TYPE, 3);
    changes_note(changes, FIGURE_PERSON, 3);
    changes_commit(changes);
    changes_note(changes, FIGURE_TYPE, 3);
    changes_commit(changes);
    assert_int_equal(changes_take(changes, &items, &missed), 2);
    assert_false(missed);
    assert_true(items[0].figure == FIGURE_TYPE && items[0].id == 3);
    assert_true(items[1].figure == FIGURE_PERSON && items[1].id == 3);
    assert_int_equal(changes_take(changes, &items, &missed), 0);
    changes_free(changes);
}

static void test_too_many_changes_are_told_and_the_newest_kept(void **state)
{
    (void)state;
    struct changes *changes = changes_new();
    const struct change *items = NULL;
    const uint64_t last = 20000;
    bool missed = false, has_last = false;
    for (uint64_t person = 1; person <= last; person++) {
        changes_note(changes, FIGURE_PERSON, person);
        if (person % 1000 == 0)
            changes_commit(changes);
    }
    size_t count = changes_take(changes, &items, &missed);
    assert_true(missed);
    assert_in_range(count, 1, last / 2);
    for (size_t i = 0; i < count; i++)
        has_last = has_last || items[i].id == last;
    assert_true(has_last);
    assert_int_equal(changes_take(changes, &items, &missed), 0);
    assert_false(missed);
    changes_free(changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_change_at_once_then_conflated),
        cmocka_unit_test(test_a_clock_set_back_stops_nothing),
        cmocka_unit_test(test_a_round_may_end_early),
        cmocka_unit_test(test_forgetting_shows_as_a_gap),
        cmocka_unit_test(test_topics_are_bounded),
        cmocka_unit_test(test_changes_are_handed_over_when_durable),
        cmocka_unit_test(test_too_many_changes_are_told_and_the_newest_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
