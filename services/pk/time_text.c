// SPDX-License-Identifier: Apache-2.0
#include "services/pk/time_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/date.h"

enum { FEWEST_DIGITS_OF_MS = 9 }; // fewer could be a misspelt year

static bool parse_ms(const char *text, int64_t *out_ms)
{
    char *end = NULL;
    errno = 0;
    long long ms = strtoll(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno != 0 || end - text < FEWEST_DIGITS_OF_MS)
        return false;
    *out_ms = ms;
    return true;
}

/** A number of exactly so many digits; returns what is behind it, or NULL. */
static const char *take_number(const char *text, size_t digits, int *out_number)
{
    int number = 0;
    for (size_t i = 0; i < digits; i++, text++) {
        if (!isdigit((unsigned char)*text))
            return NULL;
        number = number * 10 + (*text - '0');
    }
    *out_number = number;
    return text;
}

/** "Z", "+01:00" or "+0100" as seconds east of UTC. */
static bool parse_offset(const char *text, long *out_seconds)
{
    int hours = 0, minutes = 0;
    if (strcmp(text, "Z") == 0) {
        *out_seconds = 0;
        return true;
    }
    if (*text != '+' && *text != '-')
        return false;
    const char *rest = take_number(text + 1, 2, &hours);
    if (rest && *rest == ':')
        rest++;
    rest = rest ? take_number(rest, 2, &minutes) : NULL;
    if (!rest || *rest || hours > 14 || minutes > 59)
        return false;
    *out_seconds = (*text == '-' ? -1 : 1) * (hours * 3600L + minutes * 60L);
    return true;
}

/** Hour, minute and perhaps second after a day; what is left is an offset or nothing. NULL: it is no time of day. */
static const char *parse_clock(const char *text, struct tm *time)
{
    if (*text == '\0')
        return text;
    if (*text != ' ' && *text != 'T')
        return NULL;
    text = take_number(text + 1, 2, &time->tm_hour);
    text = text && *text == ':' ? take_number(text + 1, 2, &time->tm_min) : NULL;
    if (text && *text == ':')
        text = take_number(text + 1, 2, &time->tm_sec);
    return time->tm_hour <= 23 && time->tm_min <= 59 && time->tm_sec <= 59 ? text : NULL;
}

/** Local time to seconds; false when the clocks jumped over it. */
static bool local_seconds(struct tm time, time_t *out_seconds)
{
    struct tm wanted = time;
    time.tm_isdst = -1;
    *out_seconds = mktime(&time);
    return time.tm_hour == wanted.tm_hour && time.tm_min == wanted.tm_min && time.tm_mday == wanted.tm_mday;
}

/** `text` begins with a day that date_parse took. */
static void set_day(const char *text, struct tm *time)
{
    take_number(text, 4, &time->tm_year);
    take_number(text + 5, 2, &time->tm_mon);
    take_number(text + 8, 2, &time->tm_mday);
    time->tm_year -= 1900;
    time->tm_mon -= 1;
}

bool time_parse(const char *text, int64_t *out_ms)
{
    int32_t days = 0;
    if (strcmp(text, "now") == 0) {
        *out_ms = clock_utc_ms(clock_system());
        return true;
    }
    if (strlen(text) < DATE_TEXT_LEN || !date_parse((struct text){text, DATE_TEXT_LEN}, &days))
        return parse_ms(text, out_ms);
    struct tm time = {0};
    const char *offset = parse_clock(text + DATE_TEXT_LEN, &time);
    if (!offset)
        return false;
    set_day(text, &time);
    time_t seconds = 0;
    long east = 0;
    if (*offset == '\0') {
        if (!local_seconds(time, &seconds))
            return false;
    } else {
        if (!parse_offset(offset, &east))
            return false;
        seconds = timegm(&time) - east;
    }
    *out_ms = (int64_t)seconds * 1000;
    return true;
}

void time_format(int64_t ms, char out[TIME_TEXT_BYTES])
{
    time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
    struct tm local;
    if (!localtime_r(&seconds, &local) || strftime(out, TIME_TEXT_BYTES, "%Y-%m-%d %H:%M:%S", &local) == 0)
        snprintf(out, TIME_TEXT_BYTES, "%lld ms", (long long)ms);
}
