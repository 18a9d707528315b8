// SPDX-License-Identifier: Apache-2.0
/** Activity rules: what must be true of an activity that is written by hand. Each refuses, and returns false then. Source: domain.md 3. */
#ifndef SERVICES_ACTIVITY_ACTIVITY_RULES_H
#define SERVICES_ACTIVITY_ACTIVITY_RULES_H

#include "services/activity/state.h"

bool activity_rule_person(struct ctx *ctx, uint64_t person);

/** One that can be newly chosen. */
bool activity_rule_type(struct ctx *ctx, uint64_t type);

/**
 * All that holds for an activity as it is to be; `before` is what it was, NULL: it is new. What was chosen before may stay. The
 * assignee may be a merged person, and becomes the one who was kept.
 */
bool activity_rules_check(struct ctx *ctx, const struct activity *before, struct activity *now);

#endif
