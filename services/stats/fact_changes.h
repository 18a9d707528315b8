// SPDX-License-Identifier: Apache-2.0
/**
 * Fact changes: how an event of an activity changes its fact, and the figures. A change is worked out from the fact that is
 * kept and the activity as it is now, so an event that says nothing new changes nothing.
 */
#ifndef SERVICES_STATS_FACT_CHANGES_H
#define SERVICES_STATS_FACT_CHANGES_H

#include "proto/activity.gen.h"
#include "services/stats/facts.h"

struct fact_change {
    uint64_t activity;
    bool was; // there was a fact: `old`
    bool is;  // there will be one: `now`
    struct fact old;
    struct fact now;
};

/** What becomes of the activity's fact; `now` is NULL when the activity is gone. */
void fact_change_plan(const struct stats_service *self, struct ctx *ctx, uint64_t activity, const struct activity *now,
                      struct fact_change *out_change);

/** Writes fact and cells, and notes which live figures change. In an apply of a followed event. */
void fact_change_apply(struct stats_service *self, struct ctx *ctx, const struct fact_change *change);

#endif
