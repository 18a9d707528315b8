// SPDX-License-Identifier: Apache-2.0
#include "common/wire/same.h"

#include "common/wire/value.h"

/** One value of the field, or one element of a list. */
static bool same_value(const struct field_desc *field, const void *left, const void *right)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        return value_bool(left) == value_bool(right);
    case FIELD_INT:
    case FIELD_ID:
    case FIELD_TIME:
        return value_int64(left) == value_int64(right);
    case FIELD_DATE:
    case FIELD_ENUM:
        return value_int32(left) == value_int32(right);
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_BIN:
    case FIELD_RAW:
        break;
    case FIELD_STRUCT:
        return same_struct(field->structure, left, right);
    }
    return bytes_equal(value_bytes(left), value_bytes(right));
}

static bool same_list(const struct field_desc *field, struct list left, struct list right)
{
    size_t size = value_size(field);
    if (left.count != right.count)
        return false;
    for (size_t i = 0; i < left.count; i++)
        if (!same_value(field, (const char *)left.items + i * size, (const char *)right.items + i * size))
            return false;
    return true;
}

bool same_field(const struct field_desc *field, const void *left, const void *right)
{
    const void *left_at = value_member(left, field->offset), *right_at = value_member(right, field->offset);
    if (field->flags & FIELD_LIST)
        return same_list(field, value_list(left_at), value_list(right_at));
    enum presence presence = value_presence(field, left);
    if (presence != value_presence(field, right))
        return false;
    return presence != VALUE_PRESENT || same_value(field, left_at, right_at);
}

bool same_struct(const struct struct_desc *desc, const void *left, const void *right)
{
    for (size_t i = 0; i < desc->count; i++)
        if (!same_field(&desc->fields[i], left, right))
            return false;
    return true;
}
