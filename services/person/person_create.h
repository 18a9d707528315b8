// SPDX-License-Identifier: Apache-2.0
/** Making a card: what `person.create` checked, for it and for imports, which make many at once. */
#ifndef SERVICES_PERSON_PERSON_CREATE_H
#define SERVICES_PERSON_PERSON_CREATE_H

#include "services/person/card_change.h"

struct person_create_plan {
    struct card_change change; // all but what person_create_add assigns: id, and customer number when it was not given
    bool assign_number;
};

/** Makes the card of the plan; `import` is the one it comes of, 0: none. Returns the person's id. */
uint64_t person_create_add(struct ctx *ctx, const struct person_create_plan *plan, uint64_t import);

#endif
