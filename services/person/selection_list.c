// SPDX-License-Identifier: Apache-2.0
/** `selection.list`: saved selections by name, page by page. */
#include "proto/person_dispatch.gen.h"
#include "services/person/selections.h"

bool selection_list_answer(const struct person_service *self, const struct selection_list *query, struct ctx *ctx,
                           struct selection_list_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    struct selection *selections = ctx_alloc_array(ctx, limit, sizeof *selections);
    struct key after = selection_name_key(ctx, "after", query->after);
    struct index_scan scan;
    bool more = false;
    if (!selections || is_refused(&ctx->refusal))
        return false;
    index_scan_open(&scan, ctx->txn, &person_selection_names, bytes_of("", 0), key_bytes(&after), false);
    while (!is_refused(&ctx->refusal) && index_scan_next(&scan)) {
        if (bytes_equal(scan.key, key_bytes(&after)))
            continue;
        more = count == limit;
        if (more)
            break;
        if (!selection_get(ctx, get_u64(scan.value.data), &selections[count++]))
            ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A selection cannot be read; an operator has to restore the store.");
    }
    index_scan_close(&scan);
    out_reply->selections.count = count;
    out_reply->selections.items = selections;
    out_reply->more = more;
    return !is_refused(&ctx->refusal);
}
