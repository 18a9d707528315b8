// SPDX-License-Identifier: Apache-2.0
/** `field.delete`: takes away an own-defined field that no card has. */
#include <inttypes.h>
#include <stdio.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"
#include "services/person/own_fields.h"

struct field_delete_plan {
    struct own_field field;
};

const struct field_delete_plan *field_delete_check(const struct person_service *self,
                                                   const struct field_delete *command, struct ctx *ctx)
{
    (void)self;
    struct field_delete_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !own_field_get(ctx, command->name, &plan->field))
        return NULL;
    int64_t persons = used_by(ctx, USED_OWN_FIELD, plan->field.field);
    if (persons > 0) {
        char message[120];
        snprintf(message, sizeof message, "%" PRId64 " %s it; deactivate it instead, or take it away there first",
                 persons, persons == 1 ? "card has" : "cards have");
        return ctx_refuse(ctx, ERROR_IN_USE, "name", message);
    }
    return plan;
}

void field_delete_apply(struct person_service *self, const struct field_delete_plan *plan, struct ctx *ctx,
                        struct field_delete_reply *out_reply)
{
    (void)self;
    const struct field_deleted event = {.field = plan->field};
    struct key id = key_of_id(event.field.field);
    store_delete(ctx->txn, &person_own_fields, key_bytes(&id));
    index_delete(ctx->txn, &person_own_field_names, text_bytes(event.field.name));
    ctx_emit(ctx, &field_deleted_message, &event, 0, "field", event.field.field);
    out_reply->field = event.field.field;
}
