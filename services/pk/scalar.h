// SPDX-License-Identifier: Apache-2.0
/** Scalar: one value as it is typed, written where a field's C member lies. */
#ifndef SERVICES_PK_SCALAR_H
#define SERVICES_PK_SCALAR_H

#include "common/base/arena.h"
#include "common/wire/desc.h"

/**
 * Writes the value of the field's kind to `at`. Returns NULL, or what is wrong, to stand behind the option's name: constant or in
 * the arena, never with the value in it. Texts borrow `text`. Not for kinds that cannot be typed.
 */
const char *scalar_parse(const struct field_desc *field, struct text text, struct arena *arena, void *at);

/**
 * The same for a struct, an element of a list: KEY=VALUE with commas between. For the first field VALUE may stand first, and for the first
 * two VALUE=VALUE: email=granted is channel=email,granted=yes. A struct of two texts is VALUE=VALUE and nothing else, so that a value may have commas.
 */
const char *scalar_parse_struct(const struct struct_desc *desc, struct text text, struct arena *arena, void *at);

#endif
