// SPDX-License-Identifier: Apache-2.0
#include "common/base/date.h"

#include "common/base/must.h"

enum { DEKADS = 3 };                                                    // in a month
enum { DAYS_PER_ERA = 146097, EPOCH_SHIFT = 719468, MONDAY_SHIFT = 3 }; // 1970-01-01 was a Thursday

// Counting years from March makes the leap day the last of its year; eras of 400 years repeat exactly.
int32_t date_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT;
}

static void civil_from_date(int32_t days, int *out_year, int *out_month, int *out_day)
{
    int shifted = days + EPOCH_SHIFT;
    int era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int day_of_era = shifted - era * DAYS_PER_ERA;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    *out_day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *out_month = month_from_march + (month_from_march < 10 ? 3 : -9);
    *out_year = year_of_era + era * 400 + (*out_month <= 2 ? 1 : 0);
}

int32_t date_begin(int32_t days, enum date_unit unit)
{
    int year = 0, month = 0, day = 0;
    civil_from_date(days, &year, &month, &day);
    switch (unit) {
    case DATE_DAY:
        break;
    case DATE_WEEK:
        return days - ((days + MONDAY_SHIFT) % 7 + 7) % 7;
    case DATE_DEKAD:
        return days - (day <= 10 ? day - 1 : day <= 20 ? day - 11 : day - 21);
    case DATE_MONTH:
        return date_from_civil(year, month, 1);
    case DATE_QUARTER:
        return date_from_civil(year, (month - 1) / 3 * 3 + 1, 1);
    case DATE_YEAR:
        return date_from_civil(year, 1, 1);
    }
    return days;
}

int32_t date_add(int32_t days, enum date_unit unit, int count)
{
    int year = 0, month = 0, day = 0;
    if (unit == DATE_DAY || unit == DATE_WEEK)
        return days + count * (unit == DATE_WEEK ? 7 : 1);
    civil_from_date(days, &year, &month, &day);
    if (unit == DATE_DEKAD) {
        int dekads = (year * 12 + month - 1) * DEKADS + (day - 1) / 10 + count;
        return date_from_civil(dekads / DEKADS / 12, dekads / DEKADS % 12 + 1, dekads % DEKADS * 10 + 1);
    }
    int months = year * 12 + month - 1 + count * (unit == DATE_YEAR ? 12 : unit == DATE_QUARTER ? 3 : 1);
    return date_from_civil(months / 12, months % 12 + 1, 1);
}

bool date_in_range(int64_t days)
{
    return days >= date_from_civil(1800, 1, 1) && days <= date_from_civil(9999, 12, 31);
}

static bool parse_digits(const char *text, int count, int *out_value)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out_value = value;
    return true;
}

bool date_parse(struct text text, int32_t *out_days)
{
    int year = 0, month = 0, day = 0;
    if (text.len != DATE_TEXT_LEN || text.data[4] != '-' || text.data[7] != '-')
        return false;
    if (!parse_digits(text.data, 4, &year) || !parse_digits(text.data + 5, 2, &month) ||
        !parse_digits(text.data + 8, 2, &day))
        return false;
    if (year < 1800 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int32_t days = date_from_civil(year, month, day);
    int same_year = 0, same_month = 0, same_day = 0;
    civil_from_date(days, &same_year, &same_month, &same_day);
    if (same_year != year || same_month != month || same_day != day)
        return false;
    *out_days = days;
    return true;
}

static void put_digits(char *out, int count, int value)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

void date_format(int32_t days, char out[DATE_TEXT_LEN])
{
    must(date_in_range(days));
    int year = 0, month = 0, day = 0;
    civil_from_date(days, &year, &month, &day);
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, day);
    out[4] = '-';
    out[7] = '-';
}
