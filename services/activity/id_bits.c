// SPDX-License-Identifier: Apache-2.0
#include "services/activity/id_bits.h"

enum {
    ROW_BITS = 12,
    ROW_BYTES = (1 << ROW_BITS) / 8,
};

static size_t byte_of(uint64_t id)
{
    return (id % (1 << ROW_BITS)) / 8;
}

static uint8_t bit_of(uint64_t id)
{
    return (uint8_t)(1U << id % 8);
}

/** The id's row; false when there is none, and after a fault, which is the transaction's. */
static bool find_row(struct ctx *ctx, const struct store_table *table, uint64_t id, struct bytes *out_row)
{
    struct key key = key_of_id(id >> ROW_BITS);
    if (!store_get(ctx->txn, table, key_bytes(&key), out_row))
        return false;
    if (out_row->len != ROW_BYTES)
        store_txn_fail(ctx->txn, FAULT_CORRUPT);
    return out_row->len == ROW_BYTES;
}

bool id_bits_has(struct ctx *ctx, const struct store_table *table, uint64_t id)
{
    struct bytes row;
    return find_row(ctx, table, id, &row) && row.data[byte_of(id)] & bit_of(id);
}

void id_bits_set(struct ctx *ctx, const struct store_table *table, uint64_t id, bool is_in)
{
    struct key key = key_of_id(id >> ROW_BITS);
    struct bytes kept;
    uint8_t row[ROW_BYTES] = {0};
    if (find_row(ctx, table, id, &kept))
        memcpy(row, kept.data, ROW_BYTES);
    if (is_in)
        row[byte_of(id)] |= bit_of(id);
    else
        row[byte_of(id)] &= (uint8_t)~bit_of(id);
    store_put(ctx->txn, table, key_bytes(&key), bytes_of(row, sizeof row));
}
