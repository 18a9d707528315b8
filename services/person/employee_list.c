// SPDX-License-Identifier: Apache-2.0
/** `employee.list`: by employee number, page by page. */
#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"

bool employee_list_answer(const struct person_service *self, const struct employee_list *query, struct ctx *ctx,
                          struct employee_list_reply *out_reply)
{
    (void)self;
    size_t limit = (size_t)query->limit, count = 0;
    struct employee *employees = ctx_alloc_array(ctx, limit, sizeof *employees);
    struct bytes after = text_bytes(query->after);
    struct index_scan scan;
    bool more = false;
    if (!employees)
        return false;
    index_scan_open(&scan, ctx->txn, &person_employee_numbers, bytes_of("", 0), after, false);
    while (index_scan_next(&scan)) {
        struct person_card card;
        if (bytes_equal(scan.key, after))
            continue;
        more = count == limit;
        if (more || !row_get(ctx, &person_cards, &person_card_row_desc, get_u64(scan.value.data), &card))
            break;
        employees[count++] = (struct employee){
            .person = card.person,
            .given_name = card.given_name,
            .has_family_name = card.has_family_name,
            .family_name = card.family_name,
            .employment = card.employment,
            .customers = used_by(ctx, USED_ACCOUNT_MANAGER, card.person),
        };
    }
    index_scan_close(&scan);
    out_reply->employees.count = count;
    out_reply->employees.items = employees;
    out_reply->more = more;
    return !is_refused(&ctx->refusal);
}
