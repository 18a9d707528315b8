// SPDX-License-Identifier: Apache-2.0
/** Who works here, as followed from the person service: whom an activity can be given to. Source: domain.md 1 and 3. */
#ifndef SERVICES_ACTIVITY_EMPLOYEES_H
#define SERVICES_ACTIVITY_EMPLOYEES_H

#include "services/activity/state.h"

/** He works here, from then and until then. In an apply. */
void employees_put(struct ctx *ctx, uint64_t person, const struct employment *employment);

/** He is no employee any more, or no person. In an apply. One who was none is fine. */
void employees_remove(struct ctx *ctx, uint64_t person);

/** Somebody who works here, today at least. False after a refusal, which names `field`. */
bool employees_check(struct ctx *ctx, const char *field, uint64_t person);

/** The same, without a refusal. */
bool employees_has(struct ctx *ctx, uint64_t person);

#endif
