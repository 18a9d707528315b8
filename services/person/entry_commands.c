// SPDX-License-Identifier: Apache-2.0
/** `entry.create` and `entry.update`: keeping the pick-lists. Source: domain.md 2. */
#include "proto/person_dispatch.gen.h"
#include "services/person/bulk.h"
#include "services/person/entries.h"
#include "services/person/rules.h"

struct entry_create_plan {
    struct pick_list_entry entry; // without its id
    struct key name;
};

struct entry_update_plan {
    struct pick_list_entry entry; // as it will be
    struct key old_name;
    struct key name;
    bool changed;
};

static bool check_name_free(struct ctx *ctx, const struct key *name, uint64_t owner)
{
    struct bytes value;
    if (index_get_unique(ctx->txn, &person_entry_names, key_bytes(name), &value) && get_u64(value.data) != owner)
        ctx_refuse(ctx, ERROR_NOT_UNIQUE, "names.sv", "the pick-list has an entry of this name; choose another name");
    return !is_refused(&ctx->refusal);
}

static bool check_colour(struct ctx *ctx, bool given, struct text colour)
{
    bool good = !given || text_is_colour(colour);
    if (!good)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "colour", "is not a colour; write it as #rrggbb, for example #1e90ff");
    return good;
}

/** A department belongs to an organisation, and nothing else does. */
static bool check_owner(struct ctx *ctx, const struct entry_create *command)
{
    if (command->list != PICK_LIST_DEPARTMENT && command->has_organisation)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "organisation",
                   "only departments belong to an organisation; leave it out");
    else if (command->list == PICK_LIST_DEPARTMENT && !command->has_organisation)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "organisation", "is missing; a department belongs to an organisation");
    else if (command->has_organisation)
        rule_organisation(ctx, command->organisation, 0);
    return !is_refused(&ctx->refusal);
}

const struct entry_create_plan *entry_create_check(const struct person_service *self,
                                                   const struct entry_create *command, struct ctx *ctx)
{
    (void)self;
    struct entry_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->entry = (struct pick_list_entry){
        .list = command->list,
        .names = command->names,
        .order = command->has_order ? command->order : 0,
        .has_colour = command->has_colour,
        .colour = command->colour,
        .active = true,
        .revision = 1,
        .has_organisation = command->has_organisation,
        .organisation = command->organisation,
    };
    plan->name = entry_name_key(ctx, &plan->entry);
    bool good = check_owner(ctx, command) && check_colour(ctx, command->has_colour, command->colour) &&
                check_name_free(ctx, &plan->name, 0);
    return good ? plan : NULL;
}

void entry_create_apply(struct person_service *self, const struct entry_create_plan *plan, struct ctx *ctx,
                        struct entry_create_reply *out_reply)
{
    (void)self;
    struct entry_created event = {.entry = plan->entry};
    event.entry.entry = store_next_id(ctx->txn, "entry");
    struct key id = key_of_id(event.entry.entry);
    row_append(ctx, &person_entries, &pick_list_entry_row_desc, event.entry.entry, &event.entry);
    index_put(ctx->txn, &person_entry_names, key_bytes(&plan->name), key_bytes(&id));
    ctx_emit(ctx, &entry_created_message, &event, 0, "entry", event.entry.entry);
    *out_reply = (struct entry_create_reply){.entry = event.entry.entry};
}

static bool same_names(const struct entry_names *a, const struct entry_names *b)
{
    return text_equal(a->sv, b->sv) && a->has_en == b->has_en && text_equal(a->en, b->en);
}

/** Applies what the command gives to the entry; whether anything differs. */
static bool change_entry(struct pick_list_entry *entry, const struct entry_update *command)
{
    struct pick_list_entry old = *entry;
    if (command->has_names)
        entry->names = command->names;
    if (command->has_order)
        entry->order = command->order;
    if (command->has_colour || command->clear_colour) {
        entry->has_colour = command->has_colour;
        entry->colour = command->colour;
    }
    if (command->has_active)
        entry->active = command->active;
    return !same_names(&old.names, &entry->names) || old.order != entry->order || old.has_colour != entry->has_colour ||
           !text_equal(old.colour, entry->colour) || old.active != entry->active;
}

const struct entry_update_plan *entry_update_check(const struct person_service *self,
                                                   const struct entry_update *command, struct ctx *ctx)
{
    (void)self;
    struct entry_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (!entry_get(ctx, "entry", command->entry, &plan->entry))
        return NULL;
    if (command->has_active && command->active && plan->entry.has_merged_into)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "active",
                          "cannot be chosen any more: it was merged into another entry; use that one");
    if (command->has_active && !command->active && bulk_is_merging_into(ctx, command->entry))
        return ctx_refuse(ctx, ERROR_IN_USE, "active",
                          "must stay: another entry is being merged into it; wait until bulk.get says it is done");
    plan->old_name = entry_name_key(ctx, &plan->entry);
    plan->changed = change_entry(&plan->entry, command);
    plan->name = entry_name_key(ctx, &plan->entry);
    return check_colour(ctx, command->has_colour, command->colour) && check_name_free(ctx, &plan->name, command->entry)
               ? plan
               : NULL;
}

void entry_update_apply(struct person_service *self, const struct entry_update_plan *plan, struct ctx *ctx,
                        struct entry_update_reply *out_reply)
{
    (void)self;
    int64_t revision = plan->entry.revision;
    if (plan->changed) {
        struct key id = key_of_id(plan->entry.entry);
        entry_put(ctx, &plan->entry);
        index_delete(ctx->txn, &person_entry_names, key_bytes(&plan->old_name));
        index_put(ctx->txn, &person_entry_names, key_bytes(&plan->name), key_bytes(&id));
        revision++;
    }
    *out_reply = (struct entry_update_reply){.entry = plan->entry.entry, .revision = revision};
}
