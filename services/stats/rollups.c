// SPDX-License-Identifier: Apache-2.0
#include "services/stats/rollups.h"

#include "common/base/date.h"

enum {
    CONTACTS_SHIFT = 32,
    CUBE_BIT = 0x80, // in a key's first byte
};
#define ACTIVITIES_MASK INT64_C(0xffffffff)
#define MOST_ACTIVITIES (ACTIVITIES_MASK - (1 << 24))

const struct rollup rollups[] = {
    {1, 2, "total", 0, {0}},
    {2, 12, "type", 1, {PART_TYPE}},
    {32, 18, "assignee", 1, {PART_ASSIGNEE}},
    {12, 22, "type_month", 2, {PART_MONTH, PART_TYPE}},
    {13, 23, "status_month", 2, {PART_MONTH, PART_STATUS}},
    {14, 24, "sales_status_month", 2, {PART_MONTH, PART_SALES_STATUS}},
    {15, 25, "category_month", 2, {PART_MONTH, PART_CATEGORY}},
    {16, 26, "region_month", 2, {PART_MONTH, PART_REGION}},
    {17, 27, "account_manager_month", 2, {PART_MONTH, PART_ACCOUNT_MANAGER}},
    {18, 28, "assignee_month", 2, {PART_MONTH, PART_ASSIGNEE}},
    {19, 29, "status_type_month", 3, {PART_MONTH, PART_STATUS, PART_TYPE}},
    {20, 30, "region_type_month", 3, {PART_MONTH, PART_REGION, PART_TYPE}},
    {33, 21, "assignee_type_quarter", 3, {PART_QUARTER, PART_ASSIGNEE, PART_TYPE}},
    {21, 34, "assignee_type_month", 3, {PART_MONTH, PART_ASSIGNEE, PART_TYPE}},
    {22, 29, "type_day", 2, {PART_DAY, PART_TYPE}},
    {23, 29, "status_day", 2, {PART_DAY, PART_STATUS}},
    {24, 0, "sales_status_day", 2, {PART_DAY, PART_SALES_STATUS}},
    {25, 0, "category_day", 2, {PART_DAY, PART_CATEGORY}},
    {26, 30, "region_day", 2, {PART_DAY, PART_REGION}},
    {27, 0, "account_manager_day", 2, {PART_DAY, PART_ACCOUNT_MANAGER}},
    {28, 31, "assignee_day", 2, {PART_DAY, PART_ASSIGNEE}},
    {29, 0, "status_type_day", 3, {PART_DAY, PART_STATUS, PART_TYPE}},
    {30, 0, "region_type_day", 3, {PART_DAY, PART_REGION, PART_TYPE}},
    {34, 31, "assignee_type_dekad", 3, {PART_DEKAD, PART_ASSIGNEE, PART_TYPE}},
    {31, 0, "assignee_type_day", 3, {PART_DAY, PART_ASSIGNEE, PART_TYPE}},
    {3, 0, "person", 1, {PART_PERSON}},
    {7, 0, "base", 3, {PART_PERSON, PART_TYPE, PART_QUARTER_HOUR}},
};
const size_t rollup_count = sizeof rollups / sizeof *rollups;

bool rollup_has(const struct rollup *rollup, enum part part)
{
    for (size_t i = 0; i < rollup->part_count; i++)
        if (rollup->parts[i] == part)
            return true;
    return false;
}

uint8_t rollup_head(const struct rollup *rollup, unsigned cube)
{
    return (uint8_t)(rollup->number | (cube ? CUBE_BIT : 0));
}

unsigned rollup_cube_of(struct bytes key)
{
    return key.len > 0 && key.data[0] & CUBE_BIT ? 1 : 0;
}

struct key rollup_key(const struct rollup *rollup, unsigned cube, const struct cell_key *cell)
{
    struct key key;
    key.len = 0;
    key.failed = false;
    key_u8(&key, rollup_head(rollup, cube));
    for (size_t i = 0; i < rollup->part_count; i++)
        key_number(&key, cell->values[i]);
    return key;
}

const struct rollup *rollup_of_key(struct bytes key)
{
    for (size_t i = 0; key.len > 0 && i < rollup_count; i++)
        if (rollups[i].number == (key.data[0] & (uint8_t)~CUBE_BIT))
            return &rollups[i];
    return NULL;
}

bool rollup_read_key(const struct rollup *rollup, struct bytes key, struct cell_key *out_cell)
{
    if (key.len == 0 || (key.data[0] & (uint8_t)~CUBE_BIT) != rollup->number)
        return false;
    key = bytes_of(key.data + 1, key.len - 1);
    *out_cell = (struct cell_key){{0}};
    for (size_t i = 0; i < rollup->part_count; i++)
        if (!key_take_number(&key, &out_cell->values[i]))
            return false;
    return key.len == 0;
}

bool part_unit(enum part part, enum date_unit *out_unit)
{
    static const struct {
        enum part part;
        enum date_unit unit;
    } units[] = {
        {PART_DAY, DATE_DAY}, {PART_DEKAD, DATE_DEKAD}, {PART_MONTH, DATE_MONTH}, {PART_QUARTER, DATE_QUARTER}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].part == part) {
            *out_unit = units[i].unit;
            return true;
        }
    return false;
}

struct cell_key rollup_cell_of(const struct rollup *rollup, const struct point *point)
{
    struct cell_key cell = {{0}};
    enum date_unit unit;
    for (size_t i = 0; i < rollup->part_count; i++) {
        cell.values[i] = point->at[rollup->parts[i]];
        if (rollup->parts[i] != PART_DAY && part_unit(rollup->parts[i], &unit))
            cell.values[i] = date_begin((int32_t)point->at[PART_DAY], unit);
    }
    return cell;
}

void point_set_attributes(struct point *point, const struct attributes *attributes)
{
    point->at[PART_ACCOUNT_MANAGER] = attributes->at[ATTRIBUTE_ACCOUNT_MANAGER];
    point->at[PART_REGION] = attributes->at[ATTRIBUTE_REGION];
    point->at[PART_CATEGORY] = attributes->at[ATTRIBUTE_CATEGORY];
    point->at[PART_SALES_STATUS] = attributes->at[ATTRIBUTE_SALES_STATUS];
}

int64_t figures_sum(struct figures figures)
{
    return (int64_t)((uint64_t)figures.activities + ((uint64_t)figures.contacts << CONTACTS_SHIFT));
}

struct figures figures_of_sum(int64_t sum)
{
    int64_t activities = sum & ACTIVITIES_MASK;
    if (activities > MOST_ACTIVITIES)
        activities -= ACTIVITIES_MASK + 1;
    return (struct figures){activities, (int64_t)((uint64_t)sum - (uint64_t)activities) >> CONTACTS_SHIFT};
}
