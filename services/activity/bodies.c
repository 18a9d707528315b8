// SPDX-License-Identifier: Apache-2.0
#include "services/activity/bodies.h"

enum { PIECE_BYTES = 2000 };

static struct key piece_key(uint64_t activity, uint32_t piece)
{
    struct key key = key_of_id(activity);
    key_u32(&key, piece);
    return key;
}

static bool get_piece(struct ctx *ctx, uint64_t activity, uint32_t piece, struct bytes *out_value)
{
    struct key key = piece_key(activity, piece);
    return store_get(ctx->txn, &activity_bodies, key_bytes(&key), out_value);
}

typedef void put_row(struct store_txn *txn, const struct store_table *table, struct bytes key, struct bytes value);

static void put_pieces(struct ctx *ctx, uint64_t activity, struct text body, put_row *put)
{
    uint32_t piece = 0;
    for (size_t at = 0; at < body.len; at += PIECE_BYTES, piece++) {
        struct key key = piece_key(activity, piece);
        size_t left = body.len - at;
        struct bytes part = bytes_of(body.data + at, left < PIECE_BYTES ? left : PIECE_BYTES);
        put(ctx->txn, &activity_bodies, key_bytes(&key), part);
    }
}

void bodies_append(struct ctx *ctx, uint64_t activity, struct text body)
{
    put_pieces(ctx, activity, body, store_append);
}

void bodies_put(struct ctx *ctx, uint64_t activity, struct text body)
{
    bodies_delete(ctx, activity);
    put_pieces(ctx, activity, body, store_put);
}

struct text bodies_get(struct ctx *ctx, uint64_t activity)
{
    struct bytes value;
    size_t len = 0;
    for (uint32_t piece = 0; get_piece(ctx, activity, piece, &value); piece++)
        len += value.len;
    char *body = len ? ctx_alloc(ctx, len) : NULL;
    if (!body)
        return TEXT("");
    size_t at = 0;
    for (uint32_t piece = 0; at < len && get_piece(ctx, activity, piece, &value); piece++) {
        memcpy(body + at, value.data, value.len);
        at += value.len;
    }
    return (struct text){body, at};
}

void bodies_delete(struct ctx *ctx, uint64_t activity)
{
    struct bytes value;
    for (uint32_t piece = 0; get_piece(ctx, activity, piece, &value); piece++) {
        struct key key = piece_key(activity, piece);
        store_delete(ctx->txn, &activity_bodies, key_bytes(&key));
    }
}
