// SPDX-License-Identifier: Apache-2.0
#include "services/person/entries.h"

struct key entry_name_key(struct ctx *ctx, const struct pick_list_entry *entry)
{
    struct key key = {.len = 0};
    key_u8(&key, (uint8_t)entry->list);
    if (entry->list == PICK_LIST_DEPARTMENT)
        key_u64(&key, entry->organisation);
    ctx_key_name(ctx, "names.sv", entry->names.sv, &key);
    return key;
}

bool entry_get(struct ctx *ctx, const char *field, uint64_t entry, struct pick_list_entry *out_entry)
{
    if (!row_get(ctx, &person_entries, &pick_list_entry_row_desc, entry, out_entry))
        ctx_refuse(ctx, ERROR_NOT_FOUND, field, "there is no pick-list entry with this id");
    return !is_refused(&ctx->refusal);
}

void entry_put(struct ctx *ctx, const struct pick_list_entry *entry)
{
    struct entry_updated event = {.entry = *entry};
    event.entry.revision++;
    row_put(ctx, &person_entries, &pick_list_entry_row_desc, entry->entry, &event.entry);
    ctx_emit(ctx, &entry_updated_message, &event, 0, "entry", entry->entry);
}
