// SPDX-License-Identifier: Apache-2.0
#include "services/stats/differences.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/date.h"

enum { NAME_BYTES = 200 };

static int write_part(char *out, size_t size, enum part part, int64_t value)
{
    static const char *const names[PART_COUNT] = {
        [PART_TYPE] = "type",
        [PART_PERSON] = "person",
        [PART_DAY] = "day",
        [PART_DEKAD] = "dekad",
        [PART_MONTH] = "month",
        [PART_QUARTER] = "quarter",
        [PART_QUARTER_HOUR] = "quarter_hour",
        [PART_STATUS] = "status",
        [PART_ASSIGNEE] = "assignee",
        [PART_ACCOUNT_MANAGER] = "account_manager",
        [PART_REGION] = "region",
        [PART_CATEGORY] = "category",
        [PART_SALES_STATUS] = "sales_status",
    };
    enum date_unit unit;
    char day[DATE_TEXT_LEN];
    if (!part_unit(part, &unit) || !date_in_range(value))
        return snprintf(out, size, "%s/%" PRId64 "/", names[part], value);
    date_format((int32_t)value, day);
    return snprintf(out, size, "%s/%.*s/", names[part], DATE_TEXT_LEN, day);
}

/** As person/17/day/2026-11-23/contacts. */
static struct text name_of(struct arena *arena, const struct rollup *rollup, const struct cell_key *cell,
                           const char *measure)
{
    char name[NAME_BYTES];
    int len = 0;
    if (rollup->part_count == 0)
        len = snprintf(name, sizeof name, "total/");
    for (size_t i = 0; i < rollup->part_count; i++)
        len += write_part(name + len, sizeof name - (size_t)len, rollup->parts[i], cell->values[i]);
    len += snprintf(name + len, sizeof name - (size_t)len, "%s", measure);
    return arena_text(arena, (struct text){name, (size_t)len});
}

size_t differences_of(struct arena *arena, const struct rollup *rollup, const struct cell_key *cell, int64_t kept,
                      int64_t counted, struct figure_difference out_differences[DIFFERENCES_OF_CELL])
{
    struct figures was = figures_of_sum(kept), is = figures_of_sum(counted);
    size_t count = 0;
    if (was.activities != is.activities)
        out_differences[count++] =
            (struct figure_difference){name_of(arena, rollup, cell, "activities"), was.activities, is.activities};
    if (was.contacts != is.contacts)
        out_differences[count++] =
            (struct figure_difference){name_of(arena, rollup, cell, "contacts"), was.contacts, is.contacts};
    return count;
}
