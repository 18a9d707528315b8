// SPDX-License-Identifier: Apache-2.0
#include "services/activity/persons.h"

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

/** Copies the person's row; zeros when there is none. */
static void read_row(struct ctx *ctx, uint64_t person, uint8_t out_row[ROW_BYTES])
{
    struct key key = key_of_id(person >> ROW_BITS);
    struct bytes value;
    memset(out_row, 0, ROW_BYTES);
    if (!store_get(ctx->txn, &activity_persons, key_bytes(&key), &value))
        return;
    if (value.len == ROW_BYTES)
        memcpy(out_row, value.data, ROW_BYTES);
    else
        store_txn_fail(ctx->txn, FAULT_CORRUPT);
}

bool persons_has(struct ctx *ctx, uint64_t person)
{
    uint8_t row[ROW_BYTES];
    read_row(ctx, person, row);
    return row[byte_of(person)] & bit_of(person);
}

void persons_add(struct ctx *ctx, uint64_t person)
{
    struct key key = key_of_id(person >> ROW_BITS);
    uint8_t row[ROW_BYTES];
    read_row(ctx, person, row);
    row[byte_of(person)] |= bit_of(person);
    store_put(ctx->txn, &activity_persons, key_bytes(&key), bytes_of(row, sizeof row));
}
