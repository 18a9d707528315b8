// SPDX-License-Identifier: Apache-2.0
/**
 * Activity erase: what becomes of the activities of a person who is erased (common/service/erasing.h). Each stays as an anonymous
 * fact: type, times, status, origin, the send it came from and its outcome, and the id of the employee it was assigned to, by whom figures are told apart; what was written, by whom, and on whose card goes.
 * Source: design.md 8.
 */
#ifndef SERVICES_ACTIVITY_ACTIVITY_ERASE_H
#define SERVICES_ACTIVITY_ACTIVITY_ERASE_H

#include "common/service/definition.h"
#include "services/activity/state.h"

extern const struct service_erasure activity_erasure;

/** Whether the person was erased. */
bool activity_has_erased(struct ctx *ctx, uint64_t person);

/** Takes out of an activity all that tells of a person. */
void activity_make_anonymous(struct activity *activity);

#endif
