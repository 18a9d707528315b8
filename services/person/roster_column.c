// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_column.h"

#include <stdlib.h>
#include <string.h>

enum {
    PART_PERSONS = 4096, // few enough that making room for one between others costs next to nothing
    FIRST_CAPACITY = 4,
};

void roster_column_fini(struct roster_column *column)
{
    for (size_t i = 0; i < column->part_count; i++) {
        free(column->parts[i].values);
        free(column->parts[i].persons);
    }
    free(column->parts);
    *column = (struct roster_column){.part_count = 0};
}

/** NULL: no memory. */
static struct roster_column_part *part_of(struct roster_column *column, uint32_t person)
{
    size_t at = person / PART_PERSONS;
    if (at >= column->part_count) {
        size_t count = at + 1 + column->part_count / 8;
        struct roster_column_part *parts = realloc(column->parts, count * sizeof *parts);
        if (!parts)
            return NULL;
        memset(parts + column->part_count, 0, (count - column->part_count) * sizeof *parts);
        column->parts = parts;
        column->part_count = count;
    }
    return &column->parts[at];
}

static bool has_room(struct roster_column_part *part)
{
    if (part->count < part->capacity)
        return true;
    uint32_t capacity = part->capacity + part->capacity / 2 + FIRST_CAPACITY;
    if (capacity > PART_PERSONS)
        capacity = PART_PERSONS;
    int64_t *values = realloc(part->values, capacity * sizeof *values);
    if (values)
        part->values = values;
    uint16_t *persons = realloc(part->persons, capacity * sizeof *persons);
    if (persons)
        part->persons = persons;
    if (values && persons)
        part->capacity = capacity;
    return values && persons;
}

/** Place of the first one who is not before the person. */
static uint32_t place_of(const struct roster_column_part *part, uint16_t person)
{
    uint32_t low = 0, high = part->count;
    if (high > 0 && part->persons[high - 1] < person)
        return high; // persons are mostly new ones
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (part->persons[middle] < person)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct roster_column_part *part, uint32_t place, uint16_t person)
{
    return place < part->count && part->persons[place] == person;
}

/** Moves those from `from` on to `to`. */
static void move(struct roster_column_part *part, uint32_t to, uint32_t from)
{
    size_t count = part->count - from;
    if (count == 0)
        return;
    memmove(part->values + to, part->values + from, count * sizeof *part->values);
    memmove(part->persons + to, part->persons + from, count * sizeof *part->persons);
}

bool roster_column_put(struct roster_column *column, uint32_t person, int64_t value)
{
    struct roster_column_part *part = part_of(column, person);
    uint16_t within = (uint16_t)(person % PART_PERSONS);
    if (!part)
        return false;
    uint32_t place = place_of(part, within);
    if (!is_at(part, place, within)) {
        if (!has_room(part))
            return false;
        move(part, place + 1, place);
        part->persons[place] = within;
        part->count++;
    }
    part->values[place] = value;
    return true;
}

void roster_column_take(struct roster_column *column, uint32_t person)
{
    if (person / PART_PERSONS >= column->part_count)
        return;
    struct roster_column_part *part = &column->parts[person / PART_PERSONS];
    uint16_t within = (uint16_t)(person % PART_PERSONS);
    uint32_t place = place_of(part, within);
    if (!is_at(part, place, within))
        return;
    move(part, place, place + 1);
    part->count--;
}

void roster_column_add_within(const struct roster_column *column, int64_t from, int64_t to, roaring_bitmap_t *persons)
{
    uint32_t found[PART_PERSONS];
    for (size_t i = 0; i < column->part_count; i++) {
        const struct roster_column_part *part = &column->parts[i];
        size_t count = 0;
        for (uint32_t j = 0; j < part->count; j++) {
            found[count] = (uint32_t)(i * PART_PERSONS) + part->persons[j];
            count += part->values[j] >= from && part->values[j] <= to; // without a jump, as with dates
        }
        roaring_bitmap_add_many(persons, count, found);
    }
}
