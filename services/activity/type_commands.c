// SPDX-License-Identifier: Apache-2.0
/** `type.create` and `type.update`: keeping the activity types. Source: domain.md 2 and 3. */
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
        .names = command->names, .direction = command->direction, .channel = command->channel, .active = true};
    struct key name = types_name_key(ctx, command->names.sv);
    return types_check_name(ctx, &name, 0) ? plan : NULL;
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

const struct type_update_plan *type_update_check(const struct activity_service *self, const struct type_update *command,
                                                 struct ctx *ctx)
{
    (void)self;
    struct type_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (!types_get(ctx, command->type, &plan->type))
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "type", "there is no activity type with this id");
    if (command->has_active && !command->active && types_is_needed(command->type))
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "active", "sends need this type; it cannot be deactivated");
    const struct activity_type old = plan->type;
    if (command->has_names)
        plan->type.names = command->names;
    if (command->has_active)
        plan->type.active = command->active;
    plan->changed = !same_names(&old.names, &plan->type.names) || old.active != plan->type.active;
    plan->old_name = types_name_key(ctx, old.names.sv);
    plan->name = types_name_key(ctx, plan->type.names.sv);
    return types_check_name(ctx, &plan->name, command->type) ? plan : NULL;
}

void type_update_apply(struct activity_service *self, const struct type_update_plan *plan, struct ctx *ctx,
                       struct type_update_reply *out_reply)
{
    (void)self;
    struct type_updated event = {.type = plan->type};
    if (plan->changed) {
        struct key id = key_of_id(event.type.type);
        event.type.revision++;
        row_put(ctx, &activity_types, &activity_type_row_desc, event.type.type, &event.type);
        index_delete(ctx->txn, &activity_type_names, key_bytes(&plan->old_name));
        index_put(ctx->txn, &activity_type_names, key_bytes(&plan->name), key_bytes(&id));
        ctx_emit(ctx, &type_updated_message, &event, 0, "type", event.type.type);
    }
    *out_reply = (struct type_update_reply){.type = event.type.type, .revision = event.type.revision};
}
