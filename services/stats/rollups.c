// SPDX-License-Identifier: Apache-2.0
#include "services/stats/rollups.h"

#include "services/stats/zone.h"

enum { CONTACTS_SHIFT = 32 };
#define ACTIVITIES_MASK INT64_C(0xffffffff)
#define MOST_ACTIVITIES (ACTIVITIES_MASK - (1 << 24))

const struct rollup rollups[] = {
    {1, 1, "total", 0, {0}},
    {2, 2, "type", 1, {PART_TYPE}},
    {3, 3, "person", 1, {PART_PERSON}},
    {4, 4, "day", 1, {PART_DAY}},
    {5, 5, "type_day", 2, {PART_TYPE, PART_DAY}},
    {6, 6, "person_day", 2, {PART_PERSON, PART_DAY}},
    {8, 8, "status_day", 2, {PART_STATUS, PART_DAY}},
    {9, 9, "assignee_day", 2, {PART_ASSIGNEE, PART_DAY}},
    {10, 10, "assignee_type_day", 3, {PART_ASSIGNEE, PART_TYPE, PART_DAY}},
    {11, 11, "status_type_day", 3, {PART_STATUS, PART_TYPE, PART_DAY}},
    {6, 7, "base", 3, {PART_PERSON, PART_TYPE, PART_QUARTER}},
};
const size_t rollup_count = sizeof rollups / sizeof *rollups;

bool rollup_has(const struct rollup *rollup, enum part part)
{
    for (size_t i = 0; i < rollup->part_count; i++)
        if (rollup->parts[i] == part)
            return true;
    return false;
}

struct key rollup_key(const struct rollup *rollup, const struct cell_key *cell)
{
    struct key key;
    key.len = 0;
    key.failed = false;
    key_u8(&key, rollup->tree);
    for (size_t i = 0; i < rollup->part_count; i++) {
        key_number(&key, cell->values[i]);
        if (i == 0)
            key_u8(&key, rollup->number);
    }
    if (rollup->part_count == 0)
        key_u8(&key, rollup->number);
    return key;
}

static bool take_u8(struct bytes *rest, uint8_t *out_number)
{
    if (rest->len == 0)
        return false;
    *out_number = rest->data[0];
    *rest = bytes_of(rest->data + 1, rest->len - 1);
    return true;
}

/** Reads the beginning of a key up to the roll-up's number; `rest` is what follows. */
static const struct rollup *read_begin(struct bytes *rest, int64_t *out_first)
{
    uint8_t tree, number;
    const struct rollup *rollup = rollups, *end = rollups + rollup_count;
    if (!take_u8(rest, &tree))
        return NULL;
    while (rollup < end && rollup->tree != tree)
        rollup++;
    if (rollup == end || (rollup->part_count > 0 && !key_take_number(rest, out_first)) || !take_u8(rest, &number))
        return NULL;
    while (rollup < end && (rollup->number != number || rollup->tree != tree))
        rollup++;
    return rollup < end ? rollup : NULL;
}

const struct rollup *rollup_of_key(struct bytes key, int64_t *out_first)
{
    return read_begin(&key, out_first);
}

bool rollup_read_key(const struct rollup *rollup, struct bytes key, struct cell_key *out_cell)
{
    struct cell_key cell = {{0}};
    const struct rollup *found = read_begin(&key, &cell.values[0]);
    if (!found || found != rollup)
        return false;
    for (size_t i = 1; i < rollup->part_count; i++)
        if (!key_take_number(&key, &cell.values[i]))
            return false;
    if (key.len > 0)
        return false;
    *out_cell = cell;
    return true;
}

static int64_t part_of(const struct fact *fact, enum part part)
{
    switch (part) {
    case PART_TYPE:
        return (int64_t)fact->type;
    case PART_PERSON:
        return (int64_t)fact->person;
    case PART_DAY:
        return fact->day;
    case PART_STATUS:
        return fact->has_status ? fact->status : 0;
    case PART_ASSIGNEE:
        return (int64_t)fact->assignee;
    case PART_QUARTER:
        break;
    }
    return quarter_of(fact->start_ms);
}

struct cell_key rollup_cell_of(const struct rollup *rollup, const struct fact *fact)
{
    struct cell_key cell = {{0}};
    for (size_t i = 0; i < rollup->part_count; i++)
        cell.values[i] = part_of(fact, rollup->parts[i]);
    return cell;
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

struct figures fact_figures(const struct fact *fact)
{
    return (struct figures){1, fact->contact};
}

static void add(struct store_txn *txn, const struct rollup *rollup, const struct fact *fact, int64_t amount)
{
    if (amount == 0)
        return;
    struct cell_key cell = rollup_cell_of(rollup, fact);
    struct key key = rollup_key(rollup, &cell);
    index_add(txn, &stats_cells, key_bytes(&key), amount);
}

static bool same_cell(const struct rollup *rollup, const struct fact *a, const struct fact *b)
{
    for (size_t i = 0; i < rollup->part_count; i++)
        if (part_of(a, rollup->parts[i]) != part_of(b, rollup->parts[i]))
            return false;
    return true;
}

void rollups_count(struct store_txn *txn, const struct fact *old, const struct fact *now)
{
    int64_t before = old ? figures_sum(fact_figures(old)) : 0, after = now ? figures_sum(fact_figures(now)) : 0;
    for (size_t i = 0; i < rollup_count; i++) {
        if (old && now && same_cell(&rollups[i], old, now)) {
            add(txn, &rollups[i], now, after - before);
            continue;
        }
        if (old)
            add(txn, &rollups[i], old, -before);
        if (now)
            add(txn, &rollups[i], now, after);
    }
}
