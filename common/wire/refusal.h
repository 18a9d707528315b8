// SPDX-License-Identifier: Apache-2.0
/**
 * Refusal: why a request is wrong, as the sender will be told. A code from proto/errors.toml, the field's path, and a sentence
 * for people that says what was wrong and what to do. Holds no personal data: a refusal may be logged.
 */
#ifndef COMMON_WIRE_REFUSAL_H
#define COMMON_WIRE_REFUSAL_H

#include "common/base/text.h"
#include "proto/errors.gen.h"

struct refusal {
    enum error_code code; // ERROR_NONE: not refused
    char field[129];      // path as "consents[2].channel"; empty when no field is to blame
    char message[513];
};

/** Sets the refusal unless one is set: the first reason stands. `field` may be NULL. Texts too long are cut at a character. */
void refusal_set(struct refusal *refusal, enum error_code code, const char *field, const char *message);

/** The field that it names is one of the struct `outer`: "next.assignee" of assignee, "next" of none. */
void refusal_within(struct refusal *refusal, const char *outer);

static inline bool is_refused(const struct refusal *refusal)
{
    return refusal->code != ERROR_NONE;
}

#endif
