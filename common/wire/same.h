// SPDX-License-Identifier: Apache-2.0
/** Same: whether two structs hold the same, as their descriptor says; what an absent field's value happens to be does not count. Stateless. */
#ifndef COMMON_WIRE_SAME_H
#define COMMON_WIRE_SAME_H

#include "common/wire/desc.h"

bool same_struct(const struct struct_desc *desc, const void *left, const void *right);

/** The field of two structs that it belongs to. */
bool same_field(const struct field_desc *field, const void *left, const void *right);

#endif
