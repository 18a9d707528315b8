// SPDX-License-Identifier: Apache-2.0
#include "services/person/organisations.h"

#include "services/person/rules.h"
#include "services/person/swedish_numbers.h"

struct key organisation_name_key(struct ctx *ctx, const char *field, struct text name)
{
    struct key key = {.len = 0};
    ctx_key_name(ctx, field, name, &key);
    return key;
}

bool organisation_check(struct ctx *ctx, struct organisation *organisation)
{
    struct key name = organisation_name_key(ctx, "name", organisation->name);
    if (is_refused(&ctx->refusal) ||
        !rule_unique(ctx, &person_organisation_names, "name", bytes_text(key_bytes(&name)), organisation->organisation,
                     "there is an organisation of this name; choose another name"))
        return false;
    if (!organisation->has_organisation_number)
        return true;
    char number[ORGANISATION_NUMBER_LEN];
    const char *problem = organisation_number_read(organisation->organisation_number, number);
    if (problem) {
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "organisation_number", problem);
        return false;
    }
    organisation->organisation_number = ctx_text(ctx, (struct text){number, sizeof number});
    return organisation->organisation_number.data &&
           rule_unique(ctx, &person_organisation_numbers, "organisation_number", organisation->organisation_number,
                       organisation->organisation, "another organisation has this number; it may be the same one");
}

static struct text number_of(const struct organisation *organisation)
{
    return organisation && organisation->has_organisation_number ? organisation->organisation_number : TEXT("");
}

void organisation_put_indexes(struct ctx *ctx, const struct organisation *before, const struct organisation *after)
{
    if (before) {
        struct key name = organisation_name_key(ctx, "name", before->name);
        index_delete(ctx->txn, &person_organisation_names, key_bytes(&name));
        if (number_of(before).len > 0)
            index_delete(ctx->txn, &person_organisation_numbers, text_bytes(number_of(before)));
    }
    if (after) {
        struct key id = key_of_id(after->organisation);
        struct key name = organisation_name_key(ctx, "name", after->name);
        index_put(ctx->txn, &person_organisation_names, key_bytes(&name), key_bytes(&id));
        if (number_of(after).len > 0)
            index_put(ctx->txn, &person_organisation_numbers, text_bytes(number_of(after)), key_bytes(&id));
    }
}

bool organisation_read(struct ctx *ctx, uint64_t organisation, struct organisation *out_organisation)
{
    if (!row_get(ctx, &person_organisations, &organisation_row_desc, organisation, out_organisation))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "organisation", "there is no organisation with this id");
    return !is_refused(&ctx->refusal);
}
