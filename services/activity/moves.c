// SPDX-License-Identifier: Apache-2.0
#include "services/activity/moves.h"

#include "services/activity/activity_erase.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"
#include "services/activity/tasks.h"

enum {
    SLICE = 100, // activities a batch: some milliseconds
    PAUSE_MS =
        10, // between two, in which those who come find nothing before them: 100,000 activities take a quarter of a minute
    AGAIN_MS = 1000,
};

void moves_begin(struct activity_service *self, struct ctx *ctx, uint64_t person, uint64_t into)
{
    if (activity_has_erased(ctx, person))
        return; // a register that was restored tells of the merge again
    const struct activity_move row = {.into = into};
    row_put(ctx, &activity_moves, &activity_move_desc, person, &row);
    self->moves_due_ms = 0;
}

void moves_end(struct ctx *ctx, uint64_t person)
{
    struct key key = key_of_id(person);
    store_delete(ctx->txn, &activity_moves, key_bytes(&key));
}

/** The first of the persons whose activities are to go over; false: there is none. */
static bool find(struct ctx *ctx, uint64_t *out_person, struct activity_move *out_row)
{
    struct store_cursor cursor;
    store_cursor_open(&cursor, ctx->txn, &activity_moves);
    bool found = store_cursor_first(&cursor) && row_decode(ctx, &activity_move_desc, cursor.value, out_row);
    if (found)
        *out_person = get_u64(cursor.key.data);
    store_cursor_close(&cursor);
    return found;
}

bool moves_go_to(struct ctx *ctx, uint64_t person)
{
    struct activity_move row;
    struct store_cursor cursor;
    bool found = false;
    store_cursor_open(&cursor, ctx->txn, &activity_moves);
    for (bool there = store_cursor_first(&cursor); there && !found; there = store_cursor_next(&cursor))
        found = row_decode(ctx, &activity_move_desc, cursor.value, &row) && persons_lead(ctx, row.into) == person;
    store_cursor_close(&cursor);
    return found;
}

/** The next ones, read to the end before anything is written. */
static size_t list(struct ctx *ctx, uint64_t person, const struct activity_move *row, uint64_t out_activities[SLICE])
{
    struct key prefix = key_of_id(person), from = prefix;
    struct index_scan scan;
    size_t count = 0;
    if (row->has_activity)
        from = history_key(person, row->start_ms, row->activity - 1);
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&prefix), key_bytes(&from), false);
    while (count < SLICE && index_scan_next(&scan))
        out_activities[count++] = history_key_activity(scan.key);
    index_scan_close(&scan);
    return count;
}

/** Gives the next of an employee's tasks to another; how many. */
static size_t move_tasks(struct activity_service *self, struct ctx *ctx, uint64_t from, uint64_t to)
{
    uint64_t activities[SLICE];
    bool more;
    size_t count = tasks_list(ctx, from, SLICE, activities, &more);
    for (size_t i = 0; i < count; i++) {
        struct activity_change *change = ctx_alloc(ctx, sizeof *change);
        if (!change || !history_begin_change(ctx, activities[i], change))
            return 0; // refused
        change->now.assignee = to;
        history_change(self, ctx, change);
    }
    return count;
}

void moves_run(struct activity_service *self, struct ctx *ctx)
{
    struct activity_move row;
    uint64_t person, activities[SLICE];
    if (ctx->now_ms < self->moves_due_ms)
        return;
    self->moves_ran_ms = ctx->now_ms;
    self->moves_due_ms = ctx->now_ms + PAUSE_MS;
    if (!find(ctx, &person, &row)) {
        self->moves_due_ms = INT64_MAX;
        return;
    }
    uint64_t to = persons_lead(ctx, row.into);
    size_t count = list(ctx, person, &row, activities);
    for (size_t i = 0; i < count; i++) {
        struct activity activity;
        if (!history_get(ctx, activities[i], &activity)) {
            store_txn_fail(ctx->txn, FAULT_CORRUPT); // in the index and without a row
            return;
        }
        row.has_start_ms = row.has_activity = true;
        row.start_ms = activity.start_ms;
        row.activity = activity.activity;
        history_move(ctx, &activity, to);
    }
    if (count == SLICE) {
        row_put(ctx, &activity_moves, &activity_move_desc, person, &row);
        return;
    }
    if (row.has_activity) { // some may have been given a start before the place meanwhile: once more, from the beginning
        const struct activity_move again = {.into = row.into};
        row_put(ctx, &activity_moves, &activity_move_desc, person, &again);
        return;
    }
    if (move_tasks(self, ctx, person, to) == SLICE)
        return; // the activities have all gone over, and are found to have next time
    moves_end(ctx, person);
}

void moves_aborted(struct activity_service *self)
{
    self->moves_due_ms = self->moves_ran_ms + AGAIN_MS;
}
