// SPDX-License-Identifier: Apache-2.0
/** Days of zones that have made them odd: 23 and 25 hours, quarter-hours, a day that never was, midnight passed twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/date.h"
#include "services/stats/zone.h"

/** A moment of UTC. */
static int64_t at(int year, int month, int day, int hour, int minute, int second)
{
    return date_from_civil(year, month, day) * (int64_t)DAY_MS + ((hour * 60 + minute) * 60 + second) * (int64_t)1000;
}

static struct zone *open_zone(const char *name)
{
    struct zone *zone = zone_open(text_of(name));
    assert_non_null(zone);
    return zone;
}

static void assert_day(const struct zone *zone, int64_t utc_ms, int year, int month, int day)
{
    assert_int_equal(zone_day(zone, utc_ms), date_from_civil(year, month, day));
}

/** The day's instants are exactly from `first_ms` until `end_ms`. */
static void assert_lasts(const struct zone *zone, int64_t first_ms, int64_t end_ms, int year, int month, int day)
{
    assert_day(zone, first_ms, year, month, day);
    assert_day(zone, end_ms - 1, year, month, day);
    assert_int_equal(zone_day(zone, first_ms - 1), date_from_civil(year, month, day) - 1);
    assert_int_equal(zone_day(zone, end_ms), date_from_civil(year, month, day) + 1);
}

static void test_stockholm_has_days_of_23_and_25_hours(void **state)
{
    (void)state;
    struct zone *zone = open_zone("Europe/Stockholm");
    assert_lasts(zone, at(2026, 3, 28, 23, 0, 0), at(2026, 3, 29, 22, 0, 0), 2026, 3, 29);
    assert_lasts(zone, at(2026, 10, 24, 22, 0, 0), at(2026, 10, 25, 23, 0, 0), 2026, 10, 25);
    assert_lasts(zone, at(2026, 6, 5, 22, 0, 0), at(2026, 6, 6, 22, 0, 0), 2026, 6, 6);
    assert_lasts(zone, at(2026, 12, 30, 23, 0, 0), at(2026, 12, 31, 23, 0, 0), 2026, 12, 31);
    assert_lasts(zone, at(1968, 7, 31, 23, 0, 0), at(1968, 8, 1, 23, 0, 0), 1968, 8, 1); // no summer time then
    assert_lasts(zone, at(2055, 7, 31, 22, 0, 0), at(2055, 8, 1, 22, 0, 0), 2055, 8, 1); // beyond what files list
    zone_close(zone);
}

static void test_kathmandu_is_quarter_hours_off(void **state)
{
    (void)state;
    struct zone *zone = open_zone("Asia/Kathmandu");
    assert_lasts(zone, at(2026, 5, 1, 18, 15, 0), at(2026, 5, 2, 18, 15, 0), 2026, 5, 2);
    assert_lasts(zone, at(1985, 5, 1, 18, 30, 0), at(1985, 5, 2, 18, 30, 0), 1985, 5, 2);
    zone_close(zone);
}

static void test_apia_left_a_day_out(void **state)
{
    (void)state;
    struct zone *zone = open_zone("Pacific/Apia");
    assert_day(zone, at(2011, 12, 30, 10, 0, 0) - 1, 2011, 12, 29);
    assert_day(zone, at(2011, 12, 30, 10, 0, 0), 2011, 12, 31);
    zone_close(zone);
}

static void test_st_johns_passed_midnight_twice(void **state)
{
    (void)state;
    struct zone *zone = open_zone("America/St_Johns");
    int32_t day = 0;
    assert_day(zone, at(2010, 11, 7, 2, 29, 59), 2010, 11, 6);
    assert_day(zone, at(2010, 11, 7, 2, 30, 0), 2010, 11, 7);
    assert_day(zone, at(2010, 11, 7, 2, 31, 0), 2010, 11, 6); // a minute past midnight it became 23:01
    assert_day(zone, at(2010, 11, 7, 3, 29, 59), 2010, 11, 6);
    assert_day(zone, at(2010, 11, 7, 3, 30, 0), 2010, 11, 7);
    assert_false(zone_day_of_quarter(zone, quarter_of(at(2010, 11, 7, 2, 30, 0)), &day));
    assert_true(zone_day_of_quarter(zone, quarter_of(at(2010, 11, 7, 2, 15, 0)), &day));
    assert_int_equal(day, date_from_civil(2010, 11, 6));
    assert_true(zone_day_of_quarter(zone, quarter_of(at(2010, 11, 7, 3, 30, 0)), &day));
    assert_int_equal(day, date_from_civil(2010, 11, 7));
    zone_close(zone);
}

/** Every quarter-hour of a year either has the day of all its minutes, or is said to have several. */
static void test_quarters_agree_with_their_minutes(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Stockholm", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu",
                                        "Africa/Monrovia",  "Pacific/Chatham",  "Etc/GMT+12"};
    static const int years[] = {1971, 2010, 2011, 2026};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone *zone = open_zone(names[i]);
        size_t near = 0;
        for (size_t y = 0; y < sizeof years / sizeof *years; y++)
            for (int64_t quarter = quarter_of(at(years[y], 1, 1, 0, 0, 0));
                 quarter < quarter_of(at(years[y] + 1, 1, 1, 0, 0, 0)); quarter++) {
                int32_t day = 0;
                bool whole = zone_day_of_quarter(zone, quarter, &day), same = true;
                assert_int_equal(zone_day_near(zone, quarter * QUARTER_MS, &near),
                                 zone_day(zone, quarter * QUARTER_MS));
                for (int minute = 0; minute < 15; minute++)
                    same = same && zone_day(zone, quarter * QUARTER_MS + minute * 60000) ==
                                       zone_day(zone, quarter * QUARTER_MS);
                if (whole)
                    assert_true(same && day == zone_day(zone, quarter * QUARTER_MS));
                else
                    assert_false(same && years[y] == 2026); // of old, one may be said to be torn that is not
            }
        zone_close(zone);
    }
}

static void test_only_zones_are_opened(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Europe",
        "Europe/",
        "Europe/Nowhere",
        "europe/stockholm",
        "/etc/localtime",
        "../../etc",
        "Europe/../UTC",
        "Europe//Stockholm",
        "CET-1CEST",
        "+01:00",
        "tzdata.zi",
        "leapseconds",
        "posix/Europe/Stockholm",
        "right/UTC",
        "Europe/Stockholm ",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(zone_open(text_of(names[i])));
    assert_null(zone_open((struct text){"Europe/Stockholm\0x", 18}));
    for (size_t i = 0; i < 3; i++)
        zone_close(open_zone(((const char *const[]){"UTC", "Etc/GMT-14", "America/Argentina/ComodRivadavia"})[i]));
}

static void test_asked_zones_are_kept_within_a_bound(void **state)
{
    (void)state;
    struct zones *zones = zones_new();
    assert_non_null(zones);
    const struct zone *first = zones_get(zones, TEXT("Europe/Stockholm"));
    assert_non_null(first);
    assert_ptr_equal(zones_get(zones, TEXT("Europe/Stockholm")), first);
    assert_null(zones_get(zones, TEXT("Europe/Nowhere")));
    for (int hours = 1; hours <= 12; hours++)
        for (int turn = 0; turn < 8; turn++) {
            char name[16];
            int len = snprintf(name, sizeof name, "Etc/GMT%c%d", turn % 2 ? '+' : '-', hours);
            assert_non_null(zones_get(zones, (struct text){name, (size_t)len}));
        }
    for (const char *const *name = (const char *const[]){"UTC", "Zulu", "GMT", "Japan", "Iran", "Cuba", "Eire", "Egypt",
                                                         "Israel", "Jamaica", "Libya", "NZ", "PRC", "ROC", NULL};
         *name; name++)
        assert_non_null(zones_get(zones, text_of(*name)));
    assert_day(zones_get(zones, TEXT("Europe/Stockholm")), at(2026, 3, 28, 23, 0, 0), 2026, 3, 29);
    zones_free(zones);
}

static void test_times_beyond_the_years_count_at_their_ends(void **state)
{
    (void)state;
    struct zone *west = open_zone("Etc/GMT+12"), *east = open_zone("Etc/GMT-14");
    const int64_t times[] = {INT64_MIN, at(1899, 12, 31, 23, 59, 59), at(2200, 1, 1, 0, 0, 0), INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_true(figure_day_is_sane(zone_day(west, figure_time(times[i]))));
        assert_true(figure_day_is_sane(zone_day(east, figure_time(times[i]))));
    }
    assert_int_equal(figure_time(at(2026, 11, 23, 12, 0, 0)), at(2026, 11, 23, 12, 0, 0));
    assert_false(figure_day_is_sane(date_from_civil(1899, 12, 31)));
    assert_false(figure_day_is_sane(date_from_civil(2200, 1, 1)));
    assert_int_equal(quarter_of(-1), -1);
    assert_int_equal(quarter_of(-QUARTER_MS), -1);
    assert_int_equal(quarter_of(0), 0);
    zone_close(west);
    zone_close(east);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stockholm_has_days_of_23_and_25_hours),
        cmocka_unit_test(test_kathmandu_is_quarter_hours_off),
        cmocka_unit_test(test_apia_left_a_day_out),
        cmocka_unit_test(test_st_johns_passed_midnight_twice),
        cmocka_unit_test(test_quarters_agree_with_their_minutes),
        cmocka_unit_test(test_only_zones_are_opened),
        cmocka_unit_test(test_asked_zones_are_kept_within_a_bound),
        cmocka_unit_test(test_times_beyond_the_years_count_at_their_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
