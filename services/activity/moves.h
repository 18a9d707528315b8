// SPDX-License-Identifier: Apache-2.0
/**
 * Moves: the activities of a merged person, and what he still had to do as an employee, go over to the kept one, newest first, a slice in a batch, so that a person with a hundred thousand holds
 * nobody up. A row says how far that is. On the command loop's thread. Source: design.md 5.
 */
#ifndef SERVICES_ACTIVITY_MOVES_H
#define SERVICES_ACTIVITY_MOVES_H

#include "services/activity/state.h"

/** From now on they go over. In an apply. */
void moves_begin(struct activity_service *self, struct ctx *ctx, uint64_t person, uint64_t into);

/** The person is erased: nothing goes over any more. In an apply. */
void moves_end(struct ctx *ctx, uint64_t person);

/** Whether some are still to go over to this person. */
bool moves_go_to(struct ctx *ctx, uint64_t person);

/** Moves the next slice, if there is one and its time has come; sets when it wants to be called again. */
void moves_run(struct activity_service *self, struct ctx *ctx);

/** The batch is gone, and with it perhaps what made there be nothing to do: looks again a little later. */
void moves_aborted(struct activity_service *self);

#endif
