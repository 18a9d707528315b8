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

/** "Z", "+01:00" or "+0100" as seconds east of UTC. */
static bool parse_offset(const char *text, long *out_seconds)
{
    int hours = 0, minutes = 0, len = 0;
    if (strcmp(text, "Z") == 0) {
        *out_seconds = 0;
        return true;
    }
    if (*text != '+' && *text != '-')
        return false;
    bool is_read = (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &len) == 2 ||
                    sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &len) == 2) &&
                   len > 0 && text[1 + len] == '\0';
    if (!is_read || hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
        return false;
    *out_seconds = (*text == '-' ? -1 : 1) * (hours * 3600L + minutes * 60L);
    return true;
}

/** Hour, minute and second after a day; what is left is an offset or nothing. */
static const char *parse_clock(const char *text, struct tm *time)
{
    int len = 0;
    if (*text == '\0')
        return text;
    if (*text != ' ' && *text != 'T')
        return NULL;
    if (sscanf(text + 1, "%2d:%2d%n", &time->tm_hour, &time->tm_min, &len) != 2 || len != 5)
        return NULL;
    text += 1 + len;
    if (*text == ':') {
        if (sscanf(text + 1, "%2d%n", &time->tm_sec, &len) != 1 || len != 2)
            return NULL;
        text += 1 + len;
    }
    bool is_right = time->tm_hour >= 0 && time->tm_hour <= 23 && time->tm_min >= 0 && time->tm_min <= 59 &&
                    time->tm_sec >= 0 && time->tm_sec <= 59;
    return is_right ? text : NULL;
}

/** Local time to seconds; false when the clocks jumped over it. */
static bool local_seconds(struct tm time, time_t *out_seconds)
{
    struct tm wanted = time;
    time.tm_isdst = -1;
    *out_seconds = mktime(&time);
    return time.tm_hour == wanted.tm_hour && time.tm_min == wanted.tm_min && time.tm_mday == wanted.tm_mday;
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
    struct tm time = {.tm_year = atoi(text) - 1900, .tm_mon = atoi(text + 5) - 1, .tm_mday = atoi(text + 8)};
    const char *offset = parse_clock(text + DATE_TEXT_LEN, &time);
    if (!offset)
        return false;
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
