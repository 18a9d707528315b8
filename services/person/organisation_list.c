// SPDX-License-Identifier: Apache-2.0
/** `organisation.list`: by name, page by page. */
#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"
#include "services/person/organisations.h"

bool organisation_list_answer(const struct person_service *self, const struct organisation_list *query, struct ctx *ctx,
                              struct organisation_list_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    struct organisation *organisations = ctx_alloc_array(ctx, limit, sizeof *organisations);
    int64_t *persons = ctx_alloc_array(ctx, limit, sizeof *persons);
    struct key prefix = organisation_name_key(ctx, "prefix", query->prefix);
    struct key after = organisation_name_key(ctx, "after", query->after);
    if (!organisations || !persons || is_refused(&ctx->refusal))
        return false;
    struct index_scan scan;
    bool more = false;
    index_scan_open(&scan, ctx->txn, &person_organisation_names, key_bytes(&prefix), key_bytes(&after), false);
    while (!is_refused(&ctx->refusal) && index_scan_next(&scan)) {
        if (bytes_equal(scan.key, key_bytes(&after)))
            continue;
        more = count == limit;
        if (more || !organisation_read(ctx, get_u64(scan.value.data), &organisations[count]))
            break;
        persons[count] = used_by(ctx, USED_ORGANISATION, organisations[count].organisation);
        count++;
    }
    index_scan_close(&scan);
    out_reply->organisations.count = count;
    out_reply->organisations.items = organisations;
    out_reply->persons.count = count;
    out_reply->persons.items = persons;
    out_reply->more = more;
    return !is_refused(&ctx->refusal);
}
