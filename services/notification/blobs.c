// SPDX-License-Identifier: Apache-2.0
#include "services/notification/blobs.h"

#include "common/base/log.h"

enum { CHUNK_BYTES = 4000, SWEEP_A_BATCH = 200 };

static const struct store_table chunks = {"chunk", STORE_FIRST_SERVICE_SLOT};
static const struct store_table *const tables[] = {&chunks};

static struct key chunk_key(uint64_t blob, size_t offset)
{
    struct key key = key_of_id(blob);
    key_u32(&key, (uint32_t)offset);
    return key;
}

struct key blob_age_key(int64_t created_ms, uint64_t blob)
{
    struct key key = {.len = 0};
    key_i64(&key, created_ms);
    key_u64(&key, blob);
    return key;
}

struct store_config blobs_config(void)
{
    return (struct store_config){
        .name = "notification-blobs",
        .tables = tables,
        .table_count = 1,
        .map_bytes = UINT64_C(1) << 38, // ThreadSanitizer has no room for two of the usual 1 TiB
        .schema_version = 1,
    };
}

enum fault blobs_open(struct notification_service *self, const char *archive_path)
{
    struct store_config config = blobs_config();
    config.path = self->blob_path;
    if (archive_path) {
        enum fault fault = archive_open(archive_path, &self->blob_archive);
        if (fault != FAULT_NONE)
            return fault;
        config.replog = archive_replog(self->blob_archive);
    }
    return store_open(&config, &self->blobs);
}

void blobs_close(struct notification_service *self)
{
    blobs_abort(self);
    if (self->blobs)
        store_close(self->blobs);
    archive_close(self->blob_archive);
}

void blobs_put(struct notification_service *self, uint64_t blob, size_t offset, struct bytes piece)
{
    if (!self->blob_txn)
        self->blob_txn = store_begin_write(self->blobs);
    for (size_t done = 0; done < piece.len; done += CHUNK_BYTES) {
        size_t len = piece.len - done < CHUNK_BYTES ? piece.len - done : CHUNK_BYTES;
        struct key key = chunk_key(blob, offset + done);
        store_put(self->blob_txn, &chunks, key_bytes(&key), bytes_of(piece.data + done, len));
    }
}

bool blobs_read(const struct notification_service *self, uint64_t blob, size_t size, uint8_t *out)
{
    // A piece of this very batch is in the batch's transaction only.
    struct store_txn *txn = self->blob_txn ? self->blob_txn : store_begin_read(self->blobs);
    size_t done = 0;
    while (done < size) {
        struct key key = chunk_key(blob, done);
        struct bytes chunk;
        if (!store_get(txn, &chunks, key_bytes(&key), &chunk) || chunk.len == 0 || chunk.len > size - done)
            break;
        memcpy(out + done, chunk.data, chunk.len);
        done += chunk.len;
    }
    if (!self->blob_txn)
        store_abort(txn);
    return done == size;
}

enum fault blobs_commit(struct notification_service *self)
{
    if (!self->blob_txn)
        return FAULT_NONE;
    enum fault fault = store_commit(self->blob_txn);
    self->blob_txn = NULL;
    return fault;
}

void blobs_abort(struct notification_service *self)
{
    if (self->blob_txn)
        store_abort(self->blob_txn);
    self->blob_txn = NULL;
    self->removed_count = 0;
}

static void remove_row(struct notification_service *self, struct ctx *ctx, int64_t created_ms, uint64_t blob)
{
    struct blob_removed event = {.blob = blob};
    struct key age = blob_age_key(created_ms, blob), id = key_of_id(blob);
    index_delete(ctx->txn, &notification_blob_age, key_bytes(&age));
    store_delete(ctx->txn, &notification_blob_heads, key_bytes(&id));
    ctx_emit(ctx, &blob_removed_message, &event, 0, "blob", blob);
    self->removed_blobs[self->removed_count++] = blob;
}

/** The blob that has waited longest for a send. */
static bool oldest_unused(struct ctx *ctx, int64_t *out_created_ms, uint64_t *out_blob)
{
    const struct bytes whole = {NULL, 0};
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &notification_blob_age, whole, whole, false);
    bool found = index_scan_next(&scan);
    if (found) {
        *out_created_ms = key_read_i64(scan.key.data);
        *out_blob = get_u64(scan.key.data + 8);
    }
    index_scan_close(&scan);
    return found;
}

/** Notes content whose row is gone, from `self->sweep_from` on. */
static void sweep(struct notification_service *self, struct ctx *ctx)
{
    struct store_txn *txn = store_begin_read(self->blobs);
    struct store_cursor cursor;
    store_cursor_open(&cursor, txn, &chunks);
    for (size_t i = 0; i < SWEEP_A_BATCH && self->removed_count < REMOVALS_A_BATCH && self->sweeping; i++) {
        struct key from = key_of_id(self->sweep_from);
        struct bytes row;
        if (!store_cursor_seek(&cursor, key_bytes(&from))) {
            self->sweeping = false;
            break;
        }
        uint64_t blob = get_u64(cursor.key.data);
        struct key id = key_of_id(blob);
        if (!store_get(ctx->txn, &notification_blob_heads, key_bytes(&id), &row))
            self->removed_blobs[self->removed_count++] = blob;
        self->sweep_from = blob + 1;
    }
    store_cursor_close(&cursor);
    store_abort(txn);
}

void blobs_tidy(struct notification_service *self, struct ctx *ctx)
{
    int64_t created_ms;
    uint64_t blob;
    while (self->removed_count < REMOVALS_A_BATCH && oldest_unused(ctx, &created_ms, &blob) &&
           created_ms <= ctx->now_ms - BLOB_UNUSED_MS)
        remove_row(self, ctx, created_ms, blob);
    if (self->sweeping)
        sweep(self, ctx);
}

int64_t blobs_due_ms(const struct notification_service *self, struct ctx *ctx)
{
    int64_t created_ms;
    uint64_t blob;
    if (self->sweeping)
        return 0;
    return oldest_unused(ctx, &created_ms, &blob) ? created_ms + BLOB_UNUSED_MS : INT64_MAX;
}

static bool has_row(struct store_txn *txn, uint64_t blob)
{
    struct key id = key_of_id(blob);
    struct bytes row;
    return store_get(txn, &notification_blob_heads, key_bytes(&id), &row);
}

static void remove_content(struct store_txn *txn, uint64_t blob)
{
    struct key id = key_of_id(blob);
    struct store_cursor cursor;
    for (;;) {
        store_cursor_open(&cursor, txn, &chunks);
        bool found = store_cursor_seek(&cursor, key_bytes(&id)) && get_u64(cursor.key.data) == blob;
        struct key key = {.len = 0};
        if (found)
            key_bytes_add(&key, cursor.key);
        store_cursor_close(&cursor);
        if (!found)
            return;
        store_delete(txn, &chunks, key_bytes(&key));
    }
}

void blobs_remove_contents(struct notification_service *self)
{
    if (self->removed_count == 0)
        return;
    struct store_txn *rows = store_begin_read(self->store);
    struct store_txn *txn = store_begin_write(self->blobs);
    for (size_t i = 0; i < self->removed_count; i++)
        if (!has_row(rows, self->removed_blobs[i])) // an aborted batch's id may have been given to a new blob
            remove_content(txn, self->removed_blobs[i]);
    store_abort(rows);
    enum fault fault = store_commit(txn);
    if (fault != FAULT_NONE)
        LOG(LOG_LEVEL_WARNING, "content of removed blobs stays until the next start",
            log_name("fault", fault_name(fault)));
    self->removed_count = 0;
}

static struct key use_key(uint64_t blob, uint64_t send)
{
    struct key key = key_of_id(blob);
    key_u64(&key, send);
    return key;
}

void blobs_use(struct ctx *ctx, uint64_t blob, uint64_t send)
{
    struct blob_head head;
    struct key use = use_key(blob, send);
    index_put(ctx->txn, &notification_blob_uses, key_bytes(&use), bytes_of("", 0));
    if (!row_get(ctx, &notification_blob_heads, &blob_head_desc, blob, &head) || head.used)
        return;
    struct key age = blob_age_key(head.created_ms, blob);
    head.used = true;
    row_put(ctx, &notification_blob_heads, &blob_head_desc, blob, &head);
    index_delete(ctx->txn, &notification_blob_age, key_bytes(&age));
}

static bool is_used(struct store_txn *txn, uint64_t blob)
{
    struct key prefix = key_of_id(blob);
    struct index_scan scan;
    index_scan_open(&scan, txn, &notification_blob_uses, key_bytes(&prefix), bytes_of("", 0), false);
    bool used = index_scan_next(&scan);
    index_scan_close(&scan);
    return used;
}

void blobs_unuse(struct notification_service *self, struct ctx *ctx, uint64_t blob, uint64_t send)
{
    struct blob_head head;
    struct key use = use_key(blob, send);
    index_delete(ctx->txn, &notification_blob_uses, key_bytes(&use));
    if (is_used(ctx->txn, blob) || !row_get(ctx, &notification_blob_heads, &blob_head_desc, blob, &head))
        return;
    head.used = false;
    head.created_ms = 0; // older than any that waits for a send
    struct key age = blob_age_key(head.created_ms, blob);
    row_put(ctx, &notification_blob_heads, &blob_head_desc, blob, &head);
    index_put(ctx->txn, &notification_blob_age, key_bytes(&age), bytes_of("", 0));
    self->due_ms = 0;
}

bool blobs_wait_for_removal(struct ctx *ctx)
{
    int64_t created_ms;
    uint64_t blob;
    return oldest_unused(ctx, &created_ms, &blob) && created_ms == 0;
}

void blobs_index_uses(struct store_txn *txn)
{
    enum { ARENA_BYTES = 4 * 1024 * 1024 };
    struct arena arena;
    struct store_cursor cursor;
    arena_init(&arena, ARENA_BYTES);
    struct ctx ctx = {.txn = txn, .arena = &arena};
    store_cursor_open(&cursor, txn, &notification_sends);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor)) {
        struct send send;
        arena_reset(&arena);
        if (!row_decode(&ctx, &send_row_desc, cursor.value, &send))
            store_txn_fail(txn, FAULT_CORRUPT);
        for (size_t i = 0; !is_refused(&ctx.refusal) && i < send.attachments.count; i++) {
            struct key use = use_key(send.attachments.items[i].blob, send.send);
            index_put(txn, &notification_blob_uses, key_bytes(&use), bytes_of("", 0));
        }
    }
    store_cursor_close(&cursor);
    arena_fini(&arena);
}
