// SPDX-License-Identifier: Apache-2.0
#include "services/person/card_fields.h"

#include "common/base/must.h"
#include "common/wire/codec.h"
#include "proto/person.gen.h"

/** What a command of these names asks for, and does not set. */
static bool is_asked(struct text name)
{
    return text_equal(name, TEXT("person")) || text_equal(name, TEXT("revision"));
}

void card_fields_find(const struct struct_desc *command, struct card_fields *out_fields)
{
    out_fields->count = 0;
    must(command->count <= CARD_FIELDS_MOST);
    for (size_t i = 0; i < command->count; i++) {
        const struct field_desc *from = &command->fields[i];
        const struct field_desc *to = struct_field(&person_card_desc, text_of(from->name));
        if (!to || is_asked(text_of(from->name)) || from->flags & FIELD_LIST || to->flags & FIELD_LIST)
            continue;
        must(to->kind == from->kind && to->structure == from->structure && to->enumeration == from->enumeration);
        out_fields->items[out_fields->count++] = (struct card_field){from, to};
    }
}
