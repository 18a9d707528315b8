// SPDX-License-Identifier: Apache-2.0
/**
 * Work: what the service does by itself — claim, commit, hand over, commit the outcome; retries, expiry, and settling what the
 * last run left behind. The hooks of service_work (common/service/definition.h). Source: design.md 6.
 */
#ifndef SERVICES_NOTIFICATION_WORK_H
#define SERVICES_NOTIFICATION_WORK_H

#include "services/notification/state.h"

int work_wake_fd(void *state);
int64_t work_due_ms(void *state);
void work_clock_was_set(void *state, int64_t by_ms);
void work_run(void *state, struct ctx *ctx);
enum fault work_committing(void *state, struct ctx *ctx);
void work_committed(void *state);
void work_aborted(void *state);
void work_stopping(void *state);

#endif
