// SPDX-License-Identifier: Apache-2.0
#include "services/activity/tasks.h"

#include "common/base/must.h"
#include "services/activity/history.h"

enum {
    KEY_DUE_AT = 8,
    KEY_ACTIVITY_AT = 16,
    KEY_BYTES = 24,
    DUE_KEY_ACTIVITY_AT = 8,
    TOLD_AT_ONCE = 500,
    AGAIN_MS = 1000, // after a batch that was given up
};

struct key tasks_key(uint64_t assignee, int64_t due_ms, uint64_t activity)
{
    struct key key = key_of_id(assignee);
    key_i64(&key, due_ms);
    key_u64(&key, activity);
    return key;
}

uint64_t tasks_key_activity(struct bytes key)
{
    must(key.len == KEY_BYTES);
    return get_u64(key.data + KEY_ACTIVITY_AT);
}

int64_t tasks_key_due(struct bytes key)
{
    must(key.len == KEY_BYTES);
    return key_read_i64(key.data + KEY_DUE_AT);
}

/** Key of by_due. */
static struct key due_key(int64_t due_ms, uint64_t activity)
{
    struct key key = {.len = 0};
    key_i64(&key, due_ms);
    key_u64(&key, activity);
    return key;
}

/** Something is still to be done about it; of an anonymous one nothing is. */
static bool is_open(const struct activity *activity)
{
    return activity && activity->has_person && activity->status != ACTIVITY_STATUS_DONE;
}

static bool has_task(const struct activity *activity)
{
    return is_open(activity) && activity->has_assignee;
}

static bool is_to_tell(const struct activity *activity)
{
    return is_open(activity) && activity->has_due_ms;
}

static int64_t due_of(const struct activity *activity)
{
    return activity->has_due_ms ? activity->due_ms : TASKS_NEVER_DUE;
}

static void change_task(struct ctx *ctx, const struct activity *before, const struct activity *now)
{
    bool was = has_task(before), is = has_task(now);
    if (was && is && before->assignee == now->assignee && due_of(before) == due_of(now))
        return;
    if (was) {
        struct key key = tasks_key(before->assignee, due_of(before), before->activity);
        index_delete(ctx->txn, &activity_by_assignee, key_bytes(&key));
    }
    if (is) {
        struct key key = tasks_key(now->assignee, due_of(now), now->activity);
        index_put(ctx->txn, &activity_by_assignee, key_bytes(&key), bytes_of("", 0));
    }
}

/** Once it was told it stays out, until another time is given or it is opened again. */
static void change_due(struct activity_service *self, struct ctx *ctx, const struct activity *before,
                       const struct activity *now)
{
    bool was = is_to_tell(before), is = is_to_tell(now);
    if (was && is && before->due_ms == now->due_ms)
        return;
    if (was) {
        struct key key = due_key(before->due_ms, before->activity);
        index_delete(ctx->txn, &activity_by_due, key_bytes(&key));
    }
    if (is) {
        struct key key = due_key(now->due_ms, now->activity);
        index_put(ctx->txn, &activity_by_due, key_bytes(&key), bytes_of("", 0));
        if (bytes_compare(key_bytes(&key), key_bytes(&self->tasks_from)) < 0)
            self->tasks_from = key;
        self->tasks_due_ms = now->due_ms < self->tasks_due_ms ? now->due_ms : self->tasks_due_ms;
    }
}

void tasks_change(struct activity_service *self, struct ctx *ctx, const struct activity *before,
                  const struct activity *now)
{
    change_task(ctx, before, now);
    change_due(self, ctx, before, now);
}

size_t tasks_list(struct ctx *ctx, uint64_t assignee, size_t most, uint64_t *out_activities, bool *out_more)
{
    struct key prefix = key_of_id(assignee);
    struct index_scan scan;
    size_t count = 0;
    index_scan_open(&scan, ctx->txn, &activity_by_assignee, key_bytes(&prefix), key_bytes(&prefix), false);
    bool there = index_scan_next(&scan);
    for (; there && count < most; there = index_scan_next(&scan))
        out_activities[count++] = tasks_key_activity(scan.key);
    index_scan_close(&scan);
    *out_more = there;
    return count;
}

int64_t tasks_due_ms(const struct activity_service *self)
{
    return self->tasks_due_ms;
}

void tasks_aborted(struct activity_service *self)
{
    self->tasks_due_ms = self->tasks_ran_ms + AGAIN_MS;
    self->tasks_from.len = 0;
}

/** Up to TOLD_AT_ONCE keys of by_due from `from` on whose time has come. `out_next_ms`: when that of the one after them comes. */
static size_t find_due(struct ctx *ctx, const struct key *from, struct key *out_keys, int64_t *out_next_ms)
{
    struct index_scan scan;
    size_t count = 0;
    *out_next_ms = INT64_MAX;
    index_scan_open(&scan, ctx->txn, &activity_by_due, bytes_of("", 0), key_bytes(from), false);
    while (index_scan_next(&scan)) {
        int64_t due_ms = key_read_i64(scan.key.data);
        if (due_ms > ctx->now_ms || count == TOLD_AT_ONCE) {
            *out_next_ms = due_ms;
            break;
        }
        out_keys[count] = (struct key){.len = 0};
        key_bytes_add(&out_keys[count++], scan.key);
    }
    index_scan_close(&scan);
    return count;
}

static void tell(struct ctx *ctx, const struct activity *activity)
{
    const struct activity_due event = {
        .activity = activity->activity,
        .person = activity->person,
        .due_ms = activity->due_ms,
        .has_assignee = activity->has_assignee,
        .assignee = activity->assignee,
    };
    ctx_emit(ctx, &activity_due_message, &event, activity->person, "activity", activity->activity);
}

void tasks_run(struct activity_service *self, struct ctx *ctx)
{
    if (ctx->now_ms < self->tasks_due_ms)
        return;
    self->tasks_ran_ms = ctx->now_ms;
    struct key *keys = ctx_alloc_array(ctx, TOLD_AT_ONCE, sizeof *keys);
    size_t count = keys ? find_due(ctx, &self->tasks_from, keys, &self->tasks_due_ms) : 0;
    if (count >
        0) // those before it are told, and their entries, deleted but not yet gone, need not be gone through again
        self->tasks_from = keys[count - 1];
    for (size_t i = 0; i < count; i++) {
        struct activity activity;
        if (!history_get(ctx, get_u64(keys[i].data + DUE_KEY_ACTIVITY_AT), &activity)) {
            store_txn_fail(ctx->txn, FAULT_CORRUPT); // in the index and without a row
            return;
        }
        index_delete(ctx->txn, &activity_by_due, key_bytes(&keys[i]));
        tell(ctx, &activity);
    }
}
