// SPDX-License-Identifier: Apache-2.0
#include "services/pk/cell.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/date.h"
#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "services/pk/time_text.h"

static void write_struct(FILE *out, const struct struct_desc *desc, const void *value);

static const char between_within[] = "; "; // structs of a list within a struct

static void write_bytes(FILE *out, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        fprintf(out, "%02x", bytes.data[i]);
}

static void write_raw(FILE *out, struct bytes frame)
{
    json_t *json = json_of_msgpack(frame);
    if (json_is_string(json))
        fputs(json_string_value(json), out);
    else
        need_success(json_dumpf(json, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0);
    json_decref(json);
}

static void write_value(FILE *out, const struct field_desc *field, const void *at)
{
    char time[TIME_TEXT_BYTES];
    char date[DATE_TEXT_LEN];
    struct text text;
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        fputs(value_bool(at) ? "yes" : "no", out);
        return;
    case FIELD_INT:
    case FIELD_ID:
        fprintf(out, "%" PRId64, value_int64(at));
        return;
    case FIELD_TIME:
        time_format(value_int64(at), time);
        fputs(time, out);
        return;
    case FIELD_DATE:
        date_format(value_int32(at), date);
        fwrite(date, 1, sizeof date, out);
        return;
    case FIELD_TEXT:
    case FIELD_LINE:
        text = value_text(at);
        fwrite(text.len ? text.data : "", 1, text.len, out);
        return;
    case FIELD_BIN:
        write_bytes(out, value_bytes(at));
        return;
    case FIELD_ENUM:
        fputs(enum_name(field->enumeration, value_int32(at)), out);
        return;
    case FIELD_STRUCT:
        write_struct(out, field->structure, at);
        return;
    case FIELD_RAW:
        write_raw(out, value_bytes(at));
        return;
    }
}

static void write_field(FILE *out, const struct field_desc *field, const void *value, const char *between)
{
    const void *at = value_member(value, field->offset);
    if (!(field->flags & FIELD_LIST)) {
        write_value(out, field, at);
        return;
    }
    struct list list = value_list(at);
    for (size_t i = 0; i < list.count; i++) {
        if (i > 0)
            fputs(field->kind == FIELD_STRUCT ? between : ",", out);
        write_value(out, field, (const char *)list.items + i * value_size(field));
    }
}

/** "sv=Norr en=North". */
static void write_struct(FILE *out, const struct struct_desc *desc, const void *value)
{
    const char *separator = "";
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        if (value_presence(field, value) != VALUE_PRESENT)
            continue;
        fprintf(out, "%s%s=", separator, field->name);
        write_field(out, field, value, between_within);
        separator = " ";
    }
}

char *cell_text(const struct field_desc *field, const void *value, const char *between)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = need(open_memstream(&text, &len));
    if (value_presence(field, value) == VALUE_PRESENT)
        write_field(out, field, value, between);
    need_success(fclose(out) == 0);
    return text;
}

bool cell_is_right(const struct field_desc *field)
{
    return !(field->flags & FIELD_LIST) && (field->kind == FIELD_INT || field->kind == FIELD_ID);
}
