// SPDX-License-Identifier: Apache-2.0
#include "services/stats/renewal.h"

#include "common/store/following.h"

enum { SOURCES = 2 };

static const char *const sources[SOURCES] = {"activity", "person"};
static const struct text key = {"renewing", 8}; // in `layout`: a position of each source

static uint64_t position_of(struct store_txn *txn, const char *source)
{
    struct follow_position position;
    return follow_position_get(txn, source, &position) ? position.at.seq : 0;
}

void renewal_begin(struct store_txn *txn)
{
    uint8_t value[SOURCES * sizeof(uint64_t)];
    struct bytes before;
    bool noted = store_get(txn, &stats_layout, text_bytes(key), &before) && before.len == sizeof value;
    for (size_t i = 0; i < SOURCES; i++) {
        uint64_t now = position_of(txn, sources[i]);
        uint64_t then = noted ? get_u64(before.data + i * sizeof(uint64_t)) : 0;
        put_u64(value + i * sizeof(uint64_t), now > then ? now : then); // another upgrade may not be done yet
    }
    store_put(txn, &stats_layout, text_bytes(key), bytes_of(value, sizeof value));
}

bool renewal_is_under_way(struct store_txn *txn)
{
    struct bytes value;
    bool noted = store_get(txn, &stats_layout, text_bytes(key), &value) && value.len == SOURCES * sizeof(uint64_t);
    for (size_t i = 0; noted && i < SOURCES; i++)
        if (position_of(txn, sources[i]) < get_u64(value.data + i * sizeof(uint64_t)))
            return true;
    return false;
}

bool renewal_refuses(struct ctx *ctx)
{
    if (renewal_is_under_way(ctx->txn))
        ctx_refuse(ctx, ERROR_BUSY, NULL,
                   "After an upgrade all activities are counted anew, which may take minutes; ask again then.");
    return is_refused(&ctx->refusal);
}
