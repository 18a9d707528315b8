// SPDX-License-Identifier: Apache-2.0
#include "common/wire/codec.h"

#include "common/base/must.h"
#include "common/wire/frame.h"
#include "common/wire/rules.h"
#include "common/wire/utf8.h"
#include "common/wire/value.h"

struct validation {
    bool numbered_frame; // what raw values may hold is decided by the frame they will stand in
    struct refusal *refusal;
};

static bool valid_struct(const struct validation *validation, const struct struct_desc *desc, const struct place *outer,
                         const void *value);

static bool valid_text(const struct place *place, struct text text, struct refusal *refusal)
{
    if (!rule_length(place, text.len, refusal))
        return false;
    if (!utf8_is_text(text))
        return place_refuse(place, refusal, ERROR_INVALID_FIELD, "must be UTF-8 without NUL");
    return place->field->kind == FIELD_TEXT || rule_line(place, text, refusal);
}

static bool valid_raw(const struct validation *validation, const struct place *place, struct bytes raw)
{
    if (!rule_length(place, raw.len, validation->refusal))
        return false;
    return frame_check(raw, validation->numbered_frame, NULL) == FRAME_OK ||
           rule_refuse_type(place, false, validation->refusal);
}

static bool valid_value(const struct validation *validation, const struct place *place, bool numbered, const void *at)
{
    struct refusal *refusal = validation->refusal;
    switch ((enum field_kind)place->field->kind) {
    case FIELD_BOOL:
    case FIELD_TIME:
        return true;
    case FIELD_INT:
        return rule_int(place, value_int64(at), refusal);
    case FIELD_ID:
        return rule_id(place, (uint64_t)value_int64(at), refusal);
    case FIELD_DATE:
        return rule_date(place, numbered, value_int32(at), refusal);
    case FIELD_ENUM:
        return rule_enum(place, value_int32(at), refusal);
    case FIELD_TEXT:
    case FIELD_LINE:
        return valid_text(place, value_text(at), refusal);
    case FIELD_BIN:
        return rule_length(place, value_bytes(at).len, refusal);
    case FIELD_RAW:
        return valid_raw(validation, place, value_bytes(at));
    case FIELD_STRUCT:
        return valid_struct(validation, place->field->structure, place, at);
    }
    must(false); // there is no other kind
    return false;
}

static bool valid_list(const struct validation *validation, struct place *place, bool numbered, const void *at)
{
    struct list list = value_list(at);
    if (!rule_items(place, list.count, validation->refusal))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        place->index = i;
        const char *item = (const char *)list.items + i * value_size(place->field);
        if (!valid_value(validation, place, numbered, item))
            return false;
    }
    return true;
}

static bool valid_struct(const struct validation *validation, const struct struct_desc *desc, const struct place *outer,
                         const void *value)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        if (value_presence(field, value) != VALUE_PRESENT)
            continue;
        struct place place = {outer, field, PLACE_NO_INDEX};
        const void *at = value_member(value, field->offset);
        bool is_valid = (field->flags & FIELD_LIST) ? valid_list(validation, &place, desc->numbered, at)
                                                    : valid_value(validation, &place, desc->numbered, at);
        if (!is_valid)
            return false;
    }
    return true;
}

bool codec_valid(const struct struct_desc *desc, const void *value, struct refusal *refusal)
{
    struct validation validation = {desc->numbered, refusal};
    return valid_struct(&validation, desc, NULL, value);
}
