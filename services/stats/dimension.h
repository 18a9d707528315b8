// SPDX-License-Identifier: Apache-2.0
/**
 * Dimensions: what figures are told apart by, as one table: what each takes to know, its value of what is counted, and how an answer tells it. Values are
 * numbers: ids, enums, the first day of a week or month, the first moment of an hour; 0 where there is none of it.
 */
#ifndef SERVICES_STATS_DIMENSION_H
#define SERVICES_STATS_DIMENSION_H

#include "proto/stats.gen.h"
#include "services/stats/persons.h"

enum { DIMENSION_MOST = DIMENSION_YEAR }; // the greatest

/** What has to be known of what is counted: bits of enum part, and of these. Of times PART_DAY or the coarser PART_MONTH. */
enum need {
    NEED_HOUR = 1 << 16,         // a time finer than the day
    NEED_FACT = 1 << 17,         // origin or send, which no cell tells
    NEED_ORGANISATION = 1 << 18, // of the person
    NEED_GROUPS = 1 << 19,       // of the person
    NEED_TYPE_ROW = 1 << 20,     // what the type is
};

/** The need of a part. */
#define NEED(part) (1U << (part))
#define NEED_ATTRIBUTES (NEED(PART_ACCOUNT_MANAGER) | NEED(PART_REGION) | NEED(PART_CATEGORY) | NEED(PART_SALES_STATUS))

/** What is counted at once: a cell, or a fact; of it is there what was needed. */
struct counted {
    struct point point;      // days in the asked zone; of a month's cell its first one. No month, no quarter.
    int64_t quarter_hour_ms; // its beginning, and that of the hour
    int64_t hour_ms;
    int64_t origin;
    int64_t send;
    int64_t organisation;
    struct groups groups;
    const struct activity_type *activity_type;
    int64_t sum; // figures_sum
};

/** What it takes: bits. */
unsigned dimension_needs(enum dimension dimension);

/** Whether it tells apart by time. */
bool dimension_is_time(enum dimension dimension);

/** Whether there may be none of it: `none` of a filter can name it. */
bool dimension_may_be_none(enum dimension dimension);

/** The value; of DIMENSION_GROUP there are several, `counted->groups`. */
int64_t dimension_value(enum dimension dimension, const struct counted *counted);

/** Tells it in a cell of an answer. */
void dimension_tell(enum dimension dimension, int64_t value, struct figure_cell *cell);

#endif
