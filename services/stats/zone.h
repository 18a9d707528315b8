// SPDX-License-Identifier: Apache-2.0
/**
 * Zone: which day an instant is of in a time zone, by the machine's zone files as GLib reads them.
 *
 * A zone is read once and constant from then on: any thread. Days need not have 24 hours, nor follow one another (Apia had no
 * 2011-12-30), nor be in one piece (St. John's used to go back over midnight): so a day is asked for each instant, and nothing
 * here turns a day into instants.
 *
 * Not promised: that a machine with other zone files gives the same days.
 */
#ifndef SERVICES_STATS_ZONE_H
#define SERVICES_STATS_ZONE_H

#include "common/base/text.h"

enum {
    QUARTER_MS = 15 * 60 * 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
    ZONE_REACH_MS = 16 * 60 * 60 * 1000, // no zone was ever further from UTC
};

struct zone;

/** Gives the zone of an IANA name, exactly written; NULL when there is none, or no memory. */
struct zone *zone_open(struct text name);
void zone_close(struct zone *zone);

/** A number that another one has when any of its clock's changes is another. */
uint64_t zone_digest(const struct zone *zone);

/** The day, since 1970-01-01. */
int32_t zone_day(const struct zone *zone, int64_t utc_ms);

/** As zone_day, for who asks of many instants: where the last one was found is looked at first. `near` is 0 at first, of one zone. */
int32_t zone_day_near(const struct zone *zone, int64_t utc_ms, size_t *near);

/** The day that all of a quarter-hour of UTC is of; false when it is of more than one. */
bool zone_day_of_quarter(const struct zone *zone, int64_t quarter, int32_t *out_day);

/** When the hour, and the quarter of it, of the zone's clocks began; where these were set in between, the moment that they were. */
void zone_hour(const struct zone *zone, int64_t utc_ms, int64_t *out_quarter_ms, int64_t *out_hour_ms);
void zone_hour_near(const struct zone *zone, int64_t utc_ms, size_t *near, int64_t *out_quarter_ms,
                    int64_t *out_hour_ms);

/** The same of all of a quarter-hour of UTC; false when it is of more than one. */
bool zone_hour_of_quarter(const struct zone *zone, int64_t quarter, int64_t *out_quarter_ms, int64_t *out_hour_ms);

/** Quarter-hours since 1970. */
int64_t quarter_of(int64_t utc_ms);

/* Days that can be asked for, and instants that are of one of them in every zone. */
bool figure_day_is_sane(int32_t day);

/** What lies before or after them counts at their end. */
int64_t figure_time(int64_t utc_ms);

/** Zones that were asked for before: a bounded number. One thread. */
struct zones;
struct zones *zones_new(void);
void zones_free(struct zones *zones);

/** As zone_open; borrows until the next call. */
const struct zone *zones_get(struct zones *zones, struct text name);

#endif
