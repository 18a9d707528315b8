// SPDX-License-Identifier: Apache-2.0
/**
 * The history: activities with their index, their body and their events, always together. What makes, changes or deletes an
 * activity does it here, in an apply.
 */
#ifndef SERVICES_ACTIVITY_HISTORY_H
#define SERVICES_ACTIVITY_HISTORY_H

#include "services/activity/state.h"

/** The activity without its body, of the type that stands for the one it was given; its texts live as long as the batch. */
bool history_decode(struct ctx *ctx, struct bytes row, struct activity *out_activity);

/** The same of the activity with this id, whose texts live as long as the batch. False: absent, or `ctx` was refused. */
bool history_get(struct ctx *ctx, uint64_t activity, struct activity *out_activity);

/** As history_get, for a command made for `revision` (when `has_revision`); refuses as not_found or changed_since. */
bool history_get_revision(struct ctx *ctx, uint64_t activity, bool has_revision, int64_t revision,
                          struct activity *out_activity);

/** What becomes of an activity: its id, revision and person stay. */
struct activity_change {
    struct activity before;
    struct activity now; // with its body if that is another one
    bool has_new_body;   // which replaces the one there is; empty: it has none any more
};

/** The activity, into both of the change: for the service's own work. False as history_get. */
bool history_begin_change(struct ctx *ctx, uint64_t activity, struct activity_change *out_change);

/**
 * The same for a command, as history_get_revision; refuses an anonymous one as wrong_state: nothing written on it would go with
 * anybody any more.
 */
bool history_get_to_change(struct ctx *ctx, uint64_t activity, bool has_revision, int64_t revision,
                           struct activity_change *out_change);

/** Gives the activity its id and revision, and adds it with its body; one without a person is on no card. Returns the id. */
uint64_t history_add(struct activity_service *self, struct ctx *ctx, const struct activity *activity);

/** Writes the change and tells of it under the next revision, unless nothing differs. Returns the revision. */
int64_t history_change(struct activity_service *self, struct ctx *ctx, const struct activity_change *change);

void history_delete(struct activity_service *self, struct ctx *ctx, const struct activity *activity);

/** Whether the person has any activity. */
bool history_has_any(struct ctx *ctx, uint64_t person);

/** Puts an activity on another person's card, under the next revision. */
void history_move(struct ctx *ctx, const struct activity *activity, uint64_t to);

/** Makes an activity that is there anonymous: it leaves its card, and its event names nobody. */
void history_erase(struct activity_service *self, struct ctx *ctx, uint64_t activity);

/** Key of by_person, and of by_organisation; of equal starts the greater id comes first. */
struct key history_key(uint64_t owner, int64_t start_ms, uint64_t activity);

/** Activity, and its start, that such a key names. */
uint64_t history_key_activity(struct bytes key);
int64_t history_key_start(struct bytes key);

#endif
