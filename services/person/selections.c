// SPDX-License-Identifier: Apache-2.0
#include "services/person/selections.h"

struct key selection_name_key(struct ctx *ctx, const char *field, struct text name)
{
    struct key key = {.len = 0};
    ctx_key_name(ctx, field, name, &key);
    return key;
}

bool selection_get(struct ctx *ctx, uint64_t id, struct selection *out_selection)
{
    return row_get(ctx, &person_selections, &selection_row_desc, id, out_selection);
}

bool selection_find(struct ctx *ctx, const struct key *name, struct selection *out_selection)
{
    struct bytes id;
    return index_get_unique(ctx->txn, &person_selection_names, key_bytes(name), &id) &&
           selection_get(ctx, get_u64(id.data), out_selection);
}
