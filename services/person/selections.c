// SPDX-License-Identifier: Apache-2.0
#include "services/person/selections.h"

#include <stdio.h>

#include "services/person/card_erase.h"
#include "services/person/filter_words.h"

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

void selection_remove(struct ctx *ctx, const struct selection *selection)
{
    const struct selection_deleted event = {.selection = selection->selection};
    struct key id = key_of_id(event.selection), name = selection_name_key(ctx, "name", selection->name);
    store_delete(ctx->txn, &person_selections, key_bytes(&id));
    index_delete(ctx->txn, &person_selection_names, key_bytes(&name));
    ctx_emit(ctx, &selection_deleted_message, &event, 0, "selection", event.selection);
    card_erase_freed(ctx);
}

/** The next selection from this id on that tells of the person, or cannot be read any more; false: there is none. */
static bool find_telling(const struct person_service *self, struct ctx *ctx, const struct person_card *card,
                         uint64_t from, struct selection *out_selection, bool *out_tells)
{
    struct key key = key_of_id(from);
    struct store_cursor cursor;
    bool found = false;
    store_cursor_open(&cursor, ctx->txn, &person_selections);
    for (bool there = store_cursor_seek(&cursor, key_bytes(&key)); there && !found && !is_refused(&ctx->refusal);
         there = store_cursor_next(&cursor)) {
        struct arena_mark mark = arena_mark(ctx->arena);
        bool is_read = false;
        if (!row_decode(ctx, &selection_row_desc, cursor.value, out_selection))
            break;
        *out_tells = filter_words_tell(ctx, self->nobody, out_selection, card, &is_read);
        found = *out_tells || !is_read;
        if (!found)
            arena_rewind(ctx->arena, mark);
    }
    store_cursor_close(&cursor);
    return found;
}

bool selections_check_erasure(const struct person_service *self, struct ctx *ctx, const struct person_card *card)
{
    struct selection selection;
    char message[256];
    bool tells;
    if (!find_telling(self, ctx, card, 0, &selection, &tells))
        return !is_refused(&ctx->refusal);
    snprintf(
        message, sizeof message,
        tells ? "is named by the selection %.*s; save that otherwise, or delete it, first"
              : "may be named by the selection %.*s, which cannot be read any more; save it anew, or delete it, first",
        (int)selection.name.len, selection.name.data);
    ctx_refuse(ctx, ERROR_IN_USE, "person", message);
    return false;
}

void selections_erase(const struct person_service *self, struct ctx *ctx, const struct person_card *card)
{
    struct selection selection = {.selection = 0};
    bool tells;
    while (find_telling(self, ctx, card, selection.selection + 1, &selection, &tells))
        if (tells)
            selection_remove(ctx, &selection);
}
