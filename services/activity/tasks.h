// SPDX-License-Identifier: Apache-2.0
/**
 * Tasks: what is still to be done. Two indexes of open activities, which history keeps: by their assignee and when they are due, and by when they are due as
 * long as nobody was told. What is due is told by one `activity.due`, in the command loop's own work. Source: domain.md 3.
 */
#ifndef SERVICES_ACTIVITY_TASKS_H
#define SERVICES_ACTIVITY_TASKS_H

#include "services/activity/state.h"

#define TASKS_NEVER_DUE INT64_MAX // the last of an assignee's

/** Brings both indexes from one state of an activity to another; NULL: there was none, or is none any more. In an apply. */
void tasks_change(struct activity_service *self, struct ctx *ctx, const struct activity *before,
                  const struct activity *now);

/** Key of by_assignee. */
struct key tasks_key(uint64_t assignee, int64_t due_ms, uint64_t activity);

/** Activity, and when it is due, that a key of by_assignee names. */
uint64_t tasks_key_activity(struct bytes key);
int64_t tasks_key_due(struct bytes key);

/** The first of an assignee's tasks, at most `most`; returns how many. `out_more`: there are others. */
size_t tasks_list(struct ctx *ctx, uint64_t assignee, size_t most, uint64_t *out_activities, bool *out_more);

/* The command loop's own work (definition.h): what is due is told. */

int64_t tasks_due_ms(const struct activity_service *self);
void tasks_run(struct activity_service *self, struct ctx *ctx);
void tasks_aborted(struct activity_service *self);

#endif
