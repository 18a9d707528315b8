// SPDX-License-Identifier: Apache-2.0
#include "services/stats/fact_changes.h"

#include "services/stats/changes.h"
#include "services/stats/cube.h"
#include "services/stats/zone.h"

/** The one definition of the measure (domain.md 4): begun or done, and neither failed nor bounced. */
static bool is_contact(const struct activity *activity)
{
    bool begun = activity->status == ACTIVITY_STATUS_IN_PROGRESS || activity->status == ACTIVITY_STATUS_DONE;
    bool lost = activity->has_outcome && (activity->outcome == OUTCOME_FAILED || activity->outcome == OUTCOME_BOUNCED);
    return begun && !lost;
}

void fact_change_plan(const struct stats_service *self, struct ctx *ctx, uint64_t activity, const struct activity *now,
                      struct fact_change *out_change)
{
    struct fact_change change = {.activity = activity, .is = now != NULL};
    int64_t row[FACT_COLUMNS];
    change.was = block_cache_get(self->facts, ctx->txn, activity, row);
    if (change.was)
        change.old = fact_of_row(row);
    if (now)
        change.now = (struct fact){
            .person = now->has_person ? now->person : 0,
            .type = now->type,
            .start_ms = figure_time(now->start_ms),
            .status = (int32_t)now->status,
            .origin = (int32_t)now->origin,
            .contact = is_contact(now),
            .assignee = now->has_assignee ? now->assignee : 0,
            .send = now->has_send ? now->send : 0,
        };
    *out_change = change;
}

static bool same_figures(const struct fact *a, const struct fact *b)
{
    return a->person == b->person && a->type == b->type && a->assignee == b->assignee && a->contact == b->contact;
}

static void note_changes(struct changes *changes, const struct fact_change *change)
{
    changes_note(changes, FIGURE_QUESTION, 0);
    if (change->was && change->is && same_figures(&change->old, &change->now))
        return; // moved in time: the other live figures have no days
    changes_note(changes, FIGURE_TOTAL, 0);
    const struct fact *facts[] = {change->was ? &change->old : NULL, change->is ? &change->now : NULL};
    for (size_t i = 0; i < 2; i++)
        if (facts[i]) {
            changes_note(changes, FIGURE_TYPE, facts[i]->type);
            if (facts[i]->person)
                changes_note(changes, FIGURE_PERSON, facts[i]->person);
            if (facts[i]->assignee)
                changes_note(changes, FIGURE_ASSIGNEE, facts[i]->assignee);
        }
}

void fact_change_apply(struct stats_service *self, struct ctx *ctx, const struct fact_change *change)
{
    bool same = change->was && change->is && fact_same(&change->old, &change->now);
    if (same || (!change->was && !change->is))
        return;
    if (change->is) {
        int64_t row[FACT_COLUMNS];
        fact_to_row(&change->now, row);
        block_cache_put(self->facts, ctx->txn, change->activity, row);
    } else {
        block_cache_remove(self->facts, ctx->txn, change->activity);
    }
    cube_count(self, ctx->txn, change->activity, change->was ? &change->old : NULL, change->is ? &change->now : NULL);
    note_changes(self->changes, change);
}
