// SPDX-License-Identifier: Apache-2.0
/** `snapshot.read`: a page of what the service has, for a follower that begins. */
#include "common/service/snapshot.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/service/internal.h"
#include "proto/shell_dispatch.gen.h"

enum { SUBJECT_BYTES = 64 };

void snapshot_tell(struct snapshot *snapshot, const struct message_desc *event, const void *body, uint64_t person,
                   const char *subject_kind, uint64_t subject_id)
{
    struct ctx *ctx = snapshot->ctx;
    char subject[SUBJECT_BYTES];
    int len = snprintf(subject, sizeof subject, "%s/%" PRIu64, subject_kind, subject_id);
    buffer_reset(ctx->scratch);
    codec_encode(event->body, body, ctx->scratch);
    struct bytes packed = arena_bytes(ctx->arena, buffer_bytes(ctx->scratch));
    if (ctx->scratch->failed || !packed.data) {
        ctx_refuse(ctx, ERROR_BUSY, NULL, "The service has no memory left; ask again.");
        return;
    }
    snapshot->rows[snapshot->count++] = (struct snapshot_row){
        .type = text_of(event->type),
        .subject = ctx_text(ctx, (struct text){subject, (size_t)len}),
        .has_person = person != 0,
        .person = person,
        .body = packed,
    };
    snapshot->bytes += packed.len;
}

static bool has_room(const struct snapshot *snapshot)
{
    return snapshot->count + SNAPSHOT_ROW_EVENTS <= snapshot->most && snapshot->bytes < CORE_PAGE_BYTES &&
           !is_refused(&snapshot->ctx->refusal);
}

/** Tells rows of a part after `key`, or from its first one; false when there was no room for all. `key` becomes the last one's. */
static bool tell_part(struct snapshot *snapshot, const struct snapshot_part *part, struct key *key)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, snapshot->ctx->txn, part->table);
    bool there = store_cursor_seek(&cursor, key_bytes(key));
    if (there && key->len > 0 && bytes_equal(cursor.key, key_bytes(key)))
        there = store_cursor_next(&cursor);
    for (; there && has_room(snapshot); there = store_cursor_next(&cursor)) {
        key->len = 0;
        key_bytes_add(key, cursor.key);
        part->tell(snapshot, cursor.key, cursor.value);
    }
    store_cursor_close(&cursor);
    return !there;
}

/** `after` is empty at first. False when it is none of these cursors. */
static bool read_cursor(const struct service_definition *definition, struct bytes after, size_t *out_part,
                        struct key *out_key)
{
    *out_part = after.len > 0 ? after.data[0] : 0;
    *out_key = (struct key){.len = 0};
    if (after.len > 1)
        key_bytes_add(out_key, bytes_of(after.data + 1, after.len - 1));
    return *out_part < definition->snapshot_count;
}

static bool tell(struct ctx *ctx, const struct service_definition *definition, const struct snapshot_read *query,
                 struct snapshot_read_reply *out_reply)
{
    struct snapshot snapshot = {.ctx = ctx, .most = (size_t)query->limit + SNAPSHOT_ROW_EVENTS};
    struct key key;
    size_t part;
    snapshot.rows = ctx_alloc_array(ctx, snapshot.most, sizeof *snapshot.rows);
    if (!snapshot.rows)
        return false;
    if (!read_cursor(definition, query->has_after ? query->after : bytes_of("", 0), &part, &key))
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "after",
                          "is no place in the snapshot; give `next` of the page before") != NULL;
    bool more = false;
    for (; part < definition->snapshot_count && !more; part += !more) {
        more = !tell_part(&snapshot, &definition->snapshot[part], &key);
        if (!more)
            key.len = 0;
    }
    if (more) {
        struct key next = {.len = 0};
        key_u8(&next, (uint8_t)part);
        key_bytes_add(&next, key_bytes(&key));
        out_reply->has_next = true;
        out_reply->next = arena_bytes(ctx->arena, key_bytes(&next));
    }
    out_reply->rows.count = snapshot.count;
    out_reply->rows.items = snapshot.rows;
    return !is_refused(&ctx->refusal);
}

bool snapshot_read_answer(const struct shell_service *self, const struct snapshot_read *query, struct ctx *ctx,
                          struct snapshot_read_reply *out_reply)
{
    const struct service_definition *definition = self->core->config.definition;
    const struct store_identity identity = store_identity(self->core->config.store);
    struct journal_record record;
    bool found = false;
    if (definition->snapshot_count == 0)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, NULL, "This service tells no snapshot; read its journal.") != NULL;
    *out_reply = (struct snapshot_read_reply){
        .store = arena_bytes(ctx->arena, bytes_of(identity.id, sizeof identity.id)),
        .epoch = (int64_t)identity.epoch,
        .seq = (int64_t)store_txn_seq(ctx->txn),
    };
    if (out_reply->seq > 0 &&
        (journal_get(ctx->txn, (uint64_t)out_reply->seq, &record, &found) != FAULT_NONE || !found)) {
        store_txn_fail(ctx->txn,
                       FAULT_CORRUPT); // without it the follower would take this for another history in the end
        return false;
    }
    out_reply->has_digest = found;
    out_reply->digest = found ? arena_bytes(ctx->arena, record.digest) : bytes_of("", 0);
    return tell(ctx, definition, query, out_reply);
}
