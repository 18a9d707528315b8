// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "common/base/date.h"

static void known_days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t days;
    } known[] = {
        {"1970-01-01", 0},      {"1969-12-31", -1},     {"2000-02-29", 11016},
        {"2000-03-01", 11017},  {"2026-11-23", 20780},  {"1900-02-28", -25509},
        {"1900-03-01", -25508}, {"1800-01-01", -62091}, {"9999-12-31", 2932896},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        int32_t days = 0;
        assert_true(date_parse(text_of(known[i].text), &days));
        assert_int_equal(days, known[i].days);
    }
}

/** Walks through every day of the range beside a plain calendar. */
static void every_day_of_the_range_there_and_back(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t expected = date_from_civil(1800, 1, 1);
    for (int year = 1800; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= length; day++, expected++) {
                char text[DATE_TEXT_LEN];
                int32_t days = -1;
                date_format(expected, text);
                if (date_from_civil(year, month, day) != expected ||
                    !date_parse((struct text){text, sizeof text}, &days))
                    fail_msg("%04d-%02d-%02d", year, month, day);
                assert_int_equal(days, expected);
            }
        }
    }
    assert_int_equal(expected - 1, date_from_civil(9999, 12, 31));
}

static void agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int32_t days = -62091; days <= 2932896; days += 97) {
        time_t seconds = (time_t)days * 86400;
        struct tm utc;
        char expected[32];
        char text[DATE_TEXT_LEN];
        assert_non_null(gmtime_r(&seconds, &utc));
        assert_int_equal(strftime(expected, sizeof expected, "%Y-%m-%d", &utc), DATE_TEXT_LEN);
        date_format(days, text);
        assert_memory_equal(text, expected, DATE_TEXT_LEN);
    }
}

static void what_is_no_day_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",           "2026",       "2026-02-29", "1900-02-29",  "2100-02-29",  "2026-02-30",  "2026-04-31",
        "2026-00-10", "2026-13-01", "2026-01-00", "2026-01-32",  "1799-12-31",  "0000-01-01",  "10000-01-01",
        "2026-1-01",  "2026-01-1",  "26-01-01",   "2026-01-01 ", " 2026-01-01", "2026-01-01T", "2026/01/01",
        "2026-0a-01", "-026-01-01", "2026-+1-01", "2026-01- 1",  "20260101",    "2026-01:01",  "２026-01",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int32_t days = 12345;
        if (date_parse(text_of(refused[i]), &days))
            fail_msg("'%s' was taken for %d", refused[i], days);
        assert_int_equal(days, 12345);
    }
}

static void the_range_ends_where_parsing_ends(void **state)
{
    (void)state;
    assert_true(date_in_range(-62091));
    assert_false(date_in_range(-62092));
    assert_true(date_in_range(2932896));
    assert_false(date_in_range(2932897));
    assert_false(date_in_range(INT64_MIN));
    assert_false(date_in_range(INT64_MAX));
}

/** Every day of some years is in one unit, which begins with it or before, and ends before the next one. */
static void test_units_follow_each_other(void **state)
{
    (void)state;
    static const enum date_unit units[] = {DATE_DAY, DATE_WEEK, DATE_DEKAD, DATE_MONTH, DATE_QUARTER, DATE_YEAR};
    static const int longest[] = {1, 7, 11, 31, 92, 366};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (int32_t day = date_from_civil(1899, 1, 1); day < date_from_civil(2105, 1, 1); day++) {
            int32_t begin = date_begin(day, units[i]), next = date_add(begin, units[i], 1);
            assert_true(begin <= day && day < next && next - begin <= longest[i]);
            assert_int_equal(date_begin(next, units[i]), next);
            assert_int_equal(date_add(next, units[i], -1), begin);
            assert_int_equal(date_add(date_add(begin, units[i], 40), units[i], -40), begin);
        }
    assert_int_equal(date_begin(date_from_civil(2026, 1, 31), DATE_DEKAD), date_from_civil(2026, 1, 21));
    assert_int_equal(date_begin(date_from_civil(2026, 1, 20), DATE_DEKAD), date_from_civil(2026, 1, 11));
    assert_int_equal(date_begin(date_from_civil(2026, 1, 10), DATE_DEKAD), date_from_civil(2026, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days),
        cmocka_unit_test(every_day_of_the_range_there_and_back),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(what_is_no_day_is_refused),
        cmocka_unit_test(the_range_ends_where_parsing_ends),
        cmocka_unit_test(test_units_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
