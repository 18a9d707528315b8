// SPDX-License-Identifier: Apache-2.0
/**
 * Taking: which fields of a command stand for the fields of a row, by their names, so that a new field of both is carried over without
 * code. Lists are not: commands say what joins and leaves them. Found once, then constant.
 */
#ifndef COMMON_WIRE_TAKING_H
#define COMMON_WIRE_TAKING_H

#include "common/wire/desc.h"

enum { TAKING_MOST = 64 };

struct taking {
    const struct struct_desc *row;
    size_t count;
    struct taken_field {
        const struct field_desc *from; // of the command
        const struct field_desc *to;   // of the row
    } items[TAKING_MOST];
};

/** Finds them for a command's body. Fields named in `asked`, which ends with NULL, are what the command asks for and does not set. */
void taking_find(const struct struct_desc *command, const struct struct_desc *row, const char *const asked[],
                 struct taking *out_taking);

/** Sets, or clears, what the command gives; lends it the command's texts. Returns the bits of those fields of the row. */
uint64_t taking_take(const struct taking *taking, const void *command, void *row);

/** The bit of a field of a row, which has at most 64. */
uint64_t taking_bit(const struct struct_desc *row, const char *field);

#endif
