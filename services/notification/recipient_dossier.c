// SPDX-License-Identifier: Apache-2.0
/** `recipient.dossier`: every message to one person, with its text, page by page. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/merged.h"
#include "services/notification/recipients.h"
#include "services/notification/sends.h"

enum {
    MAX_LIMIT = 500,
    MOST_TEXT_BYTES = 1024 * 1024, // of a page, before the last one
};

static bool read_message(struct ctx *ctx, uint64_t id, struct message_held *out_message)
{
    struct kept_recipient row;
    if (!recipient_get(ctx, id, &row) || !send_read(ctx, row.recipient.send, &out_message->send))
        ctx_refuse(ctx, ERROR_CORRUPT, NULL,
                   "A message to this person is incomplete; an operator has to restore the store.");
    out_message->recipient = row.recipient;
    return !is_refused(&ctx->refusal);
}

bool recipient_dossier_answer(const struct notification_service *self, const struct recipient_dossier *query,
                              struct ctx *ctx, struct recipient_dossier_reply *out_reply)
{
    (void)self;
    uint64_t ids[MAX_LIMIT + 1];
    size_t limit = (size_t)query->limit, count = 0, text_bytes = 0;
    size_t found =
        recipients_of_person(ctx, merged_lead(ctx, query->person), query->has_after ? query->after : 0, ids, limit + 1);
    struct message_held *messages = ctx_alloc_array(ctx, limit, sizeof *messages);
    for (; messages && count < found && count < limit && text_bytes < MOST_TEXT_BYTES; count++) {
        if (!read_message(ctx, ids[count], &messages[count]))
            return false;
        text_bytes += messages[count].send.text.len + messages[count].send.html.len;
    }
    out_reply->messages.count = count;
    out_reply->messages.items = messages;
    out_reply->more = count < found;
    return messages != NULL;
}
