// SPDX-License-Identifier: Apache-2.0
/** Claim: takes queued recipients up for a transport, as far as it has slots, or says why they are not sent after all. */
#ifndef SERVICES_NOTIFICATION_CLAIM_H
#define SERVICES_NOTIFICATION_CLAIM_H

#include "services/notification/state.h"

/** Claims what the outlet has room for. In `work_run`, only. */
void claim_queued(struct notification_service *self, struct ctx *ctx, struct outlet *outlet);

#endif
