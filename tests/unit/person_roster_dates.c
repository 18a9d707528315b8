// SPDX-License-Identifier: Apache-2.0
/** Dates of everybody: what a span finds is what looking at each person finds, whatever was set, changed and taken away before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/person/roster_dates.h"
#include "tests/sim/rng.h"

enum { PERSONS = 3000, QUESTIONS = 400, DAYS = 4000, ROUNDS = 5 };

static int32_t draw_day(struct rng *rng)
{
    return (int32_t)rng_below(rng, 2 * DAYS) - DAYS; // before 1970, too
}

/** Most begin or end with whole spans of one length or the other, or a day beside. */
static int32_t draw_end(struct rng *rng)
{
    int32_t day = draw_day(rng);
    static const int32_t lengths[] = {1, 32, 256};
    int32_t length = lengths[rng_below(rng, 3)];
    return day - day % length + (int32_t)rng_below(rng, 3) - 1;
}

static void check_span(const struct roster_dates *dates, const int32_t *days, int32_t from, int32_t to)
{
    roaring_bitmap_t *found = roaring_bitmap_create(), *of_some = roaring_bitmap_create(),
                     *not_of_some = roaring_bitmap_create();
    roaring_bitmap_t *some = roaring_bitmap_from_range(1, PERSONS + 500, 3); // who there is no room for, too
    roster_dates_add(dates, from, to, found);
    roster_dates_sift(dates, some, from, to, true, of_some);
    roster_dates_sift(dates, some, from, to, false, not_of_some);
    for (uint32_t person = 0; person < PERSONS + 500; person++) {
        int32_t day = person < PERSONS ? days[person] : ROSTER_NO_DATE;
        bool is_within = day != ROSTER_NO_DATE && day >= from && day <= to, is_some = person % 3 == 1;
        if (roaring_bitmap_contains(found, person) != is_within ||
            roster_dates_within(dates, person, from, to) != is_within ||
            roaring_bitmap_contains(of_some, person) != (is_some && is_within) ||
            roaring_bitmap_contains(not_of_some, person) != (is_some && !is_within))
            fail_msg("person %u of day %d, from %d to %d", person, day, from, to);
    }
    assert_true(roster_dates_most(dates, from, to) >= roaring_bitmap_get_cardinality(found));
    roaring_bitmap_free(found);
    roaring_bitmap_free(of_some);
    roaring_bitmap_free(not_of_some);
    roaring_bitmap_free(some);
}

static void a_span_is_what_looking_at_each_finds(void **state)
{
    (void)state;
    static int32_t days[PERSONS];
    struct roster_dates dates = {.capacity = 0};
    struct rng rng = {.state = 7};
    assert_true(roster_dates_grow(&dates, PERSONS));
    for (size_t i = 0; i < PERSONS; i++)
        days[i] = ROSTER_NO_DATE;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PERSONS; i++) {
            uint32_t person = (uint32_t)rng_below(&rng, PERSONS);
            days[person] = rng_below(&rng, 10) == 0 ? ROSTER_NO_DATE : draw_day(&rng);
            assert_true(roster_dates_set(&dates, person, days[person]));
        }
        if (round % 2)
            roster_dates_pack(&dates);
        for (int i = 0; i < QUESTIONS; i++)
            check_span(&dates, days, draw_end(&rng), draw_end(&rng)); // some of them end before they begin
        check_span(&dates, days, INT32_MIN + 1, INT32_MAX);
        check_span(&dates, days, days[0], days[0]);
    }
    roster_dates_fini(&dates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_is_what_looking_at_each_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
