// SPDX-License-Identifier: Apache-2.0
#include "services/activity/employees.h"

#include "common/wire/same.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static bool get(struct ctx *ctx, uint64_t person, struct employee_days *out_days)
{
    return row_get(ctx, &activity_employees, &employee_days_desc, person, out_days);
}

void employees_follow(struct ctx *ctx, const struct person_card *card)
{
    struct employee_days kept;
    const struct employee_days days = {
        .started_on = card->employment.started_on,
        .has_ended_on = card->employment.has_ended_on,
        .ended_on = card->employment.ended_on,
    };
    bool was = get(ctx, card->person, &kept);
    if (card->has_employment && !(was && same_struct(&employee_days_desc, &kept, &days)))
        row_put(ctx, &activity_employees, &employee_days_desc, card->person, &days);
    else if (was && !card->has_employment)
        employees_remove(ctx, card->person);
}

void employees_remove(struct ctx *ctx, uint64_t person)
{
    struct key key = key_of_id(person);
    store_delete(ctx->txn, &activity_employees, key_bytes(&key));
}

static bool has_ended(const struct ctx *ctx, const struct employee_days *days)
{
    return days->has_ended_on && days->ended_on < (int32_t)(ctx->now_ms / DAY_MS);
}

bool employees_check(struct ctx *ctx, const char *field, uint64_t person)
{
    struct employee_days days;
    if (!get(ctx, person, &days))
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, field,
                   "is not an employee; choose one of employee.list, or register the person as one");
    else if (has_ended(ctx, &days))
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, field,
                   "has ended as an employee and cannot be newly chosen; choose another");
    return !is_refused(&ctx->refusal);
}

bool employees_has(struct ctx *ctx, uint64_t person)
{
    struct employee_days days;
    return get(ctx, person, &days) && !has_ended(ctx, &days);
}
