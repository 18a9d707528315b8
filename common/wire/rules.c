// SPDX-License-Identifier: Apache-2.0
#include "common/wire/rules.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    MESSAGE_BYTES = sizeof((struct refusal *)NULL)->message,
    NAMES_BYTES = 240, // of an enum's names in a message; the rest is cut
};

static bool refuse(const struct place *place, struct refusal *refusal, const char *message)
{
    return place_refuse(place, refusal, ERROR_INVALID_FIELD, message);
}

/** "must be one of email, sms, letter", cut after the name that still fits. */
static bool refuse_enum(const struct place *place, struct refusal *refusal)
{
    const struct enum_desc *desc = place->field->enumeration;
    char message[MESSAGE_BYTES] = "must be one of ";
    size_t len = strlen(message);
    for (size_t i = 0; i < desc->count; i++) {
        const char *separator = i ? ", " : "";
        const char *name = desc->values[i].name;
        if (len + strlen(separator) + desc->values[i].name_len > NAMES_BYTES) {
            snprintf(message + len, sizeof message - len, ", …");
            break;
        }
        len += (size_t)snprintf(message + len, sizeof message - len, "%s%s", separator, name);
    }
    return refuse(place, refusal, message);
}

static bool refuse_int(const struct place *place, struct refusal *refusal)
{
    const struct field_desc *field = place->field;
    char message[MESSAGE_BYTES];
    if (field->min == field->max)
        snprintf(message, sizeof message, "must be the whole number %" PRId64, field->min);
    else
        snprintf(message, sizeof message, "must be a whole number from %" PRId64 " to %" PRId64, field->min,
                 field->max);
    return refuse(place, refusal, message);
}

bool rule_refuse_type(const struct place *place, bool numbered, struct refusal *refusal)
{
    switch ((enum field_kind)place->field->kind) {
    case FIELD_BOOL:
        return refuse(place, refusal, "must be true or false");
    case FIELD_INT:
        return refuse_int(place, refusal);
    case FIELD_ID:
        return refuse(place, refusal, "must be an id, a whole number from 1 to 9223372036854775807");
    case FIELD_TIME:
        return refuse(place, refusal, "must be a time, a whole number of milliseconds since 1970 (UTC)");
    case FIELD_DATE:
        if (numbered)
            return refuse(place, refusal, "must be a day from 1800 to 9999, as days since 1970-01-01");
        return refuse(place, refusal, "must be a day from 1800 to 9999, written YYYY-MM-DD");
    case FIELD_TEXT:
    case FIELD_LINE:
        return refuse(place, refusal, "must be a string");
    case FIELD_BIN:
        return refuse(place, refusal, "must be bytes (msgpack bin)");
    case FIELD_ENUM:
        return refuse_enum(place, refusal);
    case FIELD_STRUCT:
        return refuse(place, refusal, "must be a map");
    case FIELD_RAW:
        break;
    }
    return refuse(place, refusal, "must be one msgpack value");
}

bool rule_refuse_length(const struct place *place, size_t len, struct refusal *refusal)
{
    const struct field_desc *field = place->field;
    bool is_short = len < (uint64_t)field->min;
    uint64_t bound = (uint64_t)(is_short ? field->min : field->max);
    char message[MESSAGE_BYTES];
    snprintf(message, sizeof message, "must be at %s %" PRIu64 " byte%s, is %zu", is_short ? "least" : "most", bound,
             bound == 1 ? "" : "s", len);
    return refuse(place, refusal, message);
}

bool rule_refuse_line(const struct place *place, struct refusal *refusal)
{
    return refuse(place, refusal, "must be one line, without tabs, line breaks or other control characters");
}

bool rule_refuse_items(const struct place *place, size_t count, struct refusal *refusal)
{
    char message[MESSAGE_BYTES];
    snprintf(message, sizeof message, "must have at most %" PRIu32 " element%s, has %zu", place->field->max_items,
             place->field->max_items == 1 ? "" : "s", count);
    return refuse(place, refusal, message);
}
