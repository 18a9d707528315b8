// SPDX-License-Identifier: Apache-2.0
#include "services/person/own_fields.h"

#include "common/base/fold.h"
#include "services/person/choices.h"

bool own_field_find(struct ctx *ctx, struct text name, struct own_field *out_field)
{
    struct bytes id;
    return index_get_unique(ctx->txn, &person_own_field_names, text_bytes(name), &id) &&
           row_get(ctx, &person_own_fields, &own_field_row_desc, get_u64(id.data), out_field);
}

bool own_field_get(struct ctx *ctx, struct text name, struct own_field *out_field)
{
    if (!own_field_find(ctx, name, out_field))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "name",
                   "there is no own field of this name; field.list shows those there are");
    return !is_refused(&ctx->refusal);
}

static bool is_named(struct bytes wanted, struct text name)
{
    uint8_t folded[FOLD_BYTES];
    size_t len;
    return fold_name(name, folded, sizeof folded, &len) && bytes_equal(wanted, bytes_of(folded, len));
}

const struct own_choice *own_choice_find(const struct own_field *field, struct text text)
{
    uint8_t folded[FOLD_BYTES];
    size_t len;
    uint64_t id = 0;
    bool is_id = id_read(text, &id);
    if (text.len == 0 || !fold_name(text, folded, sizeof folded, &len))
        return NULL;
    for (size_t i = 0; i < field->choices.count; i++) {
        const struct own_choice *choice = &field->choices.items[i];
        if (is_id ? choice->choice == id
                  : is_named(bytes_of(folded, len), choice->names.sv) ||
                        (choice->names.has_en && is_named(bytes_of(folded, len), choice->names.en)))
            return choice;
    }
    return NULL;
}
