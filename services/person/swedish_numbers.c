// SPDX-License-Identifier: Apache-2.0
#include "services/person/swedish_numbers.h"

#include "common/base/date.h"

enum {
    SHORT_LEN = 10, // digits without the century
    COORDINATION_DAYS = 60,
};

static const char form_problem[] = "is not a personal number; write it as 811218-9876 or 19811218-9876";
static const char check_problem[] = "has a wrong check digit; look for a mistyped digit";

/** Digits of a number and the sign before its last four, 0 when there is none. */
struct digits {
    char items[PERSONAL_NUMBER_LEN];
    size_t count;
    char sign;
};

/** False: something else than digits, more of them than there may be, or a sign anywhere else. */
static bool take_digits(struct text text, struct digits *out_digits)
{
    *out_digits = (struct digits){.count = 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_sign = (c == '-' || c == '+') && i + 5 == text.len && !out_digits->sign;
        if (is_sign)
            out_digits->sign = c;
        else if (c >= '0' && c <= '9' && out_digits->count < sizeof out_digits->items)
            out_digits->items[out_digits->count++] = c;
        else
            return false;
    }
    return true;
}

/** Of ten digits: every other one is doubled, the first too; the digits of all add up to a multiple of ten. */
static bool check_digit_holds(const char *digits)
{
    int sum = 0;
    for (int i = 0; i < SHORT_LEN; i++) {
        int digit = (digits[i] - '0') * (i % 2 ? 1 : 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static int number_of(const char *digits, size_t len)
{
    int number = 0;
    for (size_t i = 0; i < len; i++)
        number = number * 10 + (digits[i] - '0');
    return number;
}

/** The day that eight digits name; false: there is no such day. */
static bool day_of(const char *digits, int32_t *out_day)
{
    int day = number_of(digits + 6, 2);
    char text[DATE_TEXT_LEN] = {digits[0], digits[1], digits[2], digits[3], '-', digits[4], digits[5], '-'};
    if (day > COORDINATION_DAYS)
        day -= COORDINATION_DAYS;
    text[8] = (char)('0' + day / 10);
    text[9] = (char)('0' + day % 10);
    return date_parse((struct text){text, sizeof text}, out_day);
}

/** Finds the century: the latest with which the birth is not after today; with a plus, the one before. */
static bool add_century(const struct digits *digits, int32_t today, struct personal_number *out_number)
{
    for (int century = 99; century >= 18; century--) {
        out_number->digits[0] = (char)('0' + century / 10);
        out_number->digits[1] = (char)('0' + century % 10);
        memcpy(out_number->digits + 2, digits->items, SHORT_LEN);
        if (!day_of(out_number->digits, &out_number->birth_date) || out_number->birth_date > today)
            continue;
        if (digits->sign != '+')
            return true;
        out_number->digits[0] = (char)('0' + (century - 1) / 10);
        out_number->digits[1] = (char)('0' + (century - 1) % 10);
        return day_of(out_number->digits, &out_number->birth_date);
    }
    return false;
}

const char *personal_number_read(struct text text, int32_t today, struct personal_number *out_number)
{
    struct digits digits;
    if (!take_digits(text, &digits))
        return form_problem;
    bool is_long = digits.count == PERSONAL_NUMBER_LEN && digits.sign != '+';
    if (!is_long && digits.count != SHORT_LEN)
        return form_problem;
    if (is_long)
        memcpy(out_number->digits, digits.items, PERSONAL_NUMBER_LEN);
    bool has_day =
        is_long ? day_of(out_number->digits, &out_number->birth_date) : add_century(&digits, today, out_number);
    if (!has_day)
        return "names no day of birth; it begins with year, month and day";
    if (out_number->birth_date > today)
        return "names a day of birth in the future; look at the century";
    return check_digit_holds(out_number->digits + PERSONAL_NUMBER_LEN - SHORT_LEN) ? NULL : check_problem;
}

const char *organisation_number_read(struct text text, char out_number[ORGANISATION_NUMBER_LEN])
{
    struct digits digits;
    bool has_form = take_digits(text, &digits) && digits.sign != '+';
    bool is_long = has_form && digits.count == PERSONAL_NUMBER_LEN && memcmp(digits.items, "16", 2) == 0;
    if (!has_form || (!is_long && digits.count != SHORT_LEN))
        return "is not an organisation number; write it as 556036-0793";
    const char *ten = digits.items + (is_long ? PERSONAL_NUMBER_LEN - SHORT_LEN : 0);
    if (!check_digit_holds(ten))
        return check_problem;
    memcpy(out_number, ten, 6);
    out_number[6] = '-';
    memcpy(out_number + 7, ten + 6, 4);
    return NULL;
}
