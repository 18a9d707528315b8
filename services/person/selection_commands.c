// SPDX-License-Identifier: Apache-2.0
/** `selection.save` and `selection.delete`: questions kept by name. */
#include <stdio.h>

#include "common/wire/same.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/card_erase.h"
#include "services/person/filter.h"
#include "services/person/selections.h"

struct selection_save_plan {
    bool is_new;
    bool is_changed;
    struct selection selection; // as it will be, but for its revision; without its id when it is new
    struct key name;
};

struct selection_delete_plan {
    struct selection selection;
};

/** A name that a question can ask for. */
static bool check_name(struct ctx *ctx, struct text name)
{
    if (memchr(name.data, '"', name.len))
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "name",
                   "has a quotation mark, which no question could write; leave it out");
    else if (name.data[0] == '#')
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "name", "begins as ids do, with #; begin it otherwise");
    return !is_refused(&ctx->refusal);
}

/** Whether anything but time and person of the last save differs. */
static bool differs(const struct selection *before, const struct selection *after)
{
    struct selection same = *after;
    same.saved_ms = before->saved_ms;
    same.has_saved_by = before->has_saved_by;
    same.saved_by = before->saved_by;
    return !same_struct(&selection_desc, before, &same);
}

const struct selection_save_plan *selection_save_check(const struct person_service *self,
                                                       const struct selection_save *command, struct ctx *ctx)
{
    struct selection before = {.selection = 0};
    struct selection_save_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !check_name(ctx, command->name))
        return NULL;
    plan->name = selection_name_key(ctx, "name", command->name);
    if (is_refused(&ctx->refusal))
        return NULL;
    plan->is_new = !selection_find(ctx, &plan->name, &before);
    if (plan->is_new && store_count(ctx->txn, &person_selections) >= SELECTIONS_MAX)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "name",
                          "there are as many selections as there can be; delete one that is no longer used");
    struct filter_check *checked = ctx_alloc(ctx, sizeof *checked);
    if (!checked || is_refused(&ctx->refusal) ||
        !filter_check(ctx, self->nobody, command->where, before.selection, checked))
        return NULL;
    plan->selection = (struct selection){
        .selection = before.selection,
        .revision = before.revision,
        .name = command->name,
        .where = command->where,
        .asked = checked->asked,
        .has_sort = command->has_sort,
        .sort = command->sort,
        .uses = {checked->selection_count, checked->selections},
        .saved_ms = ctx->now_ms,
        .has_saved_by = ctx->actor.len > 0,
        .saved_by = ctx->actor,
    };
    plan->is_changed = plan->is_new || differs(&before, &plan->selection);
    return plan;
}

void selection_save_apply(struct person_service *self, const struct selection_save_plan *plan, struct ctx *ctx,
                          struct selection_save_reply *out_reply)
{
    (void)self;
    struct selection selection = plan->selection;
    if (plan->is_new)
        selection.selection = store_next_id(ctx->txn, "selection");
    if (plan->is_changed) {
        struct key id = key_of_id(selection.selection);
        selection.revision++;
        const struct selection_saved event = {.selection = selection.selection, .revision = selection.revision};
        row_put(ctx, &person_selections, &selection_row_desc, selection.selection, &selection);
        index_put(ctx->txn, &person_selection_names, key_bytes(&plan->name), key_bytes(&id));
        ctx_emit(ctx, &selection_saved_message, &event, 0, "selection", selection.selection);
        card_erase_freed(ctx);
    }
    *out_reply = (struct selection_save_reply){selection.selection, selection.revision};
}

static bool has_use(const struct selection *selection, uint64_t of)
{
    for (size_t i = 0; i < selection->uses.count; i++)
        if (selection->uses.items[i] == of)
            return true;
    return false;
}

/** Refuses when another selection names it. */
static bool check_unused(struct ctx *ctx, uint64_t selection)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, ctx->txn, &person_selections);
    for (bool there = store_cursor_first(&cursor); there && !is_refused(&ctx->refusal);
         there = store_cursor_next(&cursor)) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct selection other;
        char message[256];
        if (row_decode(ctx, &selection_row_desc, cursor.value, &other) && has_use(&other, selection)) {
            snprintf(message, sizeof message, "the selection %.*s names it; change or delete that one first",
                     (int)other.name.len, other.name.data);
            ctx_refuse(ctx, ERROR_IN_USE, "name", message);
        }
        arena_rewind(ctx->arena, mark);
    }
    store_cursor_close(&cursor);
    return !is_refused(&ctx->refusal);
}

const struct selection_delete_plan *selection_delete_check(const struct person_service *self,
                                                           const struct selection_delete *command, struct ctx *ctx)
{
    (void)self;
    struct selection_delete_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    struct key name = selection_name_key(ctx, "name", command->name);
    if (is_refused(&ctx->refusal))
        return NULL;
    if (!selection_find(ctx, &name, &plan->selection))
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "name",
                          "there is no selection of this name; selection.list shows those there are");
    return check_unused(ctx, plan->selection.selection) ? plan : NULL;
}

void selection_delete_apply(struct person_service *self, const struct selection_delete_plan *plan, struct ctx *ctx,
                            struct selection_delete_reply *out_reply)
{
    (void)self;
    selection_remove(ctx, &plan->selection);
    out_reply->selection = plan->selection.selection;
}
