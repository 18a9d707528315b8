// SPDX-License-Identifier: Apache-2.0
#include "services/activity/history.h"

#include "common/base/must.h"
#include "common/wire/same.h"
#include "services/activity/activity_erase.h"
#include "services/activity/bodies.h"
#include "services/activity/tasks.h"
#include "services/activity/types.h"

enum {
    KEY_START_AT = 8,
    KEY_ACTIVITY_AT = 16,
    KEY_BYTES = 24,
    ACTIVITY_FIELDS = 32, // more than it has
};

struct key history_key(uint64_t owner, int64_t start_ms, uint64_t activity)
{
    struct key key = key_of_id(owner);
    key_i64_descending(&key, start_ms);
    key_u64(&key, ~activity);
    return key;
}

uint64_t history_key_activity(struct bytes key)
{
    must(key.len == KEY_BYTES);
    return ~get_u64(key.data + KEY_ACTIVITY_AT);
}

int64_t history_key_start(struct bytes key)
{
    must(key.len == KEY_BYTES);
    return key_read_i64_descending(key.data + KEY_START_AT);
}

static bool lead(struct ctx *ctx, bool found, struct activity *activity)
{
    if (found)
        activity->type = types_lead(ctx, activity->type);
    return found;
}

bool history_decode(struct ctx *ctx, struct bytes row, struct activity *out_activity)
{
    return lead(ctx, row_decode(ctx, &activity_row_desc, row, out_activity), out_activity);
}

bool history_get(struct ctx *ctx, uint64_t activity, struct activity *out_activity)
{
    return lead(ctx, row_get(ctx, &activity_rows, &activity_row_desc, activity, out_activity), out_activity);
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

bool history_begin_change(struct ctx *ctx, uint64_t activity, struct activity_change *out_change)
{
    bool found = history_get(ctx, activity, &out_change->before);
    out_change->now = out_change->before;
    out_change->has_new_body = false;
    return found;
}

bool history_get_to_change(struct ctx *ctx, uint64_t activity, bool has_revision, int64_t revision,
                           struct activity_change *out_change)
{
    if (!history_get_revision(ctx, activity, has_revision, revision, &out_change->before))
        return false;
    out_change->now = out_change->before;
    out_change->has_new_body = false;
    if (!out_change->before.has_person)
        ctx_refuse(ctx, ERROR_WRONG_STATE, "activity", "the person was erased; the activity stays as it is");
    return !is_refused(&ctx->refusal);
}

/** Brings an index of who has which activities, newest first, from one owner and start to another; an owner of 0 is none. */
static void change_list(struct ctx *ctx, const struct index *index, uint64_t activity, uint64_t old_owner,
                        int64_t old_start_ms, uint64_t owner, int64_t start_ms)
{
    struct key old = history_key(old_owner, old_start_ms, activity);
    struct key key = history_key(owner, start_ms, activity);
    if (old_owner == owner && old_start_ms == start_ms)
        return;
    if (old_owner)
        index_delete(ctx->txn, index, key_bytes(&old));
    if (owner)
        index_put(ctx->txn, index, key_bytes(&key), bytes_of("", 0));
}

/** One of nobody's card is shown nowhere. */
static uint64_t shown_at(const struct activity *activity)
{
    return activity->has_person && activity->has_organisation ? activity->organisation : 0;
}

/** Brings all indexes from one state of an activity to another; NULL: there was none, or is none any more. */
static void change_indexes(struct activity_service *self, struct ctx *ctx, const struct activity *before,
                           const struct activity *now)
{
    static const struct activity none = {.has_person = false};
    const struct activity *old = before ? before : &none, *new = now ? now : &none;
    uint64_t activity = before ? old->activity : new->activity;
    change_list(ctx, &activity_by_person, activity, old->person, old->start_ms, new->person, new->start_ms);
    change_list(ctx, &activity_by_organisation, activity, shown_at(old), old->start_ms, shown_at(new), new->start_ms);
    tasks_change(self, ctx, before, now);
}

uint64_t history_add(struct activity_service *self, struct ctx *ctx, const struct activity *activity)
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
    change_indexes(self, ctx, NULL, &row);
    ctx_emit(ctx, &activity_created_message, &event, row.person, "activity", row.activity);
    return row.activity;
}

/** The start of the person's latest activity that starts no later; false: there is none. */
static bool latest_until(struct ctx *ctx, uint64_t person, int64_t start_ms, int64_t *out_start_ms)
{
    struct key prefix = key_of_id(person);
    struct key from = history_key(person, start_ms, UINT64_MAX);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &activity_by_person, key_bytes(&prefix), key_bytes(&from), false);
    bool found = index_scan_next(&scan);
    if (found)
        *out_start_ms = history_key_start(scan.key);
    index_scan_close(&scan);
    return found;
}

/** Names of the fields that differ; the body is no part of what is compared. */
static size_t compare(const struct activity_change *change, bool is_another_body, struct text *out_names)
{
    size_t count = 0;
    for (size_t i = 0; i < activity_desc.count; i++) {
        const struct field_desc *field = &activity_desc.fields[i];
        bool is_body = strcmp(field->name, "body") == 0;
        if (is_body ? is_another_body : !same_field(field, &change->before, &change->now))
            out_names[count++] = text_of(field->name);
    }
    return count;
}

int64_t history_change(struct activity_service *self, struct ctx *ctx, const struct activity_change *change)
{
    const struct activity *before = &change->before;
    struct text changed[ACTIVITY_FIELDS];
    struct text body = change->has_new_body && change->now.has_body ? change->now.body : TEXT("");
    bool is_another_body = change->has_new_body && !text_equal(bodies_get(ctx, before->activity), body);
    size_t count = compare(change, is_another_body, changed);
    if (count == 0)
        return before->revision;
    struct activity_updated event = {.activity = change->now, .changed = {count, changed}};
    struct activity *now = &event.activity;
    now->revision++;
    now->has_body = false;
    row_put(ctx, &activity_rows, &activity_row_desc, now->activity, now);
    if (is_another_body)
        bodies_put(ctx, now->activity, body);
    change_indexes(self, ctx, before, now);
    event.has_old_start_ms = now->start_ms != before->start_ms;
    event.old_start_ms = event.has_old_start_ms ? before->start_ms : 0;
    event.has_before_ms =
        event.has_old_start_ms && now->has_person && latest_until(ctx, now->person, before->start_ms, &event.before_ms);
    now->has_body = is_another_body && body.len > 0;
    now->body = body;
    ctx_emit(ctx, &activity_updated_message, &event, now->person, "activity", now->activity);
    return now->revision;
}

void history_erase(struct activity_service *self, struct ctx *ctx, uint64_t activity)
{
    struct activity_change change;
    if (!history_begin_change(ctx, activity, &change)) {
        store_txn_fail(ctx->txn, FAULT_CORRUPT); // by_person names what is not there
        return;
    }
    bodies_delete(ctx, activity);
    activity_make_anonymous(&change.now);
    history_change(self, ctx, &change);
}

void history_delete(struct activity_service *self, struct ctx *ctx, const struct activity *activity)
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
    change_indexes(self, ctx, activity, NULL);
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
    struct key old = history_key(activity->person, activity->start_ms, activity->activity);
    struct key key = history_key(to, activity->start_ms, activity->activity);
    event.activity.person = to;
    event.activity.revision++;
    row_put(ctx, &activity_rows, &activity_row_desc, activity->activity, &event.activity);
    index_delete(ctx->txn, &activity_by_person, key_bytes(&old));
    event.has_before_ms = latest_until(ctx, event.from, activity->start_ms, &event.before_ms);
    index_put(ctx->txn, &activity_by_person, key_bytes(&key), bytes_of("", 0));
    ctx_emit(ctx, &activity_moved_message, &event, to, "activity", activity->activity);
}
