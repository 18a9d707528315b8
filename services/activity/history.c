// SPDX-License-Identifier: Apache-2.0
#include "services/activity/history.h"

#include "common/base/must.h"
#include "services/activity/activity_erase.h"
#include "services/activity/bodies.h"

enum {
    KEY_START_AT = 8,
    KEY_ACTIVITY_AT = 16,
    KEY_BYTES = 24,
};

struct key history_person_key(uint64_t person, int64_t start_ms, uint64_t activity)
{
    struct key key = key_of_id(person);
    key_i64_descending(&key, start_ms);
    key_u64(&key, ~activity);
    return key;
}

uint64_t history_key_activity(struct bytes key)
{
    must(key.len == KEY_BYTES);
    return ~get_u64(key.data + KEY_ACTIVITY_AT);
}

/** Start that a key of by_person names. */
static int64_t key_start(struct bytes key)
{
    must(key.len == KEY_BYTES);
    return (int64_t)(~get_u64(key.data + KEY_START_AT) ^ (uint64_t)1 << 63);
}

bool history_get(struct ctx *ctx, uint64_t activity, struct activity *out_activity)
{
    return row_get(ctx, &activity_rows, &activity_row_desc, activity, out_activity);
}

bool history_get_revision(struct ctx *ctx, uint64_t activity, bool has_revision, int64_t revision,
                          struct activity *out_activity)
{
    if (!history_get(ctx, activity, out_activity))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "activity", "there is no activity with this id");
    else if (has_revision && revision != out_activity->revision)
        ctx_refuse(ctx, ERROR_CHANGED_SINCE, "revision",
                   "somebody else has changed the activity since; read it again and decide what to do");
    return !is_refused(&ctx->refusal);
}

uint64_t history_add(struct ctx *ctx, const struct activity *activity)
{
    struct activity_created event = {.activity = *activity};
    event.activity.activity = store_next_id(ctx->txn, "activity");
    event.activity.revision = 1;
    event.activity.has_body = activity->has_body && activity->body.len > 0;
    struct activity row = event.activity;
    row.has_body = false;
    row_append(ctx, &activity_rows, &activity_row_desc, row.activity, &row);
    if (event.activity.has_body)
        bodies_append(ctx, row.activity, event.activity.body);
    if (row.has_person) {
        struct key key = history_person_key(row.person, row.start_ms, row.activity);
        index_put(ctx->txn, &activity_by_person, key_bytes(&key), bytes_of("", 0));
    }
    ctx_emit(ctx, &activity_created_message, &event, row.person, "activity", row.activity);
    return row.activity;
}

int64_t history_change(struct ctx *ctx, const struct activity *activity)
{
    struct activity_updated event = {.activity = *activity};
    event.activity.revision++;
    row_put(ctx, &activity_rows, &activity_row_desc, activity->activity, &event.activity);
    ctx_emit(ctx, &activity_updated_message, &event, activity->person, "activity", activity->activity);
    return event.activity.revision;
}

/** The start of the person's latest activity that starts no later; false: there is none. */
static bool latest_until(struct ctx *ctx, uint64_t person, int64_t start_ms, int64_t *out_start_ms)
{
    struct key prefix = key_of_id(person);
    struct key from = history_person_key(person, start_ms, UINT64_MAX);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&prefix), key_bytes(&from), false);
    bool found = index_scan_next(&scan);
    if (found)
        *out_start_ms = key_start(scan.key);
    index_scan_close(&scan);
    return found;
}

static void leave_card(struct ctx *ctx, const struct activity *activity)
{
    struct key key = history_person_key(activity->person, activity->start_ms, activity->activity);
    if (activity->has_person)
        index_delete(ctx->txn, &activity_by_person, key_bytes(&key));
}

void history_erase(struct ctx *ctx, uint64_t activity)
{
    struct activity row;
    if (!history_get(ctx, activity, &row)) {
        store_txn_fail(ctx->txn, FAULT_CORRUPT); // by_person names what is not there
        return;
    }
    leave_card(ctx, &row);
    bodies_delete(ctx, activity);
    activity_make_anonymous(&row);
    history_change(ctx, &row);
}

void history_delete(struct ctx *ctx, const struct activity *activity)
{
    struct activity_deleted event = {
        .activity = activity->activity,
        .has_person = activity->has_person,
        .person = activity->person,
        .has_start_ms = true,
        .start_ms = activity->start_ms,
        .has_recipient = activity->has_recipient,
        .recipient = activity->recipient,
    };
    struct key id = key_of_id(activity->activity);
    store_delete(ctx->txn, &activity_rows, key_bytes(&id));
    bodies_delete(ctx, activity->activity);
    leave_card(ctx, activity);
    event.has_before_ms =
        activity->has_person && latest_until(ctx, activity->person, activity->start_ms, &event.before_ms);
    ctx_emit(ctx, &activity_deleted_message, &event, activity->person, "activity", activity->activity);
}

bool history_has_any(struct ctx *ctx, uint64_t person)
{
    struct key prefix = key_of_id(person);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&prefix), bytes_of("", 0), false);
    bool has_any = index_scan_next(&scan);
    index_scan_close(&scan);
    return has_any;
}

void history_move(struct ctx *ctx, const struct activity *activity, uint64_t to)
{
    struct activity_moved event = {.activity = *activity, .from = activity->person};
    struct key old = history_person_key(activity->person, activity->start_ms, activity->activity);
    struct key key = history_person_key(to, activity->start_ms, activity->activity);
    event.activity.person = to;
    event.activity.revision++;
    row_put(ctx, &activity_rows, &activity_row_desc, activity->activity, &event.activity);
    index_delete(ctx->txn, &activity_by_person, key_bytes(&old));
    event.has_before_ms = latest_until(ctx, event.from, activity->start_ms, &event.before_ms);
    index_put(ctx->txn, &activity_by_person, key_bytes(&key), bytes_of("", 0));
    ctx_emit(ctx, &activity_moved_message, &event, to, "activity", activity->activity);
}
