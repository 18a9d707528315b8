// SPDX-License-Identifier: Apache-2.0
/** Own-defined fields: what an operator has declared, as their messages, cards and searches share it. Source: domain.md 1. */
#ifndef SERVICES_PERSON_OWN_FIELDS_H
#define SERVICES_PERSON_OWN_FIELDS_H

#include "services/person/state.h"

enum {
    OWN_FIELDS_MOST = 64,
    OWN_CHOICES_MOST = 100,
};

/** Finds a field by its name; false: there is none, and nothing is refused for it. */
bool own_field_find(struct ctx *ctx, struct text name, struct own_field *out_field);

/** The same for a command's field `name`; refuses when there is none. */
bool own_field_get(struct ctx *ctx, struct text name, struct own_field *out_field);

/** The field's choice as people write it: its name in either language, in capitals or not, or its id as #2. NULL: it has none such. */
const struct own_choice *own_choice_find(const struct own_field *field, struct text text);

#endif
