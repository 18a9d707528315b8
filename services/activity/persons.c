// SPDX-License-Identifier: Apache-2.0
#include "services/activity/persons.h"

#include "common/store/alias.h"
#include "services/activity/id_bits.h"

bool persons_has(struct ctx *ctx, uint64_t person)
{
    return id_bits_has(ctx, &activity_persons, person);
}

void persons_add(struct ctx *ctx, uint64_t person)
{
    id_bits_set(ctx, &activity_persons, person, true);
}

void persons_remove(struct ctx *ctx, uint64_t person)
{
    id_bits_set(ctx, &activity_persons, person, false);
}

uint64_t persons_lead(struct ctx *ctx, uint64_t person)
{
    return alias_end(ctx->txn, &activity_merged, person);
}

void persons_merge(struct ctx *ctx, uint64_t person, uint64_t into)
{
    alias_put(ctx->txn, &activity_merged, person, into, bytes_of("", 0));
}
