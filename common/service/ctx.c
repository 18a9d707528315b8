// SPDX-License-Identifier: Apache-2.0
#include "common/service/ctx.h"

#include "common/base/fold.h"
#include "common/base/log.h"
#include "common/base/must.h"

void *ctx_refuse(struct ctx *ctx, enum error_code code, const char *field, const char *message)
{
    refusal_set(&ctx->refusal, code, field, message);
    return NULL;
}

static void refuse_for_memory(struct ctx *ctx)
{
    ctx_refuse(ctx, ERROR_BUSY, NULL,
               "The service has no memory left for this batch; send the same again a little later.");
}

void *ctx_alloc(struct ctx *ctx, size_t size)
{
    void *memory = arena_alloc(ctx->arena, size);
    if (!memory)
        refuse_for_memory(ctx);
    return memory;
}

void *ctx_alloc_array(struct ctx *ctx, size_t count, size_t size)
{
    void *memory = arena_alloc_array(ctx->arena, count, size);
    if (!memory)
        refuse_for_memory(ctx);
    return memory;
}

struct text ctx_text(struct ctx *ctx, struct text text)
{
    struct text copy = arena_text(ctx->arena, text);
    if (!copy.data)
        refuse_for_memory(ctx);
    return copy;
}

void ctx_key_name(struct ctx *ctx, const char *field, struct text name, struct key *key)
{
    uint8_t folded[FOLD_BYTES];
    size_t len = 0;
    if (fold_name(name, folded, sizeof folded, &len) && (len > 0 || name.len == 0))
        key_bytes_add(key, bytes_of(folded, len));
    else
        ctx_refuse(ctx, ERROR_INVALID_FIELD, field, "has characters that cannot be compared; write it otherwise");
}

/** Encodes into the scratch buffer; empty after a failure, which is then the transaction's. */
static struct bytes encode(struct ctx *ctx, const struct struct_desc *desc, const void *value)
{
    buffer_reset(ctx->scratch);
    codec_encode(desc, value, ctx->scratch);
    if (ctx->scratch->failed)
        store_txn_fail(ctx->txn, FAULT_MEMORY);
    return buffer_bytes(ctx->scratch);
}

static struct text subject_text(struct ctx *ctx, const char *kind, uint64_t id)
{
    char digits[20]; // of 2^64 - 1
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + id % 10);
    while (id /= 10);
    size_t kind_len = strlen(kind), digit_count = sizeof digits - first;
    char *subject = arena_alloc(ctx->arena, kind_len + 1 + digit_count);
    if (!subject)
        return (struct text){NULL, 0};
    memcpy(subject, kind, kind_len);
    subject[kind_len] = '/';
    memcpy(subject + kind_len + 1, digits + first, digit_count);
    return (struct text){subject, kind_len + 1 + digit_count};
}

uint64_t ctx_emit(struct ctx *ctx, const struct message_desc *event, const void *body, uint64_t person,
                  const char *subject_kind, uint64_t subject_id)
{
    must(event->kind == MESSAGE_EVENT);
    uint64_t seq = store_txn_seq(ctx->txn) + ++ctx->event_count;
    struct pending_event *pending = arena_alloc(ctx->arena, sizeof *pending);
    struct bytes encoded = arena_bytes(ctx->arena, encode(ctx, event->body, body));
    struct text subject = subject_text(ctx, subject_kind, subject_id);
    if (!pending || !encoded.data || !subject.data) {
        store_txn_fail(ctx->txn, FAULT_MEMORY); // an apply cannot refuse: the batch is given up as a whole
        return seq;
    }
    *pending = (struct pending_event){NULL, event, encoded, person, subject, ctx->actor, ctx->sender};
    if (ctx->last_event)
        ctx->last_event->next = pending;
    else
        ctx->first_event = pending;
    ctx->last_event = pending;
    return seq;
}

void ctx_erase(struct ctx *ctx, uint64_t person)
{
    must(person != 0 && ctx->erases == 0);
    ctx->erases = person;
}

bool row_decode(struct ctx *ctx, const struct struct_desc *desc, struct bytes value, void *out)
{
    struct refusal why = {.code = ERROR_NONE};
    struct bytes copy = arena_bytes(ctx->arena, value);
    if (!copy.data) {
        refuse_for_memory(ctx);
        return false;
    }
    if (codec_decode(desc, copy, CODEC_SKIP_UNKNOWN, ctx->arena, out, &why))
        return true;
    if (why.code == ERROR_BUSY) {
        refuse_for_memory(ctx);
        return false;
    }
    LOG(LOG_LEVEL_ERROR, "a stored row makes no sense", log_name("row", desc->name), log_name("field", why.field));
    ctx_refuse(ctx, ERROR_CORRUPT, NULL, "A stored row makes no sense; an operator has to restore the store.");
    return false;
}

bool row_get_at(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, struct bytes key,
                void *out)
{
    struct bytes value;
    return store_get(ctx->txn, table, key, &value) && row_decode(ctx, desc, value, out);
}

bool row_get(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, uint64_t id, void *out)
{
    struct key key = key_of_id(id);
    return row_get_at(ctx, table, desc, key_bytes(&key), out);
}

void row_put_at(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, struct bytes key,
                const void *row)
{
    store_put(ctx->txn, table, key, encode(ctx, desc, row));
}

void row_put(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, uint64_t id,
             const void *row)
{
    struct key key = key_of_id(id);
    row_put_at(ctx, table, desc, key_bytes(&key), row);
}

void row_append(struct ctx *ctx, const struct store_table *table, const struct struct_desc *desc, uint64_t id,
                const void *row)
{
    struct key key = key_of_id(id);
    store_append(ctx->txn, table, key_bytes(&key), encode(ctx, desc, row));
}
