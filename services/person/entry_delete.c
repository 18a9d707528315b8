// SPDX-License-Identifier: Apache-2.0
/** `entry.delete`: takes an entry that no card has off its pick-list. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/bulk.h"
#include "services/person/choices.h"
#include "services/person/entries.h"

struct entry_delete_plan {
    struct pick_list_entry entry;
    struct key name;
};

const struct entry_delete_plan *entry_delete_check(const struct person_service *self,
                                                   const struct entry_delete *command, struct ctx *ctx)
{
    (void)self;
    struct entry_delete_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !entry_get(ctx, "entry", command->entry, &plan->entry))
        return NULL;
    int64_t persons = used_by(ctx, USED_ENTRY, command->entry);
    if (persons > 0) {
        char message[120];
        snprintf(message, sizeof message, "%" PRId64 " %s it; deactivate it instead, or take it away there first",
                 persons, persons == 1 ? "card has" : "cards have");
        return ctx_refuse(ctx, ERROR_IN_USE, "entry", message);
    }
    if (bulk_is_merging_into(ctx, command->entry))
        return ctx_refuse(ctx, ERROR_IN_USE, "entry",
                          "another entry is being merged into it; wait until bulk.get says it is done");
    plan->name = entry_name_key(ctx, &plan->entry);
    return is_refused(&ctx->refusal) ? NULL : plan;
}

void entry_delete_apply(struct person_service *self, const struct entry_delete_plan *plan, struct ctx *ctx,
                        struct entry_delete_reply *out_reply)
{
    (void)self;
    const struct entry_deleted event = {.entry = plan->entry.entry, .list = plan->entry.list};
    struct key id = key_of_id(plan->entry.entry);
    store_delete(ctx->txn, &person_entries, key_bytes(&id));
    index_delete(ctx->txn, &person_entry_names, key_bytes(&plan->name));
    ctx_emit(ctx, &entry_deleted_message, &event, 0, "entry", event.entry);
    out_reply->entry = event.entry;
}
