// SPDX-License-Identifier: Apache-2.0
/**
 * Value: members of a C struct as its descriptor says where they are. For common/wire, and for services that read any struct by its table.
 *
 * Members are copied, not pointed to by another type, so that neither aliasing nor alignment matters.
 */
#ifndef COMMON_WIRE_VALUE_H
#define COMMON_WIRE_VALUE_H

#include "common/base/text.h"
#include "common/wire/desc.h"

enum presence {
    VALUE_ABSENT,
    VALUE_PRESENT,
    VALUE_CLEARED, // `clear_…` is set: nil on the wire
};

static inline const void *value_member(const void *value, uint16_t offset)
{
    return (const char *)value + offset;
}

static inline bool value_flag(const void *value, uint16_t offset)
{
    bool flag = false;
    if (offset != FIELD_NO_OFFSET)
        memcpy(&flag, value_member(value, offset), sizeof flag);
    return flag;
}

static inline struct list value_list(const void *at)
{
    struct list list;
    memcpy(&list, at, sizeof list);
    return list;
}

static inline int64_t value_int64(const void *at)
{
    int64_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

static inline int32_t value_int32(const void *at)
{
    int32_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

static inline struct bytes value_bytes(const void *at)
{
    struct bytes bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

static inline struct text value_text(const void *at)
{
    struct text text;
    memcpy(&text, at, sizeof text);
    return text;
}

static inline bool value_bool(const void *at)
{
    return value_flag(at, 0);
}

static inline enum presence value_presence(const struct field_desc *field, const void *value)
{
    if (value_flag(value, field->clear_offset))
        return VALUE_CLEARED;
    if (field->flags & FIELD_REQUIRED)
        return VALUE_PRESENT;
    if (field->flags & FIELD_LIST)
        return value_list(value_member(value, field->offset)).count ? VALUE_PRESENT : VALUE_ABSENT;
    return value_flag(value, field->has_offset) ? VALUE_PRESENT : VALUE_ABSENT;
}

/** Bytes of one value of the field's kind: of an element, when it is a list. */
static inline size_t value_size(const struct field_desc *field)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_INT:
    case FIELD_ID:
    case FIELD_TIME:
        return sizeof(int64_t);
    case FIELD_DATE:
    case FIELD_ENUM:
        return sizeof(int32_t);
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_BIN:
    case FIELD_RAW:
        break;
    case FIELD_STRUCT:
        return field->structure->size;
    }
    return sizeof(struct bytes);
}

#endif
