// SPDX-License-Identifier: Apache-2.0
/** `entry.merge`: one entry of a pick-list stands for another from now on. Source: domain.md 2. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/bulk.h"
#include "services/person/choices.h"
#include "services/person/entries.h"

enum { WHERE_BYTES = 64 };

struct entry_merge_plan {
    struct pick_list_entry entry; // as it will be
    struct bulk bulk;
};

/** The change of a card that has the entry: the other one in its place. */
static struct person_changes changes_of(struct ctx *ctx, const struct pick_list_entry *entry, uint64_t into)
{
    struct person_changes set = {.has_language = false};
    uint64_t *groups = ctx_alloc_array(ctx, 2, sizeof *groups);
    if (!groups)
        return set;
    groups[0] = into;
    groups[1] = entry->entry;
    switch (entry->list) {
    case PICK_LIST_CATEGORY:
        set.has_category = true;
        set.category = into;
        break;
    case PICK_LIST_REGION:
        set.has_region = true;
        set.region = into;
        break;
    case PICK_LIST_GROUP:
        set.groups_add.count = 1;
        set.groups_add.items = &groups[0];
        set.groups_remove.count = 1;
        set.groups_remove.items = &groups[1];
        break;
    case PICK_LIST_JOB_TITLE:
        set.has_job_title = true;
        set.job_title = into;
        break;
    case PICK_LIST_BENEFIT_STATUS:
        set.has_benefit_status = true;
        set.benefit_status = into;
        break;
    case PICK_LIST_SALES_STATUS:
        set.has_sales_status = true;
        set.sales_status = into;
        break;
    case PICK_LIST_DEPARTMENT:
        set.has_department = true;
        set.department = into;
        break;
    }
    return set;
}

static bool check_pair(struct ctx *ctx, const struct pick_list_entry *entry, const struct pick_list_entry *into)
{
    if (entry->entry == into->entry)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "into", "is the same entry; name the one that is to stand for it");
    else if (entry->has_merged_into)
        ctx_refuse(ctx, ERROR_WRONG_STATE, "entry", "was merged into another one already");
    else if (entry->list != into->list)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "into", "belongs to another pick-list; name an entry of the same one");
    else if (entry->organisation != into->organisation)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "into",
                   "is a department of another organisation; name one of the same organisation");
    else if (!into->active)
        ctx_refuse(ctx, ERROR_INACTIVE_ENTRY, "into", "is deactivated; activate it first, or name another one");
    else if (bulk_is_merging_into(ctx, entry->entry))
        ctx_refuse(ctx, ERROR_IN_USE, "entry",
                   "another entry is being merged into it; wait until bulk.get says it is done");
    return !is_refused(&ctx->refusal);
}

const struct entry_merge_plan *entry_merge_check(const struct person_service *self, const struct entry_merge *command,
                                                 struct ctx *ctx)
{
    (void)self;
    struct pick_list_entry into;
    struct entry_merge_plan *plan = ctx_alloc(ctx, sizeof *plan);
    char *where = ctx_alloc(ctx, WHERE_BYTES);
    if (!plan || !where || !entry_get(ctx, "entry", command->entry, &plan->entry) ||
        !entry_get(ctx, "into", command->into, &into) || !check_pair(ctx, &plan->entry, &into))
        return NULL;
    snprintf(where, WHERE_BYTES, "%s:#%" PRIu64, enum_name(&pick_list_enum, (int32_t)plan->entry.list),
             plan->entry.entry);
    plan->bulk = (struct bulk){
        .has_where = true,
        .where = text_of(where),
        .set = changes_of(ctx, &plan->entry, into.entry),
        .has_merges = true,
        .merges = plan->entry.entry,
    };
    plan->entry.active = false;
    plan->entry.has_merged_into = true;
    plan->entry.merged_into = into.entry;
    return is_refused(&ctx->refusal) ? NULL : plan;
}

void entry_merge_apply(struct person_service *self, const struct entry_merge_plan *plan, struct ctx *ctx,
                       struct entry_merge_reply *out_reply)
{
    entry_put(ctx, &plan->entry);
    *out_reply = (struct entry_merge_reply){
        .entry = plan->entry.entry,
        .revision = plan->entry.revision + 1,
        .bulk = bulk_begin(self, ctx, &plan->bulk),
    };
}
