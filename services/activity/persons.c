// SPDX-License-Identifier: Apache-2.0
#include "services/activity/persons.h"

#include "common/store/alias.h"

enum {
    ROW_BITS = 12,
    ROW_BYTES = (1 << ROW_BITS) / 8,
};

static size_t byte_of(uint64_t person)
{
    return (person % (1 << ROW_BITS)) / 8;
}

static uint8_t bit_of(uint64_t person)
{
    return (uint8_t)(1U << person % 8);
}

/** The person's row; false when there is none, and after a fault, which is the transaction's. */
static bool find_row(struct ctx *ctx, uint64_t person, struct bytes *out_row)
{
    struct key key = key_of_id(person >> ROW_BITS);
    if (!store_get(ctx->txn, &activity_persons, key_bytes(&key), out_row))
        return false;
    if (out_row->len != ROW_BYTES)
        store_txn_fail(ctx->txn, FAULT_CORRUPT);
    return out_row->len == ROW_BYTES;
}

bool persons_has(struct ctx *ctx, uint64_t person)
{
    struct bytes row;
    return find_row(ctx, person, &row) && row.data[byte_of(person)] & bit_of(person);
}

static void set(struct ctx *ctx, uint64_t person, bool is_there)
{
    struct key key = key_of_id(person >> ROW_BITS);
    struct bytes kept;
    uint8_t row[ROW_BYTES] = {0};
    if (find_row(ctx, person, &kept))
        memcpy(row, kept.data, ROW_BYTES);
    if (is_there)
        row[byte_of(person)] |= bit_of(person);
    else
        row[byte_of(person)] &= (uint8_t)~bit_of(person);
    store_put(ctx->txn, &activity_persons, key_bytes(&key), bytes_of(row, sizeof row));
}

void persons_add(struct ctx *ctx, uint64_t person)
{
    set(ctx, person, true);
}

void persons_remove(struct ctx *ctx, uint64_t person)
{
    set(ctx, person, false);
}

uint64_t persons_lead(struct ctx *ctx, uint64_t person)
{
    return alias_end(ctx->txn, &activity_merged, person);
}

void persons_merge(struct ctx *ctx, uint64_t person, uint64_t into)
{
    alias_put(ctx->txn, &activity_merged, person, into, bytes_of("", 0));
}
