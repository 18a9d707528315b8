// SPDX-License-Identifier: Apache-2.0
/** Personal and organisation numbers: forms, centuries, check digits. The numbers are made up, or the tax agency's for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/date.h"
#include "services/person/swedish_numbers.h"

static int32_t today(void)
{
    return date_from_civil(2026, 11, 26);
}

static void assert_reads(const char *text, const char *digits, int year, int month, int day)
{
    struct personal_number number;
    const char *problem = personal_number_read(text_of(text), today(), &number);
    if (problem)
        fail_msg("%s %s", text, problem);
    assert_memory_equal(number.digits, digits, PERSONAL_NUMBER_LEN);
    assert_int_equal(number.birth_date, date_from_civil(year, month, day));
}

static void assert_wrong(const char *text, const char *part_of_problem)
{
    struct personal_number number;
    const char *problem = personal_number_read(text_of(text), today(), &number);
    if (!problem)
        fail_msg("%s was taken", text);
    else if (!strstr(problem, part_of_problem))
        fail_msg("%s: %s", text, problem);
}

static void every_form_gives_twelve_digits(void **state)
{
    (void)state;
    assert_reads("811218-9876", "198112189876", 1981, 12, 18);
    assert_reads("8112189876", "198112189876", 1981, 12, 18);
    assert_reads("19811218-9876", "198112189876", 1981, 12, 18);
    assert_reads("198112189876", "198112189876", 1981, 12, 18);
    assert_reads("811278-9873", "198112789873", 1981, 12, 18); // a coordination number: the day is 60 more
}

static void the_century_is_the_latest_that_is_not_in_the_future(void **state)
{
    (void)state;
    assert_reads("121212-1212", "201212121212", 2012, 12, 12);
    assert_reads("121212+1212", "191212121212", 1912, 12, 12);
    assert_reads("261126-0007", "202611260007", 2026, 11, 26); // born today
    assert_reads("261127-0006", "192611270006", 1926, 11, 27); // tomorrow, a hundred years ago
}

static void what_is_no_number_is_told(void **state)
{
    (void)state;
    assert_wrong("811218-9875", "check digit");
    assert_wrong("811281-9876", "check digit"); // swapped digits: the 21st of a coordination number
    assert_wrong("811232-9876", "day of birth");
    assert_wrong("810229-9876", "day of birth");
    assert_wrong("811318-9876", "day of birth");
    assert_wrong("20270101-0000", "future");
    assert_wrong("", "personal number");
    assert_wrong("811218", "personal number");
    assert_wrong("81121-89876", "personal number");
    assert_wrong("811218--9876", "personal number");
    assert_wrong("19811218+9876", "personal number");
    assert_wrong("8112189876x", "personal number");
    assert_wrong("1981121898765", "personal number");
}

/** Every single wrong digit is found, and so is every swap of neighbours but of 0 and 9: that is what the check digit is for. */
static void one_wrong_digit_is_always_found(void **state)
{
    (void)state;
    const char *const right = "5560360793";
    char kept[ORGANISATION_NUMBER_LEN], wrong[11] = "";
    for (size_t i = 0; i < 10; i++)
        for (int digit = '0'; digit <= '9'; digit++) {
            memcpy(wrong, right, 11);
            wrong[i] = (char)digit;
            bool taken = organisation_number_read((struct text){wrong, 10}, kept) == NULL;
            assert_int_equal(taken, digit == right[i]);
        }
}

static void organisation_numbers_have_one_kept_form(void **state)
{
    (void)state;
    static const char *const forms[] = {"556036-0793", "5560360793", "165560360793", "16556036-0793"};
    char kept[ORGANISATION_NUMBER_LEN];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_null(organisation_number_read(text_of(forms[i]), kept));
        assert_memory_equal(kept, "556036-0793", sizeof kept);
    }
    static const char *const wrong[] = {"", "556036", "556036+0793", "17556036-0793", "556036-079x", "5560360-793"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_non_null(organisation_number_read(text_of(wrong[i]), kept));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_twelve_digits),
        cmocka_unit_test(the_century_is_the_latest_that_is_not_in_the_future),
        cmocka_unit_test(what_is_no_number_is_told),
        cmocka_unit_test(one_wrong_digit_is_always_found),
        cmocka_unit_test(organisation_numbers_have_one_kept_form),
    };
    return cmocka_run_group_tests_name("person_swedish_numbers", tests, NULL, NULL);
}
