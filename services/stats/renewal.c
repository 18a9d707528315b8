// SPDX-License-Identifier: Apache-2.0
#include "services/stats/renewal.h"

#include "common/store/following.h"

enum { SOURCES = 2, ROW_BYTES = SOURCES * sizeof(uint64_t) };
#define NOT_FOUND UINT64_MAX // yet; farther than any journal goes

static const char *const sources[SOURCES] = {"activity", "person"};
static const struct text key = {"renewing", 8}; // in `layout`: how far each source is to be followed

static uint64_t position_of(struct store_txn *txn, const char *source)
{
    struct follow_position position;
    return follow_position_get(txn, source, &position) ? position.at.seq : 0;
}

static void read_goals(struct store_txn *txn, uint64_t out_goals[SOURCES])
{
    struct bytes value;
    bool noted = store_get(txn, &stats_layout, text_bytes(key), &value) && value.len == ROW_BYTES;
    for (size_t i = 0; i < SOURCES; i++)
        out_goals[i] = noted ? get_u64(value.data + i * sizeof(uint64_t)) : 0;
}

static void set_goal(struct store_txn *txn, const char *source, uint64_t goal)
{
    uint64_t goals[SOURCES];
    uint8_t value[ROW_BYTES];
    read_goals(txn, goals);
    for (size_t i = 0; i < SOURCES; i++)
        put_u64(value + i * sizeof(uint64_t), strcmp(sources[i], source) == 0 ? goal : goals[i]);
    store_put(txn, &stats_layout, text_bytes(key), bytes_of(value, sizeof value));
}

void renewal_await(struct store_txn *txn, const char *source)
{
    set_goal(txn, source, NOT_FOUND);
}

void renewal_begin(struct store_txn *txn, const char *source, uint64_t last_seq)
{
    set_goal(txn, source, last_seq);
}

bool renewal_is_under_way(struct store_txn *txn)
{
    uint64_t goals[SOURCES];
    read_goals(txn, goals);
    for (size_t i = 0; i < SOURCES; i++)
        if (goals[i] > 0 && position_of(txn, sources[i]) < goals[i])
            return true;
    return false;
}

bool renewal_refuses(struct ctx *ctx)
{
    if (renewal_is_under_way(ctx->txn))
        ctx_refuse(
            ctx, ERROR_BUSY, NULL,
            "The journals of activity and person are being followed from their beginning, which may take minutes; "
            "ask again then.");
    return is_refused(&ctx->refusal);
}
