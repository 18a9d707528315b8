// SPDX-License-Identifier: Apache-2.0
/**
 * Customers: those whose account manager was merged into another person get that one, a slice of cards in a batch, so that nobody waits. Those whose
 * account manager was erased get none: he had no customers then, but a store that was restored from before may give him some again. Nothing is
 * written of how far that is: after a start it is looked for again whose customers there still are. On the command loop's thread.
 */
#ifndef SERVICES_PERSON_CUSTOMERS_H
#define SERVICES_PERSON_CUSTOMERS_H

#include "services/person/state.h"

/* Hooks of struct service_work. */

int64_t customers_due_ms(void *self);
void customers_run(void *self, struct ctx *ctx);
void customers_aborted(void *self);
void customers_clock_was_set(void *self, int64_t by_ms);

#endif
