// SPDX-License-Identifier: Apache-2.0
/**
 * The history: activities with their index, their body and their events, always together. What makes, changes or deletes an
 * activity does it here, in an apply.
 */
#ifndef SERVICES_ACTIVITY_HISTORY_H
#define SERVICES_ACTIVITY_HISTORY_H

#include "services/activity/state.h"

/** The activity without its body, whose texts live as long as the batch. False: absent, or `ctx` was refused. */
bool history_get(struct ctx *ctx, uint64_t activity, struct activity *out_activity);

/** As history_get, for a command made for `revision` (when `has_revision`); refuses as not_found or changed_since. */
bool history_get_revision(struct ctx *ctx, uint64_t activity, bool has_revision, int64_t revision,
                          struct activity *out_activity);

/** Gives the activity its id and revision, and adds it with its body; one without a person is on no card. Returns the id. */
uint64_t history_add(struct ctx *ctx, const struct activity *activity);

/**
 * Raises the revision of an activity whose person and start are as they were: followers of these (person) hear of activity.created and
 * activity.deleted alone. Returns the revision.
 */
int64_t history_change(struct ctx *ctx, const struct activity *activity);

void history_delete(struct ctx *ctx, const struct activity *activity);

/** Whether the person has any activity. */
bool history_has_any(struct ctx *ctx, uint64_t person);

/** Puts an activity on another person's card, under the next revision. */
void history_move(struct ctx *ctx, const struct activity *activity, uint64_t to);

/** Makes an activity that is there anonymous: it leaves its card, and its event names nobody. */
void history_erase(struct ctx *ctx, uint64_t activity);

/** Key of by_person; of equal starts the greater id comes first. */
struct key history_person_key(uint64_t person, int64_t start_ms, uint64_t activity);

/** Activity that a key of by_person names. */
uint64_t history_key_activity(struct bytes key);

#endif
