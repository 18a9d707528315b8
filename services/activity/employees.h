// SPDX-License-Identifier: Apache-2.0
/** Who works here, as followed from the person service: whom an activity can be given to. Source: domain.md 1 and 3. */
#ifndef SERVICES_ACTIVITY_EMPLOYEES_H
#define SERVICES_ACTIVITY_EMPLOYEES_H

#include "services/activity/state.h"

/** Keeps what the card says of it: an employment, or none. In an apply. */
void employees_follow(struct ctx *ctx, const struct person_card *card);

/** He is no employee any more, for he is no person any more. In an apply. One who was none is fine. */
void employees_remove(struct ctx *ctx, uint64_t person);

/** Somebody who works here, today at least. False after a refusal, which names `field`. */
bool employees_check(struct ctx *ctx, const char *field, uint64_t person);

/** The same, without a refusal. */
bool employees_has(struct ctx *ctx, uint64_t person);

#endif
