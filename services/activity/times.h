// SPDX-License-Identifier: Apache-2.0
/** Rules of an activity's times that the schema cannot state. Each refuses, and returns false then. Source: domain.md 3. */
#ifndef SERVICES_ACTIVITY_TIMES_H
#define SERVICES_ACTIVITY_TIMES_H

#include "services/activity/state.h"

/** The time lies in the years that the system has days for: others could be put on no calendar. */
bool times_check(struct ctx *ctx, const char *field, int64_t time_ms);

/** As times_check, and not before the start. The field is end_ms. */
bool times_check_end(struct ctx *ctx, int64_t start_ms, int64_t end_ms);

#endif
