// SPDX-License-Identifier: Apache-2.0
/** `send.get`: one send with its recipients. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/recipients.h"
#include "services/notification/sends.h"

enum { DEFAULT_LIMIT = 100, MAX_LIMIT = 1000 };

bool send_get_answer(const struct notification_service *self, const struct send_get *query, struct ctx *ctx,
                     struct send_get_reply *out_reply)
{
    (void)self;
    uint64_t ids[MAX_LIMIT + 1];
    size_t limit = query->has_limit ? (size_t)query->limit : DEFAULT_LIMIT;
    if (!send_read(ctx, query->send, &out_reply->send)) {
        ctx_refuse(ctx, ERROR_NOT_FOUND, "send", "there is no send with this id");
        return false;
    }
    size_t count = recipients_of_send(ctx, query->send, query->has_after ? query->after : 0, ids, limit + 1);
    out_reply->more = count > limit;
    return recipients_read(ctx, ids, count > limit ? limit : count, &out_reply->recipients.count,
                           &out_reply->recipients.items);
}
