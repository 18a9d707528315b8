// SPDX-License-Identifier: Apache-2.0
/**
 * Place: where in a message one is, as a chain on the stack that becomes a path like "consents[2].channel" only when
 * something is wrong there. Internal to common/wire. A place borrows the one around it.
 */
#ifndef COMMON_WIRE_PLACE_H
#define COMMON_WIRE_PLACE_H

#include "common/wire/desc.h"
#include "common/wire/refusal.h"

#define PLACE_NO_INDEX SIZE_MAX

struct place {
    const struct place *outer; // NULL: a field of the message itself
    const struct field_desc *field;
    size_t index; // within a list, or PLACE_NO_INDEX
};

/** Writes the path with its NUL, cut to `size` bytes. A NULL place is the message itself: "". */
void place_path(const struct place *place, char *out, size_t size);

/** Refuses what is at the place. Always false, so that a decoder can return it. */
bool place_refuse(const struct place *place, struct refusal *refusal, enum error_code code, const char *message);

#endif
