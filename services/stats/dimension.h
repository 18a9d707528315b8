// SPDX-License-Identifier: Apache-2.0
/**
 * Dimensions: what figures are told apart by, as one table: what each takes to know, its value of what is counted, and how an answer tells it. Values are
 * numbers: ids, enums, the first day of a week or month, the first moment of an hour; 0 where there is none of it.
 */
#ifndef SERVICES_STATS_DIMENSION_H
#define SERVICES_STATS_DIMENSION_H

#include "proto/stats.gen.h"
#include "services/stats/rollups.h"

enum { DIMENSION_MOST = DIMENSION_YEAR }; // the greatest

/** What has to be known of what is counted. */
enum need {
    NEED_TYPE = 1,
    NEED_PERSON = 2,
    NEED_DAY = 4,
    NEED_HOUR = 8,        // a time finer than the day
    NEED_FACT = 16,       // what no roll-up tells
    NEED_ATTRIBUTES = 32, // of the person
    NEED_STATUS = 64,
    NEED_ASSIGNEE = 128,
    NEED_TYPE_ROW = 256, // what the type is
};

/** What is counted at once: a cell, or a fact; of it is there what was needed. */
struct counted {
    uint64_t type;
    uint64_t person;
    uint64_t assignee;
    int64_t status;          // 0: not known
    int32_t day;             // in the asked zone
    int64_t quarter_hour_ms; // its beginning, and that of the hour
    int64_t hour_ms;
    const struct fact *fact;
    const struct person_attributes *attributes;
    const struct activity_type *activity_type;
    struct figures figures;
};

/** Bits of enum need. */
unsigned dimension_needs(enum dimension dimension);

/** Whether it tells apart by time. */
bool dimension_is_time(enum dimension dimension);

/** Whether there may be none of it: `none` of a filter can name it. */
bool dimension_may_be_none(enum dimension dimension);

/** The value; of DIMENSION_GROUP there are several, which `counted->attributes` has. */
int64_t dimension_value(enum dimension dimension, const struct counted *counted);

/** Tells it in a cell of an answer. */
void dimension_tell(enum dimension dimension, int64_t value, struct figure_cell *cell);

#endif
