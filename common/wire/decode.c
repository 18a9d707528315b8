// SPDX-License-Identifier: Apache-2.0
#include "common/wire/codec.h"

#include <stdio.h>

#include "common/base/date.h"
#include "common/base/must.h"
#include "common/wire/frame.h"
#include "common/wire/lookup.h"
#include "common/wire/rules.h"
#include "common/wire/token.h"
#include "common/wire/value.h"

enum { NIL_BYTE = 0xc0 };

struct decoder {
    struct token_reader reader;
    enum codec_unknown unknown;
    struct arena *arena;
    struct refusal *refusal;
};

static bool decode_struct(struct decoder *decoder, const struct struct_desc *desc, const struct place *outer,
                          size_t pairs, void *out);

static bool is_broken(const struct token *token)
{
    return token->type == TOKEN_TRUNCATED || token->type == TOKEN_FORBIDDEN;
}

/** Only reached with bytes that did not pass the frame check. */
static bool refuse_malformed(struct decoder *decoder, const struct place *place)
{
    return place_refuse(place, decoder->refusal, ERROR_MALFORMED, "is not well-formed msgpack");
}

static bool decode_integer(struct decoder *decoder, const struct place *place, const struct token *token, void *out)
{
    int64_t value = 0;
    if (!token_integer(token, &value))
        return rule_refuse_type(place, false, decoder->refusal);
    if (place->field->kind == FIELD_INT && !rule_int(place, value, decoder->refusal))
        return false;
    if (place->field->kind == FIELD_ID && !rule_id(place, value < 0 ? 0 : (uint64_t)value, decoder->refusal))
        return false;
    memcpy(out, &value, sizeof value);
    return true;
}

static bool decode_date(struct decoder *decoder, const struct place *place, bool numbered, const struct token *token,
                        void *out)
{
    int32_t days = 0;
    int64_t value = 0;
    if (!numbered) {
        if (token->type != TOKEN_TEXT || !date_parse(bytes_text(token->body), &days))
            return rule_refuse_type(place, false, decoder->refusal);
    } else {
        if (!token_integer(token, &value) || !date_in_range(value))
            return rule_refuse_type(place, true, decoder->refusal);
        days = (int32_t)value;
    }
    memcpy(out, &days, sizeof days);
    return true;
}

static bool decode_enum(struct decoder *decoder, const struct place *place, bool numbered, const struct token *token,
                        void *out)
{
    int32_t number = 0;
    int64_t value = 0;
    if (!numbered && token->type == TOKEN_TEXT)
        number = enum_number(place->field->enumeration, bytes_text(token->body));
    else if (numbered && token_integer(token, &value) && value >= 1 && value <= INT32_MAX)
        number = (int32_t)value;
    if (!rule_enum(place, number, decoder->refusal))
        return false;
    memcpy(out, &number, sizeof number);
    return true;
}

static bool decode_bytes(struct decoder *decoder, const struct place *place, const struct token *token, void *out)
{
    bool is_bin = place->field->kind == FIELD_BIN;
    if (token->type != (is_bin ? TOKEN_BIN : TOKEN_TEXT))
        return rule_refuse_type(place, false, decoder->refusal);
    if (!rule_length(place, token->body.len, decoder->refusal))
        return false;
    if (place->field->kind == FIELD_LINE && !rule_line(place, bytes_text(token->body), decoder->refusal))
        return false;
    if (is_bin) {
        memcpy(out, &token->body, sizeof token->body);
    } else {
        struct text text = bytes_text(token->body);
        memcpy(out, &text, sizeof text);
    }
    return true;
}

static bool decode_raw(struct decoder *decoder, const struct place *place, void *out)
{
    const uint8_t *start = decoder->reader.at;
    if (!token_skip(&decoder->reader))
        return refuse_malformed(decoder, place);
    struct bytes raw = bytes_of(start, (size_t)(decoder->reader.at - start));
    if (!rule_length(place, raw.len, decoder->refusal))
        return false;
    memcpy(out, &raw, sizeof raw);
    return true;
}

/** One value of the field's kind: the field itself, or an element of its list. */
static bool decode_value(struct decoder *decoder, const struct place *place, bool numbered, void *out)
{
    const struct field_desc *field = place->field;
    if (field->kind == FIELD_RAW)
        return decode_raw(decoder, place, out);
    struct token token = token_read(&decoder->reader);
    if (is_broken(&token))
        return refuse_malformed(decoder, place);
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        if (token.type != TOKEN_BOOL)
            return rule_refuse_type(place, numbered, decoder->refusal);
        memcpy(out, &token.truth, sizeof token.truth);
        return true;
    case FIELD_INT:
    case FIELD_ID:
    case FIELD_TIME:
        return decode_integer(decoder, place, &token, out);
    case FIELD_DATE:
        return decode_date(decoder, place, numbered, &token, out);
    case FIELD_ENUM:
        return decode_enum(decoder, place, numbered, &token, out);
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_BIN:
        return decode_bytes(decoder, place, &token, out);
    case FIELD_STRUCT:
        if (token.type != TOKEN_MAP)
            return rule_refuse_type(place, numbered, decoder->refusal);
        return decode_struct(decoder, field->structure, place, token.count, out);
    case FIELD_RAW:
        break;
    }
    must(false); // there is no other kind
    return false;
}

/** Fewest bytes that an element of the list can take: of a struct, its required keys, each with a value of one byte. */
static size_t least_element_bytes(const struct field_desc *field)
{
    if (field->kind != FIELD_STRUCT)
        return 1;
    const struct struct_desc *desc = field->structure;
    size_t least = 1;
    for (size_t i = 0; i < desc->count; i++)
        if (desc->fields[i].flags & FIELD_REQUIRED)
            least += (desc->numbered ? 1u : 1u + desc->fields[i].name_len) + 1u;
    return least;
}

static bool decode_list(struct decoder *decoder, struct place *place, bool numbered, void *out)
{
    const struct field_desc *field = place->field;
    struct token token = token_read(&decoder->reader);
    if (is_broken(&token))
        return refuse_malformed(decoder, place);
    if (token.type != TOKEN_LIST)
        return place_refuse(place, decoder->refusal, ERROR_INVALID_FIELD, "must be a list");
    if (!rule_items(place, token.count, decoder->refusal))
        return false;
    if (token.count == 0)
        return true;
    // Room for as many as the bytes that are left can hold, and one that will be refused for want of them: so a short list
    // of a long count cannot make the arena grow.
    size_t most = token_bytes_left(&decoder->reader) / least_element_bytes(field) + 1;
    size_t room = token.count < most ? token.count : most;
    size_t size = value_size(field);
    char *items = arena_alloc_array(decoder->arena, room, size);
    if (!items)
        return place_refuse(place, decoder->refusal, ERROR_BUSY,
                            "needs more memory than there is now; try again later");
    for (size_t i = 0; i < token.count; i++) {
        must(i < room);
        place->index = i;
        if (!decode_value(decoder, place, numbered, items + i * size))
            return false;
    }
    struct list list = {token.count, items};
    memcpy(out, &list, sizeof list);
    return true;
}

static void set_flag(void *value, uint16_t offset)
{
    const bool yes = true;
    if (offset != FIELD_NO_OFFSET)
        memcpy((char *)value + offset, &yes, sizeof yes);
}

static bool is_next_nil(const struct decoder *decoder)
{
    return decoder->reader.at < decoder->reader.end && *decoder->reader.at == NIL_BYTE;
}

static bool decode_field(struct decoder *decoder, const struct struct_desc *desc, const struct field_desc *field,
                         const struct place *outer, void *out)
{
    struct place place = {outer, field, PLACE_NO_INDEX};
    if (is_next_nil(decoder) && (field->kind != FIELD_RAW || (field->flags & (FIELD_CLEARABLE | FIELD_LIST)))) {
        if (!(field->flags & FIELD_CLEARABLE))
            return place_refuse(&place, decoder->refusal, ERROR_INVALID_FIELD,
                                (field->flags & FIELD_REQUIRED) ? "is required and must not be nil"
                                                                : "must not be nil; leave the field out");
        decoder->reader.at++;
        set_flag(out, field->clear_offset);
        return true;
    }
    void *at = (char *)out + field->offset;
    if (field->flags & FIELD_LIST)
        return decode_list(decoder, &place, desc->numbered, at);
    set_flag(out, field->has_offset);
    return decode_value(decoder, &place, desc->numbered, at);
}

/** Encoders write fields in their order and leave some out: the search begins at the one after the last, `expected`. */
static const struct field_desc *find_named(const struct struct_desc *desc, struct text name, size_t expected)
{
    for (size_t i = expected, n = 0; n < desc->count; i++, n++) {
        if (i >= desc->count)
            i = 0;
        if (lookup_is_named(&desc->fields[i], name))
            return &desc->fields[i];
    }
    return NULL;
}

static const struct field_desc *find_field(const struct struct_desc *desc, const struct token *key, size_t expected)
{
    if (!desc->numbered)
        return key->type == TOKEN_TEXT ? find_named(desc, bytes_text(key->body), expected) : NULL;
    if (key->type != TOKEN_WHOLE)
        return NULL;
    if (expected < desc->count && desc->fields[expected].number == key->whole)
        return &desc->fields[expected];
    return struct_field_numbered(desc, key->whole);
}

/** Whether a key may be told: one that looks like a misspelt name, not like a number or an address of a person. */
static bool is_showable(struct text name)
{
    if (name.len == 0 || name.len > 64 || name.data[0] < 'a' || name.data[0] > 'z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'))
            return false;
    }
    return true;
}

static bool refuse_unknown(struct decoder *decoder, const struct struct_desc *desc, const struct token *key,
                           const struct place *outer)
{
    if (key->type == TOKEN_WHOLE) {
        char message[64];
        snprintf(message, sizeof message, "has an unknown field number %u", (unsigned)(key->whole & UINT8_MAX));
        return place_refuse(outer, decoder->refusal, ERROR_UNKNOWN_FIELD, message);
    }
    struct text name = key->type == TOKEN_TEXT ? bytes_text(key->body) : TEXT("");
    if (!is_showable(name))
        return place_refuse(outer, decoder->refusal, ERROR_UNKNOWN_FIELD,
                            "has an unknown field, whose name is not shown");
    char shown[65] = "";
    memcpy(shown, name.data, name.len);
    struct field_desc unknown = {.name = shown};
    struct place place = {outer, &unknown, PLACE_NO_INDEX};
    const struct field_desc *near = desc->numbered ? NULL : lookup_near(desc, name);
    char message[384] = "unknown field";
    if (near)
        snprintf(message, sizeof message, "unknown field; did you mean %s?", near->name);
    return place_refuse(&place, decoder->refusal, ERROR_UNKNOWN_FIELD, message);
}

static bool refuse_missing(struct decoder *decoder, const struct struct_desc *desc, const struct place *outer,
                           uint64_t missing)
{
    struct place place = {outer, &desc->fields[__builtin_ctzll(missing)], PLACE_NO_INDEX};
    return place_refuse(&place, decoder->refusal, ERROR_MISSING_FIELD, "is required");
}

static bool decode_struct(struct decoder *decoder, const struct struct_desc *desc, const struct place *outer,
                          size_t pairs, void *out)
{
    uint64_t seen = 0;
    size_t expected = 0;
    for (size_t i = 0; i < pairs; i++) {
        struct token key = token_read(&decoder->reader);
        const struct field_desc *field = find_field(desc, &key, expected);
        if (!field) {
            if (is_broken(&key))
                return refuse_malformed(decoder, outer);
            if (decoder->unknown == CODEC_REFUSE_UNKNOWN)
                return refuse_unknown(decoder, desc, &key, outer);
            if (!token_skip(&decoder->reader))
                return refuse_malformed(decoder, outer);
            continue;
        }
        size_t index = (size_t)(field - desc->fields);
        expected = index + 1;
        seen |= UINT64_C(1) << index;
        if (!decode_field(decoder, desc, field, outer, out))
            return false;
    }
    uint64_t missing = desc->required & ~seen;
    return missing == 0 || refuse_missing(decoder, desc, outer, missing);
}

bool codec_decode(const struct struct_desc *desc, struct bytes frame, enum codec_unknown unknown, struct arena *arena,
                  void *out, struct refusal *refusal)
{
    struct decoder decoder = {token_reader_of(frame), unknown, arena, refusal};
    memset(out, 0, desc->size);
    struct token root = token_read(&decoder.reader);
    if (is_broken(&root))
        return refuse_malformed(&decoder, NULL);
    if (root.type != TOKEN_MAP)
        return place_refuse(NULL, refusal, ERROR_MALFORMED, "must be a map of fields");
    if (!decode_struct(&decoder, desc, NULL, root.count, out))
        return false;
    return decoder.reader.at == decoder.reader.end || refuse_malformed(&decoder, NULL);
}

bool codec_decode_frame(const struct struct_desc *desc, struct bytes frame, enum codec_unknown unknown,
                        struct arena *arena, void *out, struct refusal *refusal)
{
    size_t offset = 0;
    enum frame_verdict verdict = frame_check(frame, desc->numbered, &offset);
    if (verdict == FRAME_OK)
        return codec_decode(desc, frame, unknown, arena, out, refusal);
    char message[128];
    snprintf(message, sizeof message, "the frame %s (at byte %zu)", frame_verdict_text(verdict), offset);
    return place_refuse(NULL, refusal, ERROR_MALFORMED, message);
}
