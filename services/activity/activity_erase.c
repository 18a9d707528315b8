// SPDX-License-Identifier: Apache-2.0
#include "services/activity/activity_erase.h"

#include "common/service/erasing.h"
#include "services/activity/employees.h"
#include "services/activity/history.h"
#include "services/activity/moves.h"
#include "services/activity/persons.h"

enum { ACTIVITIES_A_BATCH = 200 };

bool activity_has_erased(struct ctx *ctx, uint64_t person)
{
    return erasing_has(ctx->txn, &activity_erased_persons, person);
}

void activity_make_anonymous(struct activity *activity)
{
    activity->has_person = false;
    activity->person = 0;
    activity->subject = TEXT("erased");
    activity->has_body = false;
    activity->body = TEXT("");
    activity->has_outcome_text = false;
    activity->outcome_text = TEXT("");
    activity->has_created_by = false;
    activity->created_by = TEXT("");
    activity->has_due_ms = false;
    activity->due_ms = 0;
    activity->has_priority = false;
    activity->priority = 0;
    activity->has_result = false;
    activity->result = TEXT("");
    activity->has_organisation = false;
    activity->organisation = 0;
    activity->has_previous = false;
    activity->previous = 0;
}

static void begin(void *self, struct ctx *ctx, uint64_t person)
{
    (void)self;
    persons_remove(ctx, person);
    employees_remove(ctx, person);
    moves_end(ctx, person);
}

static bool step(void *self, struct ctx *ctx, uint64_t person)
{
    uint64_t activities[ACTIVITIES_A_BATCH];
    struct key prefix = key_of_id(person);
    struct index_scan scan;
    size_t count = 0;
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&prefix), bytes_of("", 0), false);
    while (count < ACTIVITIES_A_BATCH && index_scan_next(&scan))
        activities[count++] = history_key_activity(scan.key);
    index_scan_close(&scan);
    for (size_t i = 0; i < count; i++)
        history_erase(self, ctx, activities[i]);
    return count > 0;
}

const struct service_erasure activity_erasure = {
    .table = &activity_erased_persons,
    .merged = &activity_merged,
    .event = &person_erased_message,
    .begin = begin,
    .step = step,
};
