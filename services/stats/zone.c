// SPDX-License-Identifier: Apache-2.0
#include "services/stats/zone.h"

#include <glib.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/base/date.h"
#include "services/stats/mix.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"

enum {
    MAX_NAME_BYTES = 64,
    FIRST_YEAR = 1900,
    LAST_YEAR = 2199,
    KEPT_ZONES = 32,
};

/** A time during which the offset is one. */
struct span {
    int64_t from_ms; // until the next one's
    int64_t offset_ms;
};

struct zone {
    size_t count; // at least 1; the first begins with time
    struct span spans[];
};

/** `divisor` > 0; rounds down, also below zero. */
static int64_t floor_divide(int64_t number, int64_t divisor)
{
    int64_t quotient = number / divisor;
    return quotient - (number % divisor < 0);
}

/** Names of zones are words of letters, digits, _ + and -, the first beginning with a capital; so no path leads elsewhere. */
static bool is_name(struct text name)
{
    if (name.len == 0 || name.len > MAX_NAME_BYTES || name.data[0] < 'A' || name.data[0] > 'Z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        bool ends_word = name.data[i] == '/';
        if (!ends_word && !g_ascii_isalnum(name.data[i]) && !memchr("_+-", name.data[i], 3))
            return false;
        if (ends_word && (i + 1 == name.len || name.data[i + 1] == '/'))
            return false;
    }
    return true;
}

/** The folder holds more than zones, and GLib complains on standard error of a file that is none. */
static bool is_zone_file(const char *path)
{
    char magic[4] = "";
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    bool is_zone = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
    fclose(file);
    return is_zone;
}

static GTimeZone *load(struct text name)
{
    char path[sizeof ZONE_FOLDER + MAX_NAME_BYTES];
    if (!is_name(name))
        return NULL;
    snprintf(path, sizeof path, ZONE_FOLDER "%.*s", (int)name.len, name.data);
    return is_zone_file(path) ? g_time_zone_new_identifier(path) : NULL;
}

static int interval_at(GTimeZone *source, int64_t second)
{
    return g_time_zone_find_interval(source, G_TIME_TYPE_UNIVERSAL, second);
}

/** First second of interval `index` or a later one, after `first`: GLib numbers intervals in order, but tells no ends. */
static int64_t begin_of(GTimeZone *source, int index, int64_t first, int64_t last)
{
    while (first < last) {
        int64_t middle = first + (last - first) / 2;
        if (interval_at(source, middle) < index)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

static struct zone *read_spans(GTimeZone *source)
{
    int64_t first = date_from_civil(FIRST_YEAR, 1, 1) * (int64_t)(DAY_MS / 1000);
    const int64_t last = date_from_civil(LAST_YEAR + 1, 1, 1) * (int64_t)(DAY_MS / 1000);
    int interval = interval_at(source, first);
    const int end = interval_at(source, last);
    struct zone *zone = malloc(sizeof *zone + (size_t)(end - interval + 1) * sizeof *zone->spans);
    if (!zone)
        return NULL;
    zone->count = 0;
    for (int64_t from_ms = INT64_MIN; interval <= end; interval++) {
        zone->spans[zone->count++] = (struct span){from_ms, g_time_zone_get_offset(source, interval) * (int64_t)1000};
        first = begin_of(source, interval + 1, first, last);
        from_ms = first * 1000;
    }
    return zone;
}

struct zone *zone_open(struct text name)
{
    GTimeZone *source = load(name);
    if (!source)
        return NULL;
    struct zone *zone = read_spans(source);
    g_time_zone_unref(source);
    return zone;
}

void zone_close(struct zone *zone)
{
    free(zone);
}

uint64_t zone_digest(const struct zone *zone)
{
    uint64_t digest = zone->count;
    for (size_t i = 0; i < zone->count; i++)
        digest = mix64(mix64(digest + (uint64_t)zone->spans[i].from_ms) + (uint64_t)zone->spans[i].offset_ms);
    return digest;
}

/** The span that holds the instant. */
static const struct span *span_at(const struct zone *zone, int64_t utc_ms)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->spans[middle].from_ms <= utc_ms)
            low = middle;
        else
            high = middle;
    }
    return &zone->spans[low];
}

static const struct span *span_near(const struct zone *zone, int64_t utc_ms, size_t *near)
{
    const struct span *span = &zone->spans[*near];
    bool is_in = utc_ms >= span->from_ms && (*near + 1 == zone->count || utc_ms < span[1].from_ms);
    if (!is_in)
        span = span_at(zone, utc_ms);
    *near = (size_t)(span - zone->spans);
    return span;
}

static int32_t day_in(const struct span *span, int64_t utc_ms)
{
    return (int32_t)floor_divide(utc_ms + span->offset_ms, DAY_MS);
}

int32_t zone_day(const struct zone *zone, int64_t utc_ms)
{
    return day_in(span_at(zone, utc_ms), utc_ms);
}

int32_t zone_day_near(const struct zone *zone, int64_t utc_ms, size_t *near)
{
    return day_in(span_near(zone, utc_ms, near), utc_ms);
}

bool zone_day_of_quarter(const struct zone *zone, int64_t quarter, int32_t *out_day)
{
    const int64_t first_ms = quarter * QUARTER_MS, last_ms = first_ms + QUARTER_MS - 1;
    const struct span *span = span_at(zone, first_ms);
    int32_t day = day_in(span, first_ms);
    if (span_at(zone, last_ms) != span || day_in(span, last_ms) != day)
        return false;
    *out_day = day;
    return true;
}

/** When the unit of the zone's clocks began. */
static int64_t begin_in(const struct span *span, int64_t utc_ms, int64_t unit_ms)
{
    int64_t begin_ms = floor_divide(utc_ms + span->offset_ms, unit_ms) * unit_ms - span->offset_ms;
    return begin_ms < span->from_ms ? span->from_ms : begin_ms;
}

void zone_hour(const struct zone *zone, int64_t utc_ms, int64_t *out_quarter_ms, int64_t *out_hour_ms)
{
    size_t near = 0;
    zone_hour_near(zone, utc_ms, &near, out_quarter_ms, out_hour_ms);
}

void zone_hour_near(const struct zone *zone, int64_t utc_ms, size_t *near, int64_t *out_quarter_ms,
                    int64_t *out_hour_ms)
{
    const struct span *span = span_near(zone, utc_ms, near);
    *out_quarter_ms = begin_in(span, utc_ms, QUARTER_MS);
    *out_hour_ms = begin_in(span, utc_ms, 4 * QUARTER_MS);
}

bool zone_hour_of_quarter(const struct zone *zone, int64_t quarter, int64_t *out_quarter_ms, int64_t *out_hour_ms)
{
    int64_t last_quarter_ms, last_hour_ms;
    zone_hour(zone, quarter * QUARTER_MS, out_quarter_ms, out_hour_ms);
    zone_hour(zone, (quarter + 1) * QUARTER_MS - 1, &last_quarter_ms, &last_hour_ms);
    return last_quarter_ms == *out_quarter_ms; // so its hour is the same, too
}

int64_t quarter_of(int64_t utc_ms)
{
    return floor_divide(utc_ms, QUARTER_MS);
}

bool figure_day_is_sane(int32_t day)
{
    return day >= date_from_civil(FIRST_YEAR, 1, 1) && day <= date_from_civil(LAST_YEAR, 12, 31);
}

int64_t figure_time(int64_t utc_ms)
{
    // A day's distance from the ends keeps the day within them in every zone.
    const int64_t first_ms = date_from_civil(FIRST_YEAR, 1, 2) * (int64_t)DAY_MS;
    const int64_t last_ms = date_from_civil(LAST_YEAR, 12, 31) * (int64_t)DAY_MS - 1;
    return utc_ms < first_ms ? first_ms : utc_ms > last_ms ? last_ms : utc_ms;
}

struct kept_zone {
    char name[MAX_NAME_BYTES];
    size_t name_len;
    struct zone *zone; // NULL: a free place
};

struct zones {
    struct kept_zone kept[KEPT_ZONES];
    size_t next; // place that is taken next
};

struct zones *zones_new(void)
{
    return calloc(1, sizeof(struct zones));
}

void zones_free(struct zones *zones)
{
    for (size_t i = 0; zones && i < KEPT_ZONES; i++)
        zone_close(zones->kept[i].zone);
    free(zones);
}

const struct zone *zones_get(struct zones *zones, struct text name)
{
    for (size_t i = 0; i < KEPT_ZONES; i++)
        if (zones->kept[i].zone && text_equal(name, (struct text){zones->kept[i].name, zones->kept[i].name_len}))
            return zones->kept[i].zone;
    struct zone *zone = zone_open(name);
    if (!zone)
        return NULL;
    struct kept_zone *place = &zones->kept[zones->next];
    zones->next = (zones->next + 1) % KEPT_ZONES;
    zone_close(place->zone);
    memcpy(place->name, name.data, name.len);
    place->name_len = name.len;
    place->zone = zone;
    return zone;
}
