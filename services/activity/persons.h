// SPDX-License-Identifier: Apache-2.0
/**
 * Who exists, and who was merged into whom, as followed from the person service: a bit a person, 4,096 to a row, so that a million persons take less than
 * 200 kB. Not promised: that a person who was just made is known already; `seen` is how a client makes sure.
 */
#ifndef SERVICES_ACTIVITY_PERSONS_H
#define SERVICES_ACTIVITY_PERSONS_H

#include "services/activity/state.h"

bool persons_has(struct ctx *ctx, uint64_t person);

/** In an apply. A person who is there already is fine. */
void persons_add(struct ctx *ctx, uint64_t person);

/** In an apply. One who is not there is fine. */
void persons_remove(struct ctx *ctx, uint64_t person);

/** Whose card a person's activities stand on: that of the one who was kept, when he was merged. */
uint64_t persons_lead(struct ctx *ctx, uint64_t person);

/** From now on the person leads to another. In an apply. */
void persons_merge(struct ctx *ctx, uint64_t person, uint64_t into);

#endif
