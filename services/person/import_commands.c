// SPDX-License-Identifier: Apache-2.0
/** `import.begin`, `import.finish` and `import.take_back`. */
#include "proto/person_dispatch.gen.h"
#include "services/person/imports.h"

struct import_begin_plan {
    struct person_import import;
    bool is_known; // the file is under way or in already
};

static bool is_same(const struct text *a, size_t a_count, const struct text *b, size_t b_count)
{
    bool same = a_count == b_count;
    for (size_t i = 0; same && i < a_count; i++)
        same = text_equal(a[i], b[i]);
    return same;
}

const struct import_begin_plan *import_begin_check(const struct person_service *self,
                                                   const struct import_begin *command, struct ctx *ctx)
{
    (void)self;
    struct import_begin_plan *plan = ctx_alloc(ctx, sizeof *plan);
    struct import_columns *columns = ctx_alloc(ctx, sizeof *columns);
    struct text *paths = ctx_alloc_array(ctx, command->columns.count, sizeof *paths);
    if (!plan || !columns || !paths ||
        !import_columns_find(ctx, "columns", command->columns.count, command->columns.items, columns))
        return NULL;
    for (size_t i = 0; i < columns->count; i++)
        paths[i] = text_of(columns->items[i].path);
    bool skips = command->has_skip_errors && command->skip_errors;
    struct person_import *import = &plan->import;
    plan->is_known = import_find_file(ctx, command->digest, import);
    if (plan->is_known && import->state == IMPORT_STATE_OPEN &&
        (import->skip_errors != skips || !is_same(import->columns.items, import->columns.count, paths, columns->count)))
        return ctx_refuse(
            ctx, ERROR_WRONG_STATE, "columns",
            "are others, or errors are treated otherwise, than when the import of this file was begun; go on with "
            "it as it was, or take it back first");
    if (is_refused(&ctx->refusal) || plan->is_known)
        return is_refused(&ctx->refusal) ? NULL : plan;
    *import = (struct person_import){
        .name = command->name,
        .digest = command->digest,
        .columns = {columns->count, paths},
        .skip_errors = skips,
        .state = IMPORT_STATE_OPEN,
        .begun_ms = ctx->now_ms,
        .has_begun_by = ctx->actor.len > 0,
        .begun_by = ctx->actor,
        .changed_ms = ctx->now_ms,
    };
    return plan;
}

void import_begin_apply(struct person_service *self, const struct import_begin_plan *plan, struct ctx *ctx,
                        struct import_begin_reply *out_reply)
{
    (void)self;
    out_reply->import = plan->import;
    if (plan->is_known)
        return;
    out_reply->import.import = store_next_id(ctx->txn, "import");
    const struct import_created event = {.import = out_reply->import};
    struct key key = import_key(event.import.import, 0);
    row_put_at(ctx, &person_imports, &person_import_row_desc, key_bytes(&key), &event.import);
    ctx_emit(ctx, &import_created_message, &event, 0, "import", event.import.import);
}

struct import_finish_plan {
    struct person_import import;
};

const struct import_finish_plan *import_finish_check(const struct person_service *self,
                                                     const struct import_finish *command, struct ctx *ctx)
{
    (void)self;
    struct import_finish_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !import_get_row(ctx, command->import, &plan->import))
        return NULL;
    if (plan->import.state != IMPORT_STATE_OPEN && plan->import.state != IMPORT_STATE_FINISHED)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "import", "is taken back, and cannot be finished any more");
    return plan;
}

void import_finish_apply(struct person_service *self, const struct import_finish_plan *plan, struct ctx *ctx,
                         struct import_finish_reply *out_reply)
{
    (void)self;
    out_reply->import = plan->import;
    if (plan->import.state == IMPORT_STATE_FINISHED)
        return;
    out_reply->import.state = IMPORT_STATE_FINISHED;
    import_put(ctx, &out_reply->import);
}

struct import_take_back_plan {
    struct person_import import;
};

const struct import_take_back_plan *import_take_back_check(const struct person_service *self,
                                                           const struct import_take_back *command, struct ctx *ctx)
{
    (void)self;
    struct import_take_back_plan *plan = ctx_alloc(ctx, sizeof *plan);
    return plan && import_get_row(ctx, command->import, &plan->import) ? plan : NULL;
}

void import_take_back_apply(struct person_service *self, const struct import_take_back_plan *plan, struct ctx *ctx,
                            struct import_take_back_reply *out_reply)
{
    out_reply->import = plan->import;
    if (plan->import.state == IMPORT_STATE_TAKING_BACK || plan->import.state == IMPORT_STATE_TAKEN_BACK)
        return;
    out_reply->import.state = IMPORT_STATE_TAKING_BACK;
    out_reply->import.has_taken_back_by = ctx->actor.len > 0;
    out_reply->import.taken_back_by = ctx->actor;
    out_reply->import.has_taken_back_from = ctx->sender.len > 0;
    out_reply->import.taken_back_from = ctx->sender;
    import_put(ctx, &out_reply->import);
    self->removal_due_ms = 0;
}
