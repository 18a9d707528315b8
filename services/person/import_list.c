// SPDX-License-Identifier: Apache-2.0
/** `import.get`, `import.list` and `import.refused`. */
#include "proto/person_dispatch.gen.h"
#include "services/person/imports.h"

bool import_get_answer(const struct person_service *self, const struct import_get *query, struct ctx *ctx,
                       struct import_get_reply *out_reply)
{
    (void)self;
    if (query->has_import == query->has_digest)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "import", "give either import or digest");
    else if (query->has_import)
        import_get_row(ctx, query->import, &out_reply->import);
    else if (!import_find_file(ctx, query->digest, &out_reply->import))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "digest", "is of no file whose import is under way or finished");
    return !is_refused(&ctx->refusal);
}

bool import_list_answer(const struct person_service *self, const struct import_list *query, struct ctx *ctx,
                        struct import_list_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    struct person_import *imports = ctx_alloc_array(ctx, limit + 1, sizeof *imports); // one more tells of a next page
    uint64_t from = query->has_after ? query->after + 1 : 1;
    for (; imports && count <= limit && import_next(ctx, from, &imports[count]); count++)
        from = imports[count].import + 1;
    out_reply->more = count > limit;
    out_reply->imports.count = out_reply->more ? limit : count;
    out_reply->imports.items = imports;
    return !is_refused(&ctx->refusal);
}

bool import_refused_answer(const struct person_service *self, const struct import_refused *query, struct ctx *ctx,
                           struct import_refused_reply *out_reply)
{
    (void)self;
    struct person_import import;
    size_t limit = (size_t)query->limit, count = 0;
    struct import_problem *problems = ctx_alloc_array(ctx, limit, sizeof *problems);
    struct key from = import_key(query->import, query->has_after ? (uint64_t)query->after + 1 : 1);
    struct store_cursor cursor;
    if (!problems || !import_get_row(ctx, query->import, &import))
        return false;
    store_cursor_open(&cursor, ctx->txn, &person_imports);
    bool there = store_cursor_seek(&cursor, key_bytes(&from));
    for (; there && get_u64(cursor.key.data) == query->import && count < limit; there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &import_problem_row_desc, cursor.value, &problems[count++]))
            break;
    out_reply->more = there && get_u64(cursor.key.data) == query->import;
    store_cursor_close(&cursor);
    out_reply->problems.count = count;
    out_reply->problems.items = problems;
    return !is_refused(&ctx->refusal);
}
