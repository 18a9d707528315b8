// SPDX-License-Identifier: Apache-2.0
/** `organisation.get`: one organisation. */
#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"
#include "services/person/organisations.h"

bool organisation_get_answer(const struct person_service *self, const struct organisation_get *query, struct ctx *ctx,
                             struct organisation_get_reply *out_reply)
{
    (void)self;
    out_reply->persons = used_by(ctx, USED_ORGANISATION, query->organisation);
    return organisation_read(ctx, query->organisation, &out_reply->organisation);
}
