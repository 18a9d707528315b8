// SPDX-License-Identifier: Apache-2.0
/** Days of the Gregorian calendar as days since 1970-01-01, and their text "YYYY-MM-DD". No time zones here. */
#ifndef COMMON_BASE_DATE_H
#define COMMON_BASE_DATE_H

#include "common/base/text.h"

enum { DATE_TEXT_LEN = 10 };

/** False unless `text` is a real day from 1800-01-01 to 9999-12-31, written YYYY-MM-DD. */
bool date_parse(struct text text, int32_t *out_days);

/** Writes exactly DATE_TEXT_LEN characters, no NUL; `days` must be one that date_parse can give. */
void date_format(int32_t days, char out[DATE_TEXT_LEN]);

/** Days since 1970-01-01 of a day of the calendar, which must exist (month 1–12, day 1–31). */
int32_t date_from_civil(int year, int month, int day);

enum date_unit {
    DATE_DAY,
    DATE_WEEK,  // of ISO 8601: from Monday
    DATE_DEKAD, // days 1 to 10, 11 to 20, 21 to the last one of a month
    DATE_MONTH,
    DATE_QUARTER,
    DATE_YEAR,
};

/** The first day of the unit that the day is of. */
int32_t date_begin(int32_t days, enum date_unit unit);

/** The first day of the unit so many units later, or earlier; `days` is the first one of its unit. */
int32_t date_add(int32_t days, enum date_unit unit, int count);

/** True when `days` lies in the range that date_parse accepts. */
bool date_in_range(int64_t days);

#endif
