// SPDX-License-Identifier: Apache-2.0
#include "services/stats/rollups.h"

#include "services/stats/zone.h"

enum { PART_BYTES = 8 };

const struct rollup rollups[] = {
    {1, "total", 0, {0}},
    {2, "type", 1, {PART_TYPE}},
    {3, "person", 1, {PART_PERSON}},
    {4, "day", 1, {PART_DAY}},
    {5, "type_day", 2, {PART_TYPE, PART_DAY}},
    {6, "person_day", 2, {PART_PERSON, PART_DAY}},
    {7, "base", 3, {PART_PERSON, PART_TYPE, PART_QUARTER}},
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
    struct key key = {.len = 0};
    key_u8(&key, rollup->number);
    for (size_t i = 0; i < rollup->part_count; i++)
        key_i64(&key, cell->values[i]);
    key_u8(&key, (uint8_t)cell->measure);
    return key;
}

bool rollup_read_key(const struct rollup *rollup, struct bytes key, struct cell_key *out_cell)
{
    struct cell_key cell = {.measure = 0};
    if (key.len != 2 + PART_BYTES * rollup->part_count || key.data[0] != rollup->number)
        return false;
    for (size_t i = 0; i < rollup->part_count; i++)
        cell.values[i] = key_read_i64(key.data + 1 + PART_BYTES * i);
    cell.measure = (enum measure)key.data[key.len - 1];
    if (cell.measure != MEASURE_ACTIVITIES && cell.measure != MEASURE_CONTACTS)
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
    case PART_QUARTER:
        break;
    }
    return quarter_of(fact->start_ms);
}

struct cell_key rollup_cell_of(const struct rollup *rollup, const struct fact *fact, enum measure measure)
{
    struct cell_key cell = {.measure = measure};
    for (size_t i = 0; i < rollup->part_count; i++)
        cell.values[i] = part_of(fact, rollup->parts[i]);
    return cell;
}

int64_t fact_amount(const struct fact *fact, enum measure measure)
{
    return measure == MEASURE_ACTIVITIES || fact->contact;
}

static void add(struct store_txn *txn, const struct rollup *rollup, const struct fact *fact, enum measure measure,
                int64_t amount)
{
    if (amount == 0)
        return;
    struct cell_key cell = rollup_cell_of(rollup, fact, measure);
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
    for (size_t i = 0; i < rollup_count; i++)
        for (enum measure measure = MEASURE_ACTIVITIES; measure <= MEASURE_CONTACTS; measure++) {
            int64_t before = old ? fact_amount(old, measure) : 0;
            int64_t after = now ? fact_amount(now, measure) : 0;
            if (old && now && same_cell(&rollups[i], old, now)) {
                add(txn, &rollups[i], now, measure, after - before);
                continue;
            }
            if (old)
                add(txn, &rollups[i], old, measure, -before);
            if (now)
                add(txn, &rollups[i], now, measure, after);
        }
}
