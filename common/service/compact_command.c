// SPDX-License-Identifier: Apache-2.0
/** `service.compact`: asks for the store's file to be written anew. */
#include "common/service/erasing.h"
#include "common/service/internal.h"

struct service_compact_plan {
    int64_t store_bytes;
};

const struct service_compact_plan *service_compact_check(const struct shell_service *self,
                                                         const struct service_compact *command, struct ctx *ctx)
{
    (void)command;
    const struct service_erasure *erasure = self->core->config.definition->erasure;
    struct service_compact_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (erasure && erasing_count(ctx->txn, erasure->table) > 0)
        return ctx_refuse(
            ctx, ERROR_BUSY, NULL,
            "Persons are still being erased, and the file would keep some of them; send the same again later.");
    plan->store_bytes = (int64_t)store_usage(self->core->config.store).used_bytes;
    return plan;
}

void service_compact_apply(struct shell_service *self, const struct service_compact_plan *plan, struct ctx *ctx,
                           struct service_compact_reply *out_reply)
{
    (void)ctx;
    self->core->asks_compaction = true;
    *out_reply = (struct service_compact_reply){.store_bytes = plan->store_bytes};
}
