// SPDX-License-Identifier: Apache-2.0
/** `type.list`: the activity types. */
#include <stdlib.h>

#include "proto/activity_dispatch.gen.h"
#include "services/activity/types.h"

static int order_types(const void *a, const void *b)
{
    const struct activity_type *left = a, *right = b;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return left->type < right->type ? -1 : left->type > right->type;
}

bool type_list_answer(const struct activity_service *self, const struct type_list *query, struct ctx *ctx,
                      struct type_list_reply *out_reply)
{
    (void)self;
    (void)query;
    size_t count = 0;
    struct activity_type *types = types_read(ctx, &count);
    if (!types)
        return false;
    qsort(types, count, sizeof *types, order_types);
    out_reply->types.count = count;
    out_reply->types.items = types;
    return true;
}
