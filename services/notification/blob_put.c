// SPDX-License-Identifier: Apache-2.0
/** `blob.put`: puts a piece of a large content. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/notification_dispatch.gen.h"
#include "services/notification/blobs.h"

struct blob_put_plan {
    uint64_t blob; // 0: a new one
    size_t offset;
    struct bytes data;
    struct blob_head head; // as it will be
};

static void *wrong_place(struct ctx *ctx, const struct blob_head *head)
{
    char message[160];
    if (head->complete)
        snprintf(message, sizeof message, "The blob is complete, with %" PRId64 " bytes; it takes no more pieces.",
                 head->size);
    else
        snprintf(message, sizeof message,
                 "The blob has %" PRId64 " bytes so far; send the piece that begins at offset %" PRId64 ".", head->size,
                 head->size);
    return ctx_refuse(ctx, ERROR_WRONG_STATE, "offset", message);
}

const struct blob_put_plan *blob_put_check(const struct notification_service *self, const struct blob_put *command,
                                           struct ctx *ctx)
{
    struct blob_put_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->head.created_ms = ctx->now_ms;
    if (!command->has_blob && command->offset != 0)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "offset",
                          "a blob's first piece begins at 0; later ones name the blob");
    if (command->has_blob && !row_get(ctx, &notification_blob_heads, &blob_head_desc, command->blob, &plan->head))
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "blob",
                          "there is no blob with this id; one that no send uses is removed after a day");
    if (command->has_blob && (plan->head.complete || command->offset != plan->head.size))
        return wrong_place(ctx, &plan->head);
    if (plan->head.size + (int64_t)command->data.len > BLOB_MAX_BYTES)
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "data", "makes the blob larger than 10 MiB");
    if (store_has_room(self->blobs) != FAULT_NONE)
        return ctx_refuse(ctx, ERROR_STORAGE_FULL, NULL,
                          "The disk is full and nothing was done; free space, then send the same again.");
    plan->blob = command->has_blob ? command->blob : 0;
    plan->offset = (size_t)command->offset;
    plan->data = command->data;
    plan->head.size += (int64_t)command->data.len;
    plan->head.complete = command->last;
    return plan;
}

void blob_put_apply(struct notification_service *self, const struct blob_put_plan *plan, struct ctx *ctx,
                    struct blob_put_reply *out_reply)
{
    uint64_t blob = plan->blob;
    if (!blob) {
        blob = store_next_id(ctx->txn, "blob");
        struct key age = blob_age_key(plan->head.created_ms, blob);
        index_put(ctx->txn, &notification_blob_age, key_bytes(&age), (struct bytes){NULL, 0});
        self->due_ms = 0; // to be told of its age
    }
    row_put(ctx, &notification_blob_heads, &blob_head_desc, blob, &plan->head);
    blobs_put(self, blob, plan->offset, plan->data);
    struct blob_added event = {.blob = blob, .size = plan->head.size};
    ctx_emit(ctx, &blob_added_message, &event, 0, "blob", blob);
    *out_reply = (struct blob_put_reply){.blob = blob, .size = plan->head.size};
}
