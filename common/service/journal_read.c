// SPDX-License-Identifier: Apache-2.0
/** `journal.read`: a page of the journal for a follower, or the word that its history is not this one. */
#include "common/service/internal.h"

#include "proto/shell_dispatch.gen.h"

/** Whether what the follower has is a part of this store's history. */
static bool is_ours(struct ctx *ctx, const struct journal_read *query, const struct store_identity *identity)
{
    if (query->has_store && memcmp(query->store.data, identity->id, sizeof identity->id) != 0)
        return false;
    if (query->has_epoch && (uint64_t)query->epoch > identity->epoch)
        return false;
    if ((uint64_t)query->after > store_txn_seq(ctx->txn))
        return false;
    if (!query->has_after_digest || query->after == 0)
        return true;
    struct journal_record record;
    bool found = false;
    if (journal_get(ctx->txn, (uint64_t)query->after, &record, &found) == FAULT_CORRUPT)
        store_txn_fail(ctx->txn, FAULT_CORRUPT); // damaged is not another history: no answer rather than "diverged"
    return found && bytes_equal(record.digest, query->after_digest);
}

/** Fills the page with whole records until it is long or large enough. */
static bool fill(struct ctx *ctx, const struct journal_read *query, struct journal_read_reply *reply)
{
    uint64_t left = store_txn_seq(ctx->txn) - (uint64_t)query->after;
    size_t most = left < (uint64_t)query->limit ? (size_t)left : (size_t)query->limit;
    struct journal_page_record *items = ctx_alloc_array(ctx, most, sizeof *items);
    if (!items)
        return false;
    struct journal_cursor cursor;
    struct journal_record record;
    size_t count = 0, bytes = 0;
    journal_cursor_open(&cursor, ctx->txn, (uint64_t)query->after);
    while (count < most && bytes < CORE_PAGE_BYTES && journal_cursor_next(&cursor, &record)) {
        items[count++] = (struct journal_page_record){(int64_t)record.seq, record.raw};
        bytes += record.raw.len;
    }
    journal_cursor_close(&cursor);
    reply->records.count = count;
    reply->records.items = items;
    return true;
}

bool journal_read_answer(const struct shell_service *self, const struct journal_read *query, struct ctx *ctx,
                         struct journal_read_reply *out_reply)
{
    struct store_identity identity = store_identity(self->core->config.store);
    struct bytes store = arena_bytes(ctx->arena, bytes_of(identity.id, sizeof identity.id));
    if (!store.data)
        return ctx_refuse(ctx, ERROR_BUSY, NULL, "The service has no memory left; ask again.") != NULL;
    *out_reply = (struct journal_read_reply){
        .store = store,
        .epoch = (int64_t)identity.epoch,
        .diverged = !is_ours(ctx, query, &identity),
        .last_seq = (int64_t)store_txn_seq(ctx->txn),
    };
    if (!out_reply->diverged && !fill(ctx, query, out_reply))
        return false;
    return true;
}
