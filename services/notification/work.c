// SPDX-License-Identifier: Apache-2.0
#include "services/notification/work.h"

#include <unistd.h>

#include "services/notification/blobs.h"
#include "services/notification/claim.h"
#include "services/notification/recipient_erase.h"
#include "services/notification/recipients.h"

enum {
    MOVES_A_BATCH = 500,  // of each kind: a long list is worked off without holding commands up
    STOP_GRACE_MS = 5000, // for final answers, when the service stops
};

static const struct text epoch_key = {"epoch", 5};

int work_wake_fd(void *state)
{
    return ((struct notification_service *)state)->wake_fd;
}

int64_t work_due_ms(void *state)
{
    return ((struct notification_service *)state)->due_ms;
}

void work_clock_was_set(void *state, int64_t by_ms)
{
    struct notification_service *self = state;
    self->set_back_ms = by_ms < self->set_back_ms ? self->set_back_ms - by_ms : 0;
    self->due_ms = 0;
}

/** When a recipient is tried again: twice as long after each attempt, spread so that those of one failure do not come at once. */
static int64_t retry_at(const struct notification_service *self, const struct recipient *recipient, int64_t timer_ms)
{
    int64_t delay_ms = self->settings.retry_first_ms;
    for (int64_t i = 1; i < recipient->attempts && delay_ms < self->settings.retry_most_ms; i++)
        delay_ms *= 2;
    if (delay_ms > self->settings.retry_most_ms)
        delay_ms = self->settings.retry_most_ms;
    uint64_t spread = (recipient->recipient + (uint64_t)recipient->attempts) * UINT64_C(0x9e3779b97f4a7c15) >> 33;
    return timer_ms + delay_ms + (int64_t)(spread % (uint64_t)(delay_ms / 4 + 1));
}

static bool is_at_least_once(struct ctx *ctx, uint64_t id)
{
    struct send send;
    return row_get(ctx, &notification_sends, &send_row_desc, id, &send) && send.at_least_once;
}

static void apply_outcome(struct notification_service *self, struct ctx *ctx, const struct outcome *outcome)
{
    static const enum recipient_state states[] = {
        [OUTCOME_ACCEPTED] = RECIPIENT_STATE_ACCEPTED, [OUTCOME_DEFERRED] = RECIPIENT_STATE_DEFERRED,
        [OUTCOME_FAILED] = RECIPIENT_STATE_FAILED,     [OUTCOME_UNKNOWN] = RECIPIENT_STATE_UNKNOWN,
        [OUTCOME_GIVEN_BACK] = RECIPIENT_STATE_QUEUED, [OUTCOME_MISCONFIGURED] = RECIPIENT_STATE_QUEUED,
    };
    struct kept_recipient row;
    if (!recipient_get(ctx, outcome->recipient, &row)) {
        store_txn_fail(ctx->txn, FAULT_CORRUPT);
        return;
    }
    bool again = outcome->kind == OUTCOME_DEFERRED ||
                 (outcome->kind == OUTCOME_UNKNOWN && is_at_least_once(ctx, row.recipient.send));
    again = again && row.recipient.has_person;
    const struct move_note note = {
        .code = text_of(outcome->code),
        .text = text_of(outcome->text),
        .retry_ms = again ? retry_at(self, &row.recipient, notification_timer_ms(self, ctx)) : 0,
    };
    recipient_move(ctx, &row, states[outcome->kind], &note);
    if (!row.recipient.has_person)
        recipient_erase_late(self, ctx, &row);
}

/** Holds up to a batch of the recipients in `from`; false when there are none left. */
static bool hold(struct notification_service *self, struct ctx *ctx, enum recipient_state from)
{
    uint64_t ids[MOVES_A_BATCH];
    size_t count = recipients_in_state(ctx, from, 0, ids, MOVES_A_BATCH);
    for (size_t i = 0; i < count; i++) {
        struct kept_recipient row;
        if (!recipient_get(ctx, ids[i], &row))
            continue;
        recipient_move(ctx, &row, RECIPIENT_STATE_HELD, NULL);
        if (!row.recipient.has_person)
            recipient_erase_late(self, ctx, &row);
    }
    return count > 0;
}

/** The same for what was claimed when the service died: it may have been handed over. */
static bool doubt(struct notification_service *self, struct ctx *ctx)
{
    uint64_t ids[MOVES_A_BATCH];
    size_t count = recipients_in_state(ctx, RECIPIENT_STATE_CLAIMED, 0, ids, MOVES_A_BATCH);
    for (size_t i = 0; i < count; i++) {
        struct outcome outcome = {
            .recipient = ids[i],
            .kind = OUTCOME_UNKNOWN,
            .code = "stopped",
            .text = "The service died while this was being handed over.",
        };
        apply_outcome(self, ctx, &outcome);
    }
    return count > 0;
}

/** Whether the store was restored from a backup since it last ran here. */
static bool was_restored(const struct notification_service *self, struct ctx *ctx)
{
    struct bytes value;
    uint64_t epoch = store_identity(self->store).epoch;
    if (!store_get(ctx->txn, &notification_seen_epoch, text_bytes(epoch_key), &value))
        return epoch > 1;
    return get_u64(value.data) != epoch;
}

/** Writes the epoch down with whatever is committed first: from then on the store was not restored. */
static void remember_epoch(const struct notification_service *self, struct ctx *ctx)
{
    if (!was_restored(self, ctx))
        return;
    struct key epoch = key_of_id(store_identity(self->store).epoch);
    store_put(ctx->txn, &notification_seen_epoch, text_bytes(epoch_key), key_bytes(&epoch));
}

/**
 * Settles, once after each start, what the last run left: what was claimed may have been handed over. After a restore what waits
 * may have been sent since the backup was made: an operator decides.
 */
static void recover(struct notification_service *self, struct ctx *ctx)
{
    bool held = was_restored(self, ctx);
    if (held && (hold(self, ctx, RECIPIENT_STATE_CLAIMED) || hold(self, ctx, RECIPIENT_STATE_QUEUED) ||
                 hold(self, ctx, RECIPIENT_STATE_DEFERRED)))
        return;
    if (!held && doubt(self, ctx))
        return;
    self->settled = true;
}

static void apply_outcomes(struct notification_service *self, struct ctx *ctx, struct outlet *outlet)
{
    outlet_collect(outlet);
    while (outlet->applied < outlet->outcome_count) {
        const struct outcome *outcome = &outlet->outcomes[outlet->applied++];
        apply_outcome(self, ctx, outcome);
        outlet_judge(outlet, outcome, notification_timer_ms(self, ctx), self->settings.retry_stopped_ms);
    }
}

static void expire(struct ctx *ctx)
{
    uint64_t ids[MOVES_A_BATCH];
    size_t count = recipients_due(ctx, DUE_EXPIRY, ctx->now_ms, ids, MOVES_A_BATCH);
    for (size_t i = 0; i < count; i++) {
        struct kept_recipient row;
        if (recipient_get(ctx, ids[i], &row))
            recipient_move(ctx, &row, RECIPIENT_STATE_EXPIRED, NULL);
    }
}

static void retry(const struct notification_service *self, struct ctx *ctx)
{
    uint64_t ids[MOVES_A_BATCH];
    size_t count = recipients_due(ctx, DUE_RETRY, notification_timer_ms(self, ctx), ids, MOVES_A_BATCH);
    for (size_t i = 0; i < count; i++) {
        struct kept_recipient row;
        if (!recipient_get(ctx, ids[i], &row))
            continue;
        if (row.recipient.state == RECIPIENT_STATE_UNKNOWN && row.not_after_ms <= ctx->now_ms)
            recipient_forget_retry(ctx, &row); // too late to be repeated: it stays unknown
        else
            recipient_move(ctx, &row, RECIPIENT_STATE_QUEUED, NULL);
    }
}

/** What is due by the timers' time, in UTC. */
static int64_t in_utc(const struct notification_service *self, int64_t due_ms)
{
    return due_ms == INT64_MAX ? due_ms : due_ms - self->set_back_ms;
}

/** When the work has something to do next, as far as it does not wait for an outcome. */
static int64_t next_due_ms(const struct notification_service *self, struct ctx *ctx)
{
    int64_t dues[3 + OUTLET_COUNT] = {
        recipients_next_due(ctx, DUE_EXPIRY),
        in_utc(self, recipients_next_due(ctx, DUE_RETRY)),
        blobs_due_ms(self, ctx),
    };
    for (size_t i = 0; i < OUTLET_COUNT; i++) {
        const struct outlet *outlet = &self->outlets[i];
        uint64_t queued;
        bool waits = recipients_queued(ctx, outlet->kind, &queued, 1) > 0;
        bool stands = notification_timer_ms(self, ctx) < outlet->stopped_until_ms;
        bool goes = outlet_room(outlet, notification_timer_ms(self, ctx)) > 0;
        dues[3 + i] = waits && goes ? 0 : waits && stands ? in_utc(self, outlet->stopped_until_ms) : INT64_MAX;
    }
    int64_t due_ms = INT64_MAX;
    for (size_t i = 0; i < sizeof dues / sizeof *dues; i++)
        due_ms = dues[i] < due_ms ? dues[i] : due_ms;
    return due_ms;
}

/** Empties the wake descriptor before the outcomes are fetched, so that none is missed. */
static void quiet(const struct notification_service *self)
{
    uint64_t rung;
    ssize_t got = read(self->wake_fd, &rung, sizeof rung);
    (void)got; // nothing is fine
}

void work_run(void *state, struct ctx *ctx)
{
    struct notification_service *self = state;
    quiet(self);
    if (!self->recovered) {
        if (!self->settled)
            recover(self, ctx);
        self->due_ms = 0;
        return;
    }
    remember_epoch(self, ctx);
    for (size_t i = 0; i < OUTLET_COUNT; i++)
        apply_outcomes(self, ctx, &self->outlets[i]);
    expire(ctx);
    retry(self, ctx);
    for (size_t i = 0; i < OUTLET_COUNT && !self->stopping; i++) {
        outlet_start(&self->outlets[i], notification_timer_ms(self, ctx), self->settings.retry_stopped_ms);
        claim_queued(self, ctx, &self->outlets[i]);
    }
    blobs_tidy(self, ctx);
    self->due_ms = next_due_ms(self, ctx);
}

enum fault work_committing(void *state, struct ctx *ctx)
{
    (void)ctx;
    enum fault fault = recipient_erase_commit(state);
    return fault ? fault : blobs_commit(state);
}

void work_committed(void *state)
{
    struct notification_service *self = state;
    self->recovered = self->settled;
    for (size_t i = 0; i < OUTLET_COUNT; i++) {
        size_t handed_over = outlet_committed(&self->outlets[i]);
        counter_add(self->counters, COUNTER_SENDS_HANDED_OVER, (int64_t)handed_over);
    }
    blobs_remove_contents(self);
}

void work_aborted(void *state)
{
    struct notification_service *self = state;
    self->settled = self->recovered;
    self->due_ms = 0;
    for (size_t i = 0; i < OUTLET_COUNT; i++)
        outlet_aborted(&self->outlets[i]);
    blobs_abort(self);
}

void work_stopping(void *state)
{
    struct notification_service *self = state;
    self->stopping = true;
    for (size_t i = 0; i < OUTLET_COUNT; i++)
        if (self->outlets[i].transport)
            transport_stop(self->outlets[i].transport, STOP_GRACE_MS);
}
