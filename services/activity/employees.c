// SPDX-License-Identifier: Apache-2.0
#include "services/activity/employees.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static bool get(struct ctx *ctx, uint64_t person, struct employee_days *out_days)
{
    return row_get(ctx, &activity_employees, &employee_days_desc, person, out_days);
}

void employees_put(struct ctx *ctx, uint64_t person, const struct employment *employment)
{
    const struct employee_days days = {
        .started_on = employment->started_on,
        .has_ended_on = employment->has_ended_on,
        .ended_on = employment->ended_on,
    };
    row_put(ctx, &activity_employees, &employee_days_desc, person, &days);
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
