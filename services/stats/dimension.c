// SPDX-License-Identifier: Apache-2.0
#include "services/stats/dimension.h"

#include "common/base/date.h"

static int64_t value_of_type(const struct counted *counted)
{
    return counted->point.at[PART_TYPE];
}

static int64_t value_of_person(const struct counted *counted)
{
    return counted->point.at[PART_PERSON];
}

static int64_t value_of_channel(const struct counted *counted)
{
    return counted->activity_type ? counted->activity_type->channel : 0;
}

static int64_t value_of_direction(const struct counted *counted)
{
    return counted->activity_type ? counted->activity_type->direction : 0;
}

static int64_t value_of_status(const struct counted *counted)
{
    return counted->point.at[PART_STATUS];
}

static int64_t value_of_origin(const struct counted *counted)
{
    return counted->origin;
}

static int64_t value_of_assignee(const struct counted *counted)
{
    return counted->point.at[PART_ASSIGNEE];
}

static int64_t value_of_send(const struct counted *counted)
{
    return counted->send;
}

static int64_t value_of_account_manager(const struct counted *counted)
{
    return counted->point.at[PART_ACCOUNT_MANAGER];
}

static int64_t value_of_region(const struct counted *counted)
{
    return counted->point.at[PART_REGION];
}

static int64_t value_of_category(const struct counted *counted)
{
    return counted->point.at[PART_CATEGORY];
}

static int64_t value_of_sales_status(const struct counted *counted)
{
    return counted->point.at[PART_SALES_STATUS];
}

static int64_t value_of_organisation(const struct counted *counted)
{
    return counted->organisation;
}

static int64_t value_of_quarter_hour(const struct counted *counted)
{
    return counted->quarter_hour_ms;
}

static int64_t value_of_hour(const struct counted *counted)
{
    return counted->hour_ms;
}

static int64_t value_of_day(const struct counted *counted)
{
    return counted->point.at[PART_DAY];
}

static int64_t value_of_week(const struct counted *counted)
{
    return date_begin((int32_t)counted->point.at[PART_DAY], DATE_WEEK);
}

static int64_t value_of_month(const struct counted *counted)
{
    return date_begin((int32_t)counted->point.at[PART_DAY], DATE_MONTH);
}

static int64_t value_of_quarter(const struct counted *counted)
{
    return date_begin((int32_t)counted->point.at[PART_DAY], DATE_QUARTER);
}

static int64_t value_of_year(const struct counted *counted)
{
    return date_begin((int32_t)counted->point.at[PART_DAY], DATE_YEAR);
}

/** How a value is told: as a number of 64 bits, or one of 32, always or only when there is one. */
enum telling {
    TELLS_ID,
    TELLS_ENUM,
    TELLS_DATE,
    TELLS_TIME,
};

static const struct dimension_row {
    unsigned needs;
    int64_t (*value)(const struct counted *counted);
    enum telling telling;
    size_t has;
    size_t at;
} table[DIMENSION_MOST + 1] = {
#define ROW(number, name, what_it_needs, how)                                                                          \
    [number] = {what_it_needs, value_of_##name, how, offsetof(struct figure_cell, has_##name),                         \
                offsetof(struct figure_cell, name)}
    ROW(DIMENSION_TYPE, type, NEED(PART_TYPE), TELLS_ID),
    ROW(DIMENSION_PERSON, person, NEED(PART_PERSON), TELLS_ID),
    ROW(DIMENSION_DAY, day, NEED(PART_DAY), TELLS_DATE),
    ROW(DIMENSION_CHANNEL, channel, NEED_TYPE_ROW | NEED(PART_TYPE), TELLS_ENUM),
    ROW(DIMENSION_DIRECTION, direction, NEED_TYPE_ROW | NEED(PART_TYPE), TELLS_ENUM),
    ROW(DIMENSION_STATUS, status, NEED(PART_STATUS), TELLS_ENUM),
    ROW(DIMENSION_ORIGIN, origin, NEED_FACT, TELLS_ENUM),
    ROW(DIMENSION_ASSIGNEE, assignee, NEED(PART_ASSIGNEE), TELLS_ID),
    ROW(DIMENSION_ACCOUNT_MANAGER, account_manager, NEED(PART_ACCOUNT_MANAGER), TELLS_ID),
    ROW(DIMENSION_REGION, region, NEED(PART_REGION), TELLS_ID),
    ROW(DIMENSION_CATEGORY, category, NEED(PART_CATEGORY), TELLS_ID),
    [DIMENSION_GROUP] = {NEED_GROUPS, NULL, TELLS_ID, offsetof(struct figure_cell, has_group),
                         offsetof(struct figure_cell, group)},
    ROW(DIMENSION_SALES_STATUS, sales_status, NEED(PART_SALES_STATUS), TELLS_ID),
    ROW(DIMENSION_ORGANISATION, organisation, NEED_ORGANISATION, TELLS_ID),
    ROW(DIMENSION_SEND, send, NEED_FACT, TELLS_ID),
    ROW(DIMENSION_QUARTER_HOUR, quarter_hour, NEED_HOUR, TELLS_TIME),
    ROW(DIMENSION_HOUR, hour, NEED_HOUR, TELLS_TIME),
    ROW(DIMENSION_WEEK, week, NEED(PART_DAY), TELLS_DATE),
    ROW(DIMENSION_MONTH, month, NEED(PART_MONTH), TELLS_DATE),
    ROW(DIMENSION_QUARTER, quarter, NEED(PART_MONTH), TELLS_DATE),
    ROW(DIMENSION_YEAR, year, NEED(PART_MONTH), TELLS_DATE),
#undef ROW
};

unsigned dimension_needs(enum dimension dimension)
{
    return table[dimension].needs;
}

bool dimension_is_time(enum dimension dimension)
{
    return table[dimension].telling == TELLS_DATE || table[dimension].telling == TELLS_TIME;
}

bool dimension_may_be_none(enum dimension dimension)
{
    return table[dimension].telling == TELLS_ID && dimension != DIMENSION_TYPE;
}

int64_t dimension_value(enum dimension dimension, const struct counted *counted)
{
    return table[dimension].value(counted);
}

void dimension_tell(enum dimension dimension, int64_t value, struct figure_cell *cell)
{
    const struct dimension_row *row = &table[dimension];
    bool has = value != 0 || row->telling == TELLS_DATE || row->telling == TELLS_TIME;
    int32_t narrow = (int32_t)value;
    char *members = (char *)cell;
    memcpy(members + row->has, &has, sizeof has);
    if (row->telling == TELLS_ID || row->telling == TELLS_TIME)
        memcpy(members + row->at, &value, sizeof value);
    else if (has)
        memcpy(members + row->at, &narrow, sizeof narrow);
}
