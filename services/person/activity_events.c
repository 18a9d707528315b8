// SPDX-License-Identifier: Apache-2.0
/**
 * `activity.created`, `activity.updated`, `activity.deleted` and `activity.moved`: when each person's last activity was. What else happens to an
 * activity changes neither its person nor its start.
 */
#include "proto/person_dispatch.gen.h"
#include "services/person/last_activity.h"

struct person_on_activity_created_plan {
    struct last_activity_change change;
};

struct person_on_activity_updated_plan {
    struct last_activity_change goes;
    struct last_activity_change comes;
};

struct person_on_activity_deleted_plan {
    struct last_activity_change change;
};

struct person_on_activity_moved_plan {
    struct last_activity_change goes;
    struct last_activity_change comes;
};

const struct person_on_activity_created_plan *person_on_activity_created_check(const struct person_service *self,
                                                                               const struct activity_created *event,
                                                                               struct ctx *ctx)
{
    const struct activity *activity = &event->activity;
    struct person_on_activity_created_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan)
        plan->change = last_activity_add(self, ctx, activity->person, activity->activity, activity->start_ms);
    return plan;
}

void person_on_activity_created_apply(struct person_service *self, const struct person_on_activity_created_plan *plan,
                                      struct ctx *ctx)
{
    last_activity_write(self, ctx, &plan->change);
}

/** Only another start matters. What the event says of the rest counts it at its new one already, so that the later of the two stands. */
const struct person_on_activity_updated_plan *person_on_activity_updated_check(const struct person_service *self,
                                                                               const struct activity_updated *event,
                                                                               struct ctx *ctx)
{
    const struct activity *activity = &event->activity;
    struct person_on_activity_updated_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !event->has_old_start_ms)
        return plan;
    plan->goes = last_activity_remove(ctx, activity->person, activity->activity, event->old_start_ms,
                                      event->has_before_ms, event->before_ms);
    plan->comes = last_activity_add(self, ctx, activity->person, activity->activity, activity->start_ms);
    return plan;
}

void person_on_activity_updated_apply(struct person_service *self, const struct person_on_activity_updated_plan *plan,
                                      struct ctx *ctx)
{
    last_activity_write(self, ctx, &plan->goes);
    last_activity_write(self, ctx, &plan->comes);
}

/** One that an earlier build deleted does not tell its start: what it was to the person stays. */
const struct person_on_activity_deleted_plan *person_on_activity_deleted_check(const struct person_service *self,
                                                                               const struct activity_deleted *event,
                                                                               struct ctx *ctx)
{
    (void)self;
    struct person_on_activity_deleted_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (plan && event->has_start_ms)
        plan->change = last_activity_remove(ctx, event->person, event->activity, event->start_ms, event->has_before_ms,
                                            event->before_ms);
    return plan;
}

void person_on_activity_deleted_apply(struct person_service *self, const struct person_on_activity_deleted_plan *plan,
                                      struct ctx *ctx)
{
    last_activity_write(self, ctx, &plan->change);
}

/** It goes from the card of a merged person, and comes to that of the one who was kept. */
const struct person_on_activity_moved_plan *
person_on_activity_moved_check(const struct person_service *self, const struct activity_moved *event, struct ctx *ctx)
{
    const struct activity *activity = &event->activity;
    struct person_on_activity_moved_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->goes = last_activity_remove(ctx, event->from, activity->activity, activity->start_ms, event->has_before_ms,
                                      event->before_ms);
    plan->comes = last_activity_add(self, ctx, activity->person, activity->activity, activity->start_ms);
    return plan;
}

void person_on_activity_moved_apply(struct person_service *self, const struct person_on_activity_moved_plan *plan,
                                    struct ctx *ctx)
{
    last_activity_write(self, ctx, &plan->goes);
    last_activity_write(self, ctx, &plan->comes);
}
