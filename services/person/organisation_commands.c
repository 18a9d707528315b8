// SPDX-License-Identifier: Apache-2.0
/** `organisation.create`, `.update` and `.delete`: who persons can belong to. Source: domain.md 1 and 2. */
#include "common/wire/same.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"
#include "services/person/organisations.h"

struct organisation_create_plan {
    struct organisation organisation; // without its id
};

struct organisation_update_plan {
    struct organisation before;
    struct organisation organisation; // as it will be
};

struct organisation_delete_plan {
    struct organisation organisation;
};

const struct organisation_create_plan *
organisation_create_check(const struct person_service *self, const struct organisation_create *command, struct ctx *ctx)
{
    (void)self;
    struct organisation_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->organisation = (struct organisation){
        .name = command->name,
        .has_organisation_number = command->has_organisation_number,
        .organisation_number = command->organisation_number,
        .active = true,
        .revision = 1,
    };
    return organisation_check(ctx, &plan->organisation) ? plan : NULL;
}

void organisation_create_apply(struct person_service *self, const struct organisation_create_plan *plan,
                               struct ctx *ctx, struct organisation_create_reply *out_reply)
{
    (void)self;
    struct organisation_created event = {.organisation = plan->organisation};
    struct organisation *organisation = &event.organisation;
    organisation->organisation = store_next_id(ctx->txn, "organisation");
    row_append(ctx, &person_organisations, &organisation_row_desc, organisation->organisation, organisation);
    organisation_put_indexes(ctx, NULL, organisation);
    ctx_emit(ctx, &organisation_created_message, &event, 0, "organisation", organisation->organisation);
    out_reply->organisation = organisation->organisation;
}

const struct organisation_update_plan *
organisation_update_check(const struct person_service *self, const struct organisation_update *command, struct ctx *ctx)
{
    (void)self;
    struct organisation_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !organisation_read(ctx, command->organisation, &plan->before))
        return NULL;
    if (command->has_revision && command->revision != plan->before.revision)
        return ctx_refuse(ctx, ERROR_CHANGED_SINCE, "revision",
                          "somebody else has changed it since; read it again and decide what to change");
    struct organisation *organisation = &plan->organisation;
    *organisation = plan->before;
    if (command->has_name)
        organisation->name = command->name;
    if (command->has_organisation_number || command->clear_organisation_number) {
        organisation->has_organisation_number = !command->clear_organisation_number;
        organisation->organisation_number = command->organisation_number;
    }
    if (command->has_active)
        organisation->active = command->active;
    return organisation_check(ctx, organisation) ? plan : NULL;
}

void organisation_update_apply(struct person_service *self, const struct organisation_update_plan *plan,
                               struct ctx *ctx, struct organisation_update_reply *out_reply)
{
    (void)self;
    struct organisation_updated event = {.organisation = plan->organisation};
    struct organisation *organisation = &event.organisation;
    if (!same_struct(&organisation_desc, &plan->before, organisation)) {
        organisation->revision++;
        row_put(ctx, &person_organisations, &organisation_row_desc, organisation->organisation, organisation);
        organisation_put_indexes(ctx, &plan->before, organisation);
        ctx_emit(ctx, &organisation_updated_message, &event, 0, "organisation", organisation->organisation);
    }
    *out_reply = (struct organisation_update_reply){organisation->organisation, organisation->revision};
}

/** Whether the organisation has a department: their names begin with it. */
static bool has_departments(struct ctx *ctx, uint64_t organisation)
{
    struct key prefix = {.len = 0};
    struct index_scan scan;
    key_u8(&prefix, PICK_LIST_DEPARTMENT);
    key_u64(&prefix, organisation);
    index_scan_open(&scan, ctx->txn, &person_entry_names, key_bytes(&prefix), bytes_of("", 0), false);
    bool any = index_scan_next(&scan);
    index_scan_close(&scan);
    return any;
}

const struct organisation_delete_plan *
organisation_delete_check(const struct person_service *self, const struct organisation_delete *command, struct ctx *ctx)
{
    (void)self;
    struct organisation_delete_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !organisation_read(ctx, command->organisation, &plan->organisation))
        return NULL;
    if (used_by(ctx, USED_ORGANISATION, command->organisation) > 0)
        return ctx_refuse(ctx, ERROR_IN_USE, "organisation", "persons belong to it; deactivate it instead");
    if (has_departments(ctx, command->organisation))
        return ctx_refuse(ctx, ERROR_IN_USE, "organisation", "it has departments; delete them first");
    return plan;
}

void organisation_delete_apply(struct person_service *self, const struct organisation_delete_plan *plan,
                               struct ctx *ctx, struct organisation_delete_reply *out_reply)
{
    (void)self;
    const struct organisation_deleted event = {.organisation = plan->organisation.organisation};
    struct key id = key_of_id(event.organisation);
    store_delete(ctx->txn, &person_organisations, key_bytes(&id));
    organisation_put_indexes(ctx, &plan->organisation, NULL);
    ctx_emit(ctx, &organisation_deleted_message, &event, 0, "organisation", event.organisation);
    out_reply->organisation = event.organisation;
}
