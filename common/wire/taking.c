// SPDX-License-Identifier: Apache-2.0
#include "common/wire/taking.h"

#include "common/base/must.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"

static bool is_among(const char *name, const char *const names[])
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

void taking_find(const struct struct_desc *command, const struct struct_desc *row, const char *const asked[],
                 struct taking *out_taking)
{
    *out_taking = (struct taking){.row = row};
    must(command->count <= TAKING_MOST && row->count <= TAKING_MOST);
    for (size_t i = 0; i < command->count; i++) {
        const struct field_desc *from = &command->fields[i];
        const struct field_desc *to = struct_field(row, text_of(from->name));
        if (!to || is_among(from->name, asked) || from->flags & FIELD_LIST || to->flags & FIELD_LIST)
            continue;
        must(to->kind == from->kind && to->structure == from->structure && to->enumeration == from->enumeration);
        out_taking->items[out_taking->count++] = (struct taken_field){from, to};
    }
}

uint64_t taking_take(const struct taking *taking, const void *command, void *row)
{
    static const bool yes = true;
    char *members = row;
    uint64_t given = 0;
    for (size_t i = 0; i < taking->count; i++) {
        const struct field_desc *from = taking->items[i].from, *to = taking->items[i].to;
        enum presence presence = value_presence(from, command);
        if (presence == VALUE_ABSENT)
            continue;
        given |= UINT64_C(1) << (to - taking->row->fields);
        if (presence == VALUE_CLEARED) {
            memset(members + to->offset, 0, value_size(to));
            memset(members + to->has_offset, 0, sizeof(bool));
            continue;
        }
        memcpy(members + to->offset, value_member(command, from->offset), value_size(to));
        if (to->has_offset != FIELD_NO_OFFSET)
            memcpy(members + to->has_offset, &yes, sizeof yes);
    }
    return given;
}

uint64_t taking_bit(const struct struct_desc *row, const char *field)
{
    const struct field_desc *desc = struct_field(row, text_of(field));
    must(desc);
    return UINT64_C(1) << (desc - row->fields);
}
