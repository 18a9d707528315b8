// SPDX-License-Identifier: Apache-2.0
/**
 * Blobs: large contents, in a store of their own, in chunks. The command loop's thread.
 *
 *     chunk      blob id (u64), offset (u32) → at most 4,000 bytes
 *
 * A value of 4,000 bytes takes one page of its own and never a run of pages (limits.md). A content is read by walking: from
 * offset 0, each chunk says where the next one begins. So chunks that an aborted batch left between them are never read, and are
 * overwritten or go with the blob.
 *
 * Content is committed before the row that names it, and removed after the row is gone: a crash in between leaves content without
 * a row, which is removed at the next start.
 */
#ifndef SERVICES_NOTIFICATION_BLOBS_H
#define SERVICES_NOTIFICATION_BLOBS_H

#include "services/notification/state.h"

enum {
    BLOB_MAX_BYTES = 10 * 1024 * 1024,
    BLOB_UNUSED_MS = 24 * 60 * 60 * 1000, // a blob that no send uses lives so long
};

/** Config of the store of blobs, but for its path. */
struct store_config blobs_config(void);

/** Opens the store of blobs in `self->blob_path`, with an archive unless that path is NULL; faults of store_open. */
enum fault blobs_open(struct notification_service *self, const char *archive_path);
void blobs_close(struct notification_service *self);

/** Puts a piece, as part of the batch. */
void blobs_put(struct notification_service *self, uint64_t blob, size_t offset, struct bytes piece);

/** Copies a content of `size` bytes to `out`. False: it is not there as a whole. */
bool blobs_read(const struct notification_service *self, uint64_t blob, size_t size, uint8_t *out);

/** Removes the rows of blobs that are too old, and looks for content without a row; a bounded number of each. */
void blobs_tidy(struct notification_service *self, struct ctx *ctx);

/** When blobs_tidy has something to do; INT64_MAX: not before there is another blob. */
int64_t blobs_due_ms(const struct notification_service *self, struct ctx *ctx);

/** The batch's part in the store of blobs: committed before the batch, or given up with it. */
enum fault blobs_commit(struct notification_service *self);
void blobs_abort(struct notification_service *self);

/** The batch is durable: removes the content of blobs whose rows are gone. */
void blobs_remove_contents(struct notification_service *self);

/** A send uses the blob: from now on it lives as long as the send. */
void blobs_use(struct ctx *ctx, uint64_t blob, uint64_t send);

/** The send uses it no more; with its last send it goes, in the next run of the work. */
void blobs_unuse(struct notification_service *self, struct ctx *ctx, uint64_t blob, uint64_t send);

/** Whether blobs that were used, and are no more, are still to be removed. */
bool blobs_wait_for_removal(struct ctx *ctx);

/** Notes which sends use which blobs: a store of a build that did not. */
void blobs_index_uses(struct store_txn *txn);

/** Key of the index blob_age. */
struct key blob_age_key(int64_t created_ms, uint64_t blob);

#endif
