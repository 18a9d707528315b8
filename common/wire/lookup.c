// SPDX-License-Identifier: Apache-2.0
#include "common/wire/lookup.h"

#include "common/wire/codec.h"

enum { NEAR_NAME_BYTES = 64 }; // longer names are not compared

const struct field_desc *struct_field(const struct struct_desc *desc, struct text name)
{
    for (size_t i = 0; i < desc->count; i++)
        if (lookup_is_named(&desc->fields[i], name))
            return &desc->fields[i];
    return NULL;
}

const struct field_desc *struct_field_numbered(const struct struct_desc *desc, uint64_t number)
{
    for (size_t i = 0; number && i < desc->count; i++)
        if (desc->fields[i].number == number)
            return &desc->fields[i];
    return NULL;
}

const char *enum_name(const struct enum_desc *desc, int32_t number)
{
    // Most enums are numbered from 1 without a gap.
    if (number >= 1 && (size_t)number <= desc->count && desc->values[number - 1].number == number)
        return desc->values[number - 1].name;
    for (size_t i = 0; i < desc->count; i++)
        if (desc->values[i].number == number)
            return desc->values[i].name;
    return "";
}

int32_t enum_number(const struct enum_desc *desc, struct text name)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct enum_value *value = &desc->values[i];
        if (value->name_len == name.len && memcmp(value->name, name.data, name.len) == 0)
            return value->number;
    }
    return 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/** Levenshtein's distance: characters to insert, delete or replace. `b` has at most NEAR_NAME_BYTES. */
static size_t distance(struct text a, struct text b)
{
    size_t row[NEAR_NAME_BYTES + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

const struct field_desc *lookup_near(const struct struct_desc *desc, struct text name)
{
    const struct field_desc *nearest = NULL;
    size_t nearest_distance = name.len < 5 ? 2 : 3; // must be below: one slip in a short name, two in a longer one
    for (size_t i = 0; i < desc->count && name.len <= NEAR_NAME_BYTES; i++) {
        const struct field_desc *field = &desc->fields[i];
        if (field->name_len > NEAR_NAME_BYTES)
            continue;
        size_t far = distance(name, (struct text){field->name, field->name_len});
        if (far < nearest_distance && far < name.len) {
            nearest = field;
            nearest_distance = far;
        }
    }
    return nearest;
}
