// SPDX-License-Identifier: Apache-2.0
/** Look-up: what codec.h does not offer of finding names in descriptors. For common/wire, and for services/pk, which reads any message by its table. */
#ifndef COMMON_WIRE_LOOKUP_H
#define COMMON_WIRE_LOOKUP_H

#include "common/base/text.h"
#include "common/wire/desc.h"
#include "common/wire/words.h"

static inline bool lookup_is_named(const struct field_desc *field, struct text name)
{
    return field->name_len == name.len && words_equal(field->name, name.data, name.len);
}

/** The field whose name is nearest to a misspelt one, or NULL when none is near. For messages to people. */
const struct field_desc *lookup_near(const struct struct_desc *desc, struct text name);

#endif
