// SPDX-License-Identifier: Apache-2.0
#include "common/client/json.h"

#include <stdio.h>

#include "common/base/date.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/frame.h"
#include "common/wire/token.h"
#include "common/wire/value.h"

json_t *json_of_text(struct text text)
{
    return need(json_stringn(text.data ? text.data : "", text.len));
}

void json_put(json_t *object, const char *name, json_t *value)
{
    need_success(json_object_set_new(object, name, value) == 0);
}

void json_add(json_t *array, json_t *value)
{
    need_success(json_array_append_new(array, value) == 0);
}

static json_t *of_bytes(struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = need(malloc(bytes.len * 2 + 1));
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = digits[bytes.data[i] >> 4];
        text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    json_t *json = json_of_text((struct text){text, bytes.len * 2});
    free(text);
    return json;
}

static json_t *of_date(int32_t days)
{
    char text[DATE_TEXT_LEN];
    date_format(days, text);
    return json_of_text((struct text){text, sizeof text});
}

static json_t *of_value(const struct field_desc *field, const void *at)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        return need(json_boolean(value_bool(at)));
    case FIELD_INT:
    case FIELD_ID:
    case FIELD_TIME:
        return need(json_integer(value_int64(at)));
    case FIELD_DATE:
        return of_date(value_int32(at));
    case FIELD_TEXT:
    case FIELD_LINE:
        return json_of_text(value_text(at));
    case FIELD_BIN:
        return of_bytes(value_bytes(at));
    case FIELD_ENUM:
        return json_of_text(text_of(enum_name(field->enumeration, value_int32(at))));
    case FIELD_STRUCT:
        return json_of_struct(field->structure, at);
    case FIELD_RAW:
        break;
    }
    return json_of_msgpack(value_bytes(at));
}

static json_t *of_list(const struct field_desc *field, const void *at)
{
    struct list list = value_list(at);
    json_t *array = need(json_array());
    for (size_t i = 0; i < list.count; i++)
        json_add(array, of_value(field, (const char *)list.items + i * value_size(field)));
    return array;
}

json_t *json_of_struct(const struct struct_desc *desc, const void *value)
{
    json_t *object = need(json_object());
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        const void *at = value_member(value, field->offset);
        if (field->flags & FIELD_LIST)
            json_put(object, field->name, of_list(field, at));
        else if (value_presence(field, value) == VALUE_PRESENT)
            json_put(object, field->name, of_value(field, at));
    }
    return object;
}

static json_t *of_token(struct token_reader *reader);

static json_t *of_tokens(struct token_reader *reader, size_t count)
{
    json_t *array = need(json_array());
    for (size_t i = 0; i < count; i++)
        json_add(array, of_token(reader));
    return array;
}

/** Pairs, whose keys are texts: the frame was checked. */
static json_t *of_pairs(struct token_reader *reader, size_t count)
{
    json_t *object = need(json_object());
    for (size_t i = 0; i < count; i++) {
        struct token key = token_read(reader);
        char *name = need(strndup((const char *)key.body.data, key.body.len));
        json_put(object, name, of_token(reader));
        free(name);
    }
    return object;
}

/** The frame was checked: nothing in it is truncated, forbidden or nested deeper than FRAME_MAX_DEPTH. */
static json_t *of_token(struct token_reader *reader)
{
    struct token token = token_read(reader);
    switch (token.type) {
    case TOKEN_BOOL:
        return need(json_boolean(token.truth));
    case TOKEN_WHOLE:
        // Beyond what JSON libraries take as an integer.
        return need(token.whole > INT64_MAX ? json_real((double)token.whole) : json_integer((json_int_t)token.whole));
    case TOKEN_NEGATIVE:
        return need(json_integer(token.negative));
    case TOKEN_REAL:
        return need(json_real(token.real));
    case TOKEN_TEXT:
        return json_of_text(bytes_text(token.body));
    case TOKEN_BIN:
        return of_bytes(token.body);
    case TOKEN_LIST:
        return of_tokens(reader, token.count);
    case TOKEN_MAP:
        return of_pairs(reader, token.count);
    case TOKEN_NIL:
    case TOKEN_TRUNCATED:
    case TOKEN_FORBIDDEN:
        break;
    }
    return need(json_null());
}

json_t *json_of_msgpack(struct bytes frame)
{
    struct token_reader reader = token_reader_of(frame);
    if (frame_check(frame, false, NULL) != FRAME_OK)
        return need(json_null());
    return of_token(&reader);
}

void json_print(json_t *json)
{
    need_success(json_dumpf(json, stdout, JSON_INDENT(2)) == 0 || ferror(stdout));
    putchar('\n');
    json_decref(json);
}

void json_print_line(json_t *json)
{
    need_success(json_dumpf(json, stdout, JSON_COMPACT) == 0 || ferror(stdout));
    putchar('\n');
    fflush(stdout);
    json_decref(json);
}
