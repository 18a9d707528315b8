// SPDX-License-Identifier: Apache-2.0
/**
 * Import removal: taking an import back, some hundred persons in each batch of the service, so that nobody waits for it. How far it has come stands in the
 * import's row, and a restart goes on. Hooks of service_work (common/service/definition.h).
 */
#ifndef SERVICES_PERSON_IMPORT_REMOVAL_H
#define SERVICES_PERSON_IMPORT_REMOVAL_H

#include "services/person/state.h"

int64_t import_removal_due_ms(void *state);
void import_removal_run(void *state, struct ctx *ctx);
void import_removal_aborted(void *state);

#endif
