// SPDX-License-Identifier: Apache-2.0
#include "services/stats/facts.h"

#include "common/wire/same.h"
#include "services/stats/changes.h"
#include "services/stats/rollups.h"
#include "services/stats/zone.h"

/** The one definition of the measure (domain.md 4): begun or done, and neither failed nor bounced. */
static bool is_contact(const struct activity *activity)
{
    bool begun = activity->status == ACTIVITY_STATUS_IN_PROGRESS || activity->status == ACTIVITY_STATUS_DONE;
    bool lost = activity->has_outcome && (activity->outcome == OUTCOME_FAILED || activity->outcome == OUTCOME_BOUNCED);
    return begun && !lost;
}

bool fact_change_plan(const struct stats_service *self, struct ctx *ctx, uint64_t activity, const struct activity *now,
                      struct fact_change *out_change)
{
    struct fact_change change = {.activity = activity, .is = now != NULL};
    change.was = row_get(ctx, &stats_facts, &fact_desc, activity, &change.old);
    if (is_refused(&ctx->refusal))
        return false;
    if (now) {
        int64_t start_ms = figure_time(now->start_ms);
        change.now = (struct fact){
            .has_person = now->has_person,
            .person = now->person,
            .type = now->type,
            .start_ms = start_ms,
            .day = zone_day(self->zone, start_ms),
            .contact = is_contact(now),
            .has_status = true,
            .status = now->status,
            .has_origin = true,
            .origin = now->origin,
            .has_assignee = now->has_assignee,
            .assignee = now->assignee,
            .has_send = now->has_send,
            .send = now->send,
        };
    }
    *out_change = change;
    return true;
}

static bool same_figures(const struct fact *a, const struct fact *b)
{
    return a->person == b->person && a->type == b->type && a->contact == b->contact;
}

static void note_changes(struct changes *changes, const struct fact_change *change, uint64_t seq)
{
    if (change->was && change->is && same_figures(&change->old, &change->now))
        return; // moved in time: the live figures have no days
    changes_note(changes, FIGURE_TOTAL, 0, seq);
    const struct fact *facts[] = {change->was ? &change->old : NULL, change->is ? &change->now : NULL};
    for (size_t i = 0; i < 2; i++)
        if (facts[i]) {
            changes_note(changes, FIGURE_TYPE, facts[i]->type, seq);
            if (facts[i]->has_person)
                changes_note(changes, FIGURE_PERSON, facts[i]->person, seq);
        }
}

void fact_change_apply(const struct stats_service *self, struct ctx *ctx, const struct fact_change *change)
{
    bool same = change->was && change->is && same_struct(&fact_desc, &change->old, &change->now);
    if (same || (!change->was && !change->is))
        return;
    if (change->is) {
        row_put(ctx, &stats_facts, &fact_desc, change->activity, &change->now);
    } else {
        struct key key = key_of_id(change->activity);
        store_delete(ctx->txn, &stats_facts, key_bytes(&key));
    }
    rollups_count(ctx->txn, change->was ? &change->old : NULL, change->is ? &change->now : NULL);
    note_changes(self->changes, change, ctx->followed->seq);
}
