// SPDX-License-Identifier: Apache-2.0
#include "common/wire/log_message.h"

#include <stdio.h>

#include "common/base/date.h"
#include "common/wire/codec.h"
#include "common/wire/place.h"
#include "common/wire/value.h"

enum {
    MOST_FIELDS = 32,
    PATH_BYTES = 129,
    SHOWN_BYTES = 32,
};

/** A line as it grows. The fields point into the line itself: it must not be moved. */
struct line {
    size_t count;
    struct log_field fields[MOST_FIELDS];
    char paths[MOST_FIELDS][PATH_BYTES];
    char shown[MOST_FIELDS][SHOWN_BYTES];
};

static void add_struct(struct line *line, const struct struct_desc *desc, const struct place *outer, bool hidden,
                       const void *value);

static bool is_full(const struct line *line)
{
    return line->count == MOST_FIELDS;
}

/** Takes the next field of the line for `place`. */
static const char *add_path(struct line *line, const struct place *place)
{
    char *path = line->paths[line->count];
    place_path(place, path, PATH_BYTES);
    return path;
}

static void add_int(struct line *line, const struct place *place, int64_t number)
{
    line->fields[line->count] = log_int(add_path(line, place), number);
    line->count++;
}

static void add_text(struct line *line, const struct place *place, struct text text)
{
    line->fields[line->count] = log_text(add_path(line, place), text);
    line->count++;
}

/** "(12 bytes)", "(3 elements)": what stands for what is not shown. */
static void add_amount(struct line *line, const struct place *place, size_t amount, const char *unit)
{
    char *shown = line->shown[line->count];
    snprintf(shown, SHOWN_BYTES, "(%zu %s)", amount, unit);
    add_text(line, place, text_of(shown));
}

static void add_date(struct line *line, const struct place *place, int32_t days)
{
    if (!date_in_range(days)) {
        add_int(line, place, days);
        return;
    }
    char *shown = line->shown[line->count];
    date_format(days, shown);
    add_text(line, place, (struct text){shown, DATE_TEXT_LEN});
}

static void add_hidden(struct line *line, const struct place *place, const void *at)
{
    switch ((enum field_kind)place->field->kind) {
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_BIN:
    case FIELD_RAW:
        add_amount(line, place, value_bytes(at).len, "bytes");
        return;
    case FIELD_STRUCT:
        add_struct(line, place->field->structure, place, true, at);
        return;
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_ID:
    case FIELD_TIME:
    case FIELD_DATE:
    case FIELD_ENUM:
        break;
    }
    add_text(line, place, TEXT("(hidden)"));
}

static void add_value(struct line *line, const struct place *place, bool hidden, const void *at)
{
    const struct field_desc *field = place->field;
    if (is_full(line))
        return;
    if (hidden) {
        add_hidden(line, place, at);
        return;
    }
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        add_text(line, place, value_bool(at) ? TEXT("true") : TEXT("false"));
        return;
    case FIELD_INT:
    case FIELD_ID:
    case FIELD_TIME:
        add_int(line, place, value_int64(at));
        return;
    case FIELD_DATE:
        add_date(line, place, value_int32(at));
        return;
    case FIELD_TEXT:
    case FIELD_LINE:
        add_text(line, place, value_text(at));
        return;
    case FIELD_ENUM:
        add_text(line, place, text_of(enum_name(field->enumeration, value_int32(at))));
        return;
    case FIELD_STRUCT:
        add_struct(line, field->structure, place, false, at);
        return;
    case FIELD_BIN:
    case FIELD_RAW:
        break; // unreadable, or of unknown content: shown by its length
    }
    add_hidden(line, place, at);
}

static void add_list(struct line *line, struct place *place, bool hidden, const void *at)
{
    struct list list = value_list(at);
    if (hidden) {
        add_amount(line, place, list.count, "elements");
        return;
    }
    for (size_t i = 0; i < list.count && !is_full(line); i++) {
        place->index = i;
        add_value(line, place, false, (const char *)list.items + i * value_size(place->field));
    }
}

static void add_struct(struct line *line, const struct struct_desc *desc, const struct place *outer, bool hidden,
                       const void *value)
{
    for (size_t i = 0; i < desc->count && !is_full(line); i++) {
        const struct field_desc *field = &desc->fields[i];
        struct place place = {outer, field, PLACE_NO_INDEX};
        enum presence presence = value_presence(field, value);
        const void *at = value_member(value, field->offset);
        bool is_hidden = hidden || (field->flags & (FIELD_PERSONAL | FIELD_SENSITIVE));
        if (presence == VALUE_CLEARED)
            add_text(line, &place, TEXT("(cleared)"));
        else if (presence == VALUE_PRESENT && (field->flags & FIELD_LIST))
            add_list(line, &place, is_hidden, at);
        else if (presence == VALUE_PRESENT)
            add_value(line, &place, is_hidden, at);
    }
}

void log_message(enum log_level level, const char *message, const struct struct_desc *desc, const void *value)
{
    struct line line;
    line.count = 0;
    add_struct(&line, desc, NULL, false, value);
    log_write(level, message, line.fields, line.count);
}
