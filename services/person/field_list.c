// SPDX-License-Identifier: Apache-2.0
/** `field.list`: the own-defined fields. */
#include <stdlib.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"
#include "services/person/own_fields.h"

static int order_fields(const void *a, const void *b)
{
    const struct own_field *left = a, *right = b;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return left->field < right->field ? -1 : left->field > right->field;
}

bool field_list_answer(const struct person_service *self, const struct field_list *query, struct ctx *ctx,
                       struct field_list_reply *out_reply)
{
    (void)self, (void)query;
    struct own_field *fields = ctx_alloc_array(ctx, OWN_FIELDS_MOST, sizeof *fields);
    struct own_field_usage *usage = ctx_alloc_array(ctx, OWN_FIELDS_MOST, sizeof *usage);
    struct store_cursor cursor;
    size_t count = 0;
    if (!fields || !usage)
        return false;
    store_cursor_open(&cursor, ctx->txn, &person_own_fields);
    for (bool there = store_cursor_first(&cursor); there && count < OWN_FIELDS_MOST; there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &own_field_row_desc, cursor.value, &fields[count++]))
            break;
    store_cursor_close(&cursor);
    if (count)
        qsort(fields, count, sizeof *fields, order_fields);
    for (size_t i = 0; i < count; i++)
        usage[i] = (struct own_field_usage){
            .field = fields[i].field,
            .name = fields[i].name,
            .persons = used_by(ctx, USED_OWN_FIELD, fields[i].field),
        };
    out_reply->fields.count = count;
    out_reply->fields.items = fields;
    out_reply->usage.count = count;
    out_reply->usage.items = usage;
    return !is_refused(&ctx->refusal);
}
