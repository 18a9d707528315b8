// SPDX-License-Identifier: Apache-2.0
#include "common/wire/codec.h"

#include "common/base/date.h"
#include "common/base/must.h"
#include "common/wire/pack.h"
#include "common/wire/value.h"

static void encode_date(struct buffer *buffer, bool numbered, int32_t days)
{
    if (numbered) {
        pack_int(buffer, days);
        return;
    }
    char text[DATE_TEXT_LEN];
    date_format(days, text);
    pack_text(buffer, (struct text){text, sizeof text});
}

static void encode_enum(struct buffer *buffer, const struct enum_desc *desc, bool numbered, int32_t number)
{
    const char *name = enum_name(desc, number);
    must(name[0] != '\0'); // no reader could take it
    if (numbered)
        pack_int(buffer, number);
    else
        pack_text(buffer, text_of(name));
}

static void encode_value(struct buffer *buffer, const struct field_desc *field, uint32_t role_mask, bool numbered,
                         const void *at)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        pack_bool(buffer, value_bool(at));
        return;
    case FIELD_INT:
    case FIELD_TIME:
        pack_int(buffer, value_int64(at));
        return;
    case FIELD_ID:
        pack_uint(buffer, (uint64_t)value_int64(at));
        return;
    case FIELD_DATE:
        encode_date(buffer, numbered, value_int32(at));
        return;
    case FIELD_TEXT:
    case FIELD_LINE:
        pack_text(buffer, value_text(at));
        return;
    case FIELD_BIN:
        pack_bin(buffer, value_bytes(at));
        return;
    case FIELD_ENUM:
        encode_enum(buffer, field->enumeration, numbered, value_int32(at));
        return;
    case FIELD_STRUCT:
        codec_encode_for(field->structure, at, role_mask, buffer);
        return;
    case FIELD_RAW: {
        struct bytes raw = value_bytes(at);
        must(raw.len > 0); // nothing is not a value: what follows would be read in its place
        buffer_append(buffer, raw.data, raw.len);
        return;
    }
    }
    must(false); // there is no other kind
}

static void encode_field(struct buffer *buffer, const struct field_desc *field, uint32_t role_mask, bool numbered,
                         const void *at)
{
    if (!(field->flags & FIELD_LIST)) {
        encode_value(buffer, field, role_mask, numbered, at);
        return;
    }
    struct list list = value_list(at);
    size_t size = value_size(field);
    pack_list(buffer, list.count);
    for (size_t i = 0; i < list.count; i++)
        encode_value(buffer, field, role_mask, numbered, (const char *)list.items + i * size);
}

/** What stands of a field in an answer to these roles. */
static inline enum presence shown(const struct field_desc *field, uint32_t role_mask, const void *value)
{
    if ((field->flags & FIELD_SENSITIVE) && role_mask != UINT32_MAX && !(field->seen_by & role_mask))
        return VALUE_ABSENT;
    return value_presence(field, value);
}

/** Which fields stand in an answer to these roles, a bit for each; `out_cleared`: as nil. */
static uint64_t all_shown(const struct struct_desc *desc, const void *value, uint32_t role_mask, uint64_t *out_cleared)
{
    uint64_t present = 0;
    *out_cleared = 0;
    for (size_t i = 0; i < desc->count; i++) {
        enum presence presence = shown(&desc->fields[i], role_mask, value);
        present |= (uint64_t)(presence != VALUE_ABSENT) << i;
        *out_cleared |= (uint64_t)(presence == VALUE_CLEARED) << i;
    }
    return present;
}

void codec_encode(const struct struct_desc *desc, const void *value, struct buffer *buffer)
{
    codec_encode_for(desc, value, UINT32_MAX, buffer);
}

bool codec_encode_field_for(const struct field_desc *field, const void *value, uint32_t role_mask,
                            struct buffer *buffer)
{
    if (shown(field, role_mask, value) != VALUE_PRESENT)
        return false;
    encode_field(buffer, field, role_mask, false, value_member(value, field->offset));
    return true;
}

void codec_encode_for(const struct struct_desc *desc, const void *value, uint32_t role_mask, struct buffer *buffer)
{
    uint64_t cleared, left = all_shown(desc, value, role_mask, &cleared);
    pack_map(buffer, (size_t)__builtin_popcountll(left));
    for (; left; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctzll(left);
        const struct field_desc *field = &desc->fields[i];
        if (desc->numbered)
            pack_uint(buffer, field->number);
        else
            pack_text(buffer, (struct text){field->name, field->name_len});
        if (cleared >> i & 1)
            pack_nil(buffer);
        else
            encode_field(buffer, field, role_mask, desc->numbered, value_member(value, field->offset));
    }
}
