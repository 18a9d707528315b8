// SPDX-License-Identifier: Apache-2.0
/** `type.create`, `type.update` and `type.reorder`: keeping the activity types. Source: domain.md 2 and 3. */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/types.h"

struct type_create_plan {
    struct activity_type type; // without its id
};

struct type_update_plan {
    struct activity_type type; // as it will be, but for its revision
    struct key old_name;
    struct key name;
    bool changed;
};

struct type_reorder_plan {
    size_t count;
    struct activity_type *types; // those whose order is another, with it
};

static bool check_colour(struct ctx *ctx, bool given, struct text colour)
{
    bool good = !given || text_is_colour(colour);
    if (!good)
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "colour", "is not a colour; write it as #rrggbb, for example #1e90ff");
    return good;
}

const struct type_create_plan *type_create_check(const struct activity_service *self, const struct type_create *command,
                                                 struct ctx *ctx)
{
    (void)self;
    struct type_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (store_count(ctx->txn, &activity_types) >= TYPES_MAX)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, NULL,
                          "There are as many activity types as there can be; rename one that is no longer used.");
    plan->type = (struct activity_type){
        .names = command->names,
        .direction = command->direction,
        .channel = command->channel,
        .active = true,
        .has_order = command->has_order,
        .order = command->order,
        .has_colour = command->has_colour,
        .colour = command->colour,
    };
    struct key name = types_name_key(ctx, command->names.sv);
    return check_colour(ctx, command->has_colour, command->colour) && types_check_name(ctx, &name, 0) ? plan : NULL;
}

void type_create_apply(struct activity_service *self, const struct type_create_plan *plan, struct ctx *ctx,
                       struct type_create_reply *out_reply)
{
    (void)self;
    *out_reply = (struct type_create_reply){.type = types_add(ctx, &plan->type)};
}

static bool same_names(const struct entry_names *a, const struct entry_names *b)
{
    return text_equal(a->sv, b->sv) && a->has_en == b->has_en && text_equal(a->en, b->en);
}

/** Applies what the command gives to the type; whether anything differs. */
static bool change_type(struct activity_type *type, const struct type_update *command)
{
    struct activity_type old = *type;
    if (command->has_names)
        type->names = command->names;
    if (command->has_order) {
        type->has_order = true;
        type->order = command->order;
    }
    if (command->has_colour || command->clear_colour) {
        type->has_colour = command->has_colour;
        type->colour = command->colour;
    }
    if (command->has_active)
        type->active = command->active;
    return !same_names(&old.names, &type->names) || old.order != type->order || old.has_colour != type->has_colour ||
           !text_equal(old.colour, type->colour) || old.active != type->active;
}

static bool check_active(struct ctx *ctx, const struct type_update *command, const struct activity_type *type)
{
    if (!command->has_active)
        return true;
    if (!command->active && types_is_needed(type->type))
        ctx_refuse(ctx, ERROR_WRONG_STATE, "active", "sends need this type; it cannot be deactivated");
    else if (command->active && type->has_merged_into)
        ctx_refuse(ctx, ERROR_WRONG_STATE, "active",
                   "cannot be chosen any more: it was merged into another type; use that one");
    return !is_refused(&ctx->refusal);
}

const struct type_update_plan *type_update_check(const struct activity_service *self, const struct type_update *command,
                                                 struct ctx *ctx)
{
    (void)self;
    struct type_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (!types_get(ctx, "type", command->type, &plan->type) || !check_active(ctx, command, &plan->type) ||
        !check_colour(ctx, command->has_colour, command->colour))
        return NULL;
    plan->old_name = types_name_key(ctx, plan->type.names.sv);
    plan->changed = change_type(&plan->type, command);
    plan->name = types_name_key(ctx, plan->type.names.sv);
    return types_check_name(ctx, &plan->name, command->type) ? plan : NULL;
}

void type_update_apply(struct activity_service *self, const struct type_update_plan *plan, struct ctx *ctx,
                       struct type_update_reply *out_reply)
{
    (void)self;
    int64_t revision = plan->type.revision;
    if (plan->changed) {
        struct key id = key_of_id(plan->type.type);
        revision = types_put(ctx, &plan->type);
        index_delete(ctx->txn, &activity_type_names, key_bytes(&plan->old_name));
        index_put(ctx->txn, &activity_type_names, key_bytes(&plan->name), key_bytes(&id));
    }
    *out_reply = (struct type_update_reply){.type = plan->type.type, .revision = revision};
}

static bool is_named_before(const struct type_reorder *command, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (command->types.items[i] == command->types.items[index])
            return true;
    return false;
}

const struct type_reorder_plan *type_reorder_check(const struct activity_service *self,
                                                   const struct type_reorder *command, struct ctx *ctx)
{
    (void)self;
    struct type_reorder_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->types = ctx_alloc_array(ctx, command->types.count, sizeof *plan->types);
    for (size_t i = 0; plan->types && i < command->types.count; i++) {
        struct activity_type *type = &plan->types[plan->count];
        if (is_named_before(command, i))
            return ctx_refuse(ctx, ERROR_INVALID_FIELD, "types", "names a type twice; name each once");
        if (!types_get(ctx, "types", command->types.items[i], type))
            return NULL;
        int64_t order = (int64_t)i + 1;
        plan->count += type->order != order;
        type->has_order = true;
        type->order = order;
    }
    return plan->types ? plan : NULL;
}

void type_reorder_apply(struct activity_service *self, const struct type_reorder_plan *plan, struct ctx *ctx,
                        struct type_reorder_reply *out_reply)
{
    (void)self;
    for (size_t i = 0; i < plan->count; i++)
        types_put(ctx, &plan->types[i]);
    out_reply->changed = (int64_t)plan->count;
}
