// SPDX-License-Identifier: Apache-2.0
#include "services/pk/scalar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/date.h"
#include "common/base/must.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "services/pk/time_text.h"

enum { NUMBER_BYTES = 40, PROBLEM_BYTES = 512 };

/** Words for a bool, within a struct. */
static const struct bool_word {
    const char *word;
    bool value;
} bool_words[] = {
    {"yes", true}, {"no", false}, {"true", true}, {"false", false}, {"granted", true}, {"withdrawn", false},
};

static const char *parse_int(struct text text, int64_t *out_number)
{
    char copy[NUMBER_BYTES];
    char *end = NULL;
    if (text.len == 0 || text.len >= sizeof copy)
        return "must be a whole number";
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    errno = 0;
    long long number = strtoll(copy, &end, 10);
    if (end != copy + text.len || errno != 0)
        return "must be a whole number";
    *out_number = number;
    return NULL;
}

static const char *parse_time(struct text text, int64_t *out_ms)
{
    char copy[TIME_TEXT_BYTES];
    bool fits = text.len < sizeof copy;
    if (fits) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
    }
    return fits && time_parse(copy, out_ms) ? NULL
                                            : "must be a time that exists: '2026-11-23 16:30', local; "
                                              "2026-11-23T15:30Z; now; or milliseconds since 1970";
}

/** "must be one of …" in the arena. */
static const char *say_words(const struct enum_desc *words, struct arena *arena)
{
    char problem[PROBLEM_BYTES] = "must be one of";
    size_t len = strlen(problem);
    for (size_t i = 0; i < words->count && len < sizeof problem; i++)
        len += (size_t)snprintf(problem + len, sizeof problem - len, "%s %s", i ? "," : "", words->values[i].name);
    return need((void *)arena_bytes(arena, bytes_of(problem, strlen(problem) + 1)).data);
}

static const char *parse_bool(struct text text, bool *out_value)
{
    for (size_t i = 0; i < sizeof bool_words / sizeof *bool_words; i++)
        if (text_equal(text, text_of(bool_words[i].word))) {
            *out_value = bool_words[i].value;
            return NULL;
        }
    return "must have yes or no there (or granted or withdrawn)";
}

const char *scalar_parse(const struct field_desc *field, struct text text, struct arena *arena, void *at)
{
    int64_t number = 0;
    int32_t small = 0;
    bool truth = false;
    const char *problem = NULL;
    switch ((enum field_kind)field->kind) {
    case FIELD_BOOL:
        problem = parse_bool(text, &truth);
        memcpy(at, &truth, sizeof truth);
        return problem;
    case FIELD_INT:
    case FIELD_ID:
        problem = parse_int(text, &number);
        if (!problem && field->kind == FIELD_ID && number < 1)
            problem = "must be an id, a whole number from 1";
        memcpy(at, &number, sizeof number);
        return problem;
    case FIELD_TIME:
        problem = parse_time(text, &number);
        memcpy(at, &number, sizeof number);
        return problem;
    case FIELD_DATE:
        if (!date_parse(text, &small))
            return "must be a day that exists, from 1800 to 9999, written YYYY-MM-DD";
        memcpy(at, &small, sizeof small);
        return NULL;
    case FIELD_ENUM:
        small = enum_number(field->enumeration, text);
        memcpy(at, &small, sizeof small);
        return small ? NULL : say_words(field->enumeration, arena);
    case FIELD_TEXT:
    case FIELD_LINE:
        memcpy(at, &text, sizeof text);
        return NULL;
    case FIELD_BIN:
    case FIELD_STRUCT:
    case FIELD_RAW:
        break;
    }
    must(false); // such a field has no option
    return NULL;
}

static bool can_be_typed(const struct field_desc *field)
{
    return !(field->flags & FIELD_LIST) && field->kind != FIELD_STRUCT && field->kind != FIELD_BIN &&
           field->kind != FIELD_RAW;
}

/** Sets the field, for the text that is its value. */
static const char *parse_field(const struct struct_desc *desc, const struct field_desc *field, struct text value,
                               struct arena *arena, char *at, uint64_t *given)
{
    *given |= UINT64_C(1) << (field - desc->fields);
    if (field->has_offset != FIELD_NO_OFFSET)
        memcpy(at + field->has_offset, &(bool){true}, sizeof(bool));
    return scalar_parse(field, value, arena, at + field->offset);
}

/** One KEY=VALUE of a struct. */
static const char *parse_pair(const struct struct_desc *desc, struct text pair, bool is_first, struct arena *arena,
                              char *at, uint64_t *given)
{
    const char *equals = memchr(pair.data, '=', pair.len);
    if (!equals && is_first)
        return parse_field(desc, &desc->fields[0], pair, arena, at, given);
    if (!equals)
        return "must be written KEY=VALUE, with commas between several";
    struct text key = {pair.data, (size_t)(equals - pair.data)};
    struct text value = {equals + 1, pair.len - key.len - 1};
    const struct field_desc *field = struct_field(desc, key);
    if (!field && is_first && desc->count >= 2) {
        const char *problem = parse_field(desc, &desc->fields[0], key, arena, at, given);
        if (problem)
            return problem;
        field = &desc->fields[1];
    }
    if (!field || !can_be_typed(field))
        return "has a KEY that is none of the fields";
    return parse_field(desc, field, value, arena, at, given);
}

static bool is_text_pair(const struct struct_desc *desc)
{
    return desc->count == 2 && desc->fields[0].kind == FIELD_LINE && desc->fields[1].kind == FIELD_LINE;
}

/** VALUE=VALUE, the second one as long as it goes. */
static const char *parse_text_pair(const struct struct_desc *desc, struct text text, struct arena *arena, char *at)
{
    uint64_t given = 0;
    const char *equals = memchr(text.data, '=', text.len);
    struct text first = {text.data, equals ? (size_t)(equals - text.data) : text.len};
    parse_field(desc, &desc->fields[0], first, arena, at, &given);
    if (equals)
        parse_field(desc, &desc->fields[1], (struct text){equals + 1, text.len - first.len - 1}, arena, at, &given);
    return (given & desc->required) == desc->required ? NULL : "must be written NAME=VALUE";
}

const char *scalar_parse_struct(const struct struct_desc *desc, struct text text, struct arena *arena, void *at)
{
    uint64_t given = 0;
    bool is_first = true;
    if (is_text_pair(desc))
        return parse_text_pair(desc, text, arena, at);
    while (text.len > 0) {
        const char *comma = memchr(text.data, ',', text.len);
        struct text pair = {text.data, comma ? (size_t)(comma - text.data) : text.len};
        const char *problem = parse_pair(desc, pair, is_first, arena, at, &given);
        if (problem)
            return problem;
        text = (struct text){pair.data + pair.len + (comma != NULL), text.len - pair.len - (comma != NULL)};
        is_first = false;
    }
    // An absent bool would be read as no.
    return (given & desc->required) == desc->required ? NULL : "lacks a KEY=VALUE that is needed";
}
