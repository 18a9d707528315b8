// SPDX-License-Identifier: Apache-2.0
/**
 * Rules: what the schema demands of one value, said once for the decoder and for codec_valid. Internal to common/wire.
 *
 * Each function looks at the field of `place`. False: refused with ERROR_INVALID_FIELD, the path of the place, and a sentence
 * that says what the field takes; the value itself is never in it, for it may be personal.
 */
#ifndef COMMON_WIRE_RULES_H
#define COMMON_WIRE_RULES_H

#include "common/base/date.h"
#include "common/wire/codec.h"
#include "common/wire/place.h"
#include "common/wire/utf8.h"

/** For a value of another type, or a number that does not fit the type. `numbered`: of a stored row. Always false. */
bool rule_refuse_type(const struct place *place, bool numbered, struct refusal *refusal);

// The tests are inline, for every value passes them; the refusals are not.
bool rule_refuse_length(const struct place *place, size_t len, struct refusal *refusal);
bool rule_refuse_line(const struct place *place, struct refusal *refusal);
bool rule_refuse_items(const struct place *place, size_t count, struct refusal *refusal);

static inline bool rule_int(const struct place *place, int64_t value, struct refusal *refusal)
{
    return (value >= place->field->min && value <= place->field->max) || rule_refuse_type(place, false, refusal);
}

static inline bool rule_id(const struct place *place, uint64_t value, struct refusal *refusal)
{
    return (value >= 1 && value <= INT64_MAX) || rule_refuse_type(place, false, refusal);
}

static inline bool rule_date(const struct place *place, bool numbered, int64_t days, struct refusal *refusal)
{
    return date_in_range(days) || rule_refuse_type(place, numbered, refusal);
}

static inline bool rule_enum(const struct place *place, int32_t number, struct refusal *refusal)
{
    return enum_name(place->field->enumeration, number)[0] || rule_refuse_type(place, false, refusal);
}

/** Bytes of a text, line or bin, or of a raw value as it is encoded. */
static inline bool rule_length(const struct place *place, size_t len, struct refusal *refusal)
{
    const struct field_desc *field = place->field;
    bool is_kept = len >= (uint64_t)field->min && len <= (uint64_t)field->max;
    return is_kept || rule_refuse_length(place, len, refusal);
}

/** A line's characters. */
static inline bool rule_line(const struct place *place, struct text text, struct refusal *refusal)
{
    return utf8_is_line(text) || rule_refuse_line(place, refusal);
}

/** Elements of a list. */
static inline bool rule_items(const struct place *place, size_t count, struct refusal *refusal)
{
    return count <= place->field->max_items || rule_refuse_items(place, count, refusal);
}

#endif
