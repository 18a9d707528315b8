// SPDX-License-Identifier: Apache-2.0
/**
 * The simulated transport: it takes the place of services/notification/transport.c behind the same interface (transport.h there), has
 * no threads, and what becomes of a message the seed decides.
 */
#ifndef TESTS_SIM_TRANSPORT_H
#define TESTS_SIM_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct world;

/** Whether an outcome waits for the service. */
bool transport_has_outcomes(void);

/** Messages whose outcome is still open. */
size_t transport_under_way(void);

/** One of the messages under way comes to an outcome. */
void transport_turn(struct world *world);

#endif
