// SPDX-License-Identifier: Apache-2.0
/** `entry.reorder`: the order of a pick-list, or of an organisation's departments, in one command. */
#include "proto/person_dispatch.gen.h"
#include "services/person/entries.h"

struct entry_reorder_plan {
    size_t count;
    struct pick_list_entry *entries; // those whose order is another, with it
};

static bool is_named_before(const struct entry_reorder *command, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (command->entries.items[i] == command->entries.items[index])
            return true;
    return false;
}

const struct entry_reorder_plan *entry_reorder_check(const struct person_service *self,
                                                     const struct entry_reorder *command, struct ctx *ctx)
{
    (void)self;
    struct entry_reorder_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->entries = ctx_alloc_array(ctx, command->entries.count, sizeof *plan->entries);
    for (size_t i = 0; plan->entries && i < command->entries.count; i++) {
        struct pick_list_entry *entry = &plan->entries[plan->count];
        if (is_named_before(command, i))
            return ctx_refuse(ctx, ERROR_INVALID_FIELD, "entries", "names an entry twice; name each once");
        if (!entry_get(ctx, "entries", command->entries.items[i], entry))
            return NULL;
        if (entry->list != command->list)
            return ctx_refuse(ctx, ERROR_INVALID_FIELD, "entries",
                              "names an entry of another pick-list; entry.list shows those of this one");
        int64_t order = (int64_t)i + 1;
        plan->count += entry->order != order;
        entry->order = order;
    }
    return plan->entries ? plan : NULL;
}

void entry_reorder_apply(struct person_service *self, const struct entry_reorder_plan *plan, struct ctx *ctx,
                         struct entry_reorder_reply *out_reply)
{
    (void)self;
    for (size_t i = 0; i < plan->count; i++)
        entry_put(ctx, &plan->entries[i]);
    out_reply->changed = (int64_t)plan->count;
}
