// SPDX-License-Identifier: Apache-2.0
/**
 * `recipient.changed` of the notification service: every send becomes an activity on its recipient's card, once it was handed
 * over, and the activity follows what becomes of it. Source: design.md 6.
 *
 * The person is not looked up: persons are followed from another source, which may lag behind this one, and a recipient is proof
 * that the register has the person. Nor does it make the person known here; that remains the register's word. Of a merged person it becomes an
 * activity of the one who was kept.
 *
 * Of a person who was erased an outcome makes an anonymous activity: be it that notification has not heard of that yet, or that this
 * service lags behind and reads only what is left of it. One that is on a card already leaves it, with all that stands there: the person
 * was erased, or removed with his import after he had no activity here.
 */
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_erase.h"
#include "services/activity/history.h"
#include "services/activity/persons.h"
#include "services/activity/types.h"

enum use {
    USE_NOTHING, // not handed over, a test, nothing new, or the activity was deleted
    USE_MAKE,
    USE_CHANGE,
};

struct activity_on_recipient_changed_plan {
    enum use use;
    struct key send;               // of by_send
    struct activity_change change; // `before` is none's when it is made
    uint64_t erases;               // whose activity it is still, while notification names nobody any more; 0: nobody
};

/** The outcome that a state is; false for states of a recipient that was not handed over, or will be again. */
static bool outcome_of(enum recipient_state state, enum outcome *out_outcome)
{
    static const struct {
        enum recipient_state state;
        enum outcome outcome;
    } outcomes[] = {
        {RECIPIENT_STATE_ACCEPTED, OUTCOME_ACCEPTED}, {RECIPIENT_STATE_DELIVERED, OUTCOME_DELIVERED},
        {RECIPIENT_STATE_FAILED, OUTCOME_FAILED},     {RECIPIENT_STATE_BOUNCED, OUTCOME_BOUNCED},
        {RECIPIENT_STATE_UNKNOWN, OUTCOME_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (outcomes[i].state != state)
            continue;
        *out_outcome = outcomes[i].outcome;
        return true;
    }
    return false;
}

/** The outcome as the event has it, what a server said of an anonymous one apart; whether anything differs from before. */
static bool set_outcome(struct activity *activity, const struct recipient *recipient, enum outcome outcome)
{
    bool has_text = activity->has_person && recipient->has_outcome_text;
    struct text text = has_text ? recipient->outcome_text : TEXT("");
    bool same = activity->has_outcome && activity->outcome == outcome && activity->has_outcome_text == has_text &&
                text_equal(activity->outcome_text, text);
    activity->has_outcome = true;
    activity->outcome = outcome;
    activity->has_outcome_text = has_text;
    activity->outcome_text = text;
    return !same;
}

static struct activity activity_of(struct ctx *ctx, const struct recipient_changed *event, uint64_t type)
{
    const struct recipient *recipient = &event->recipient;
    int64_t at_ms = recipient->has_handed_over_ms ? recipient->handed_over_ms : recipient->changed_ms;
    return (struct activity){
        .has_person = recipient->has_person,
        .person = persons_lead(ctx, recipient->person),
        .type = type,
        .subject = event->subject,
        .has_body = event->has_body,
        .body = event->body,
        .status = ACTIVITY_STATUS_DONE,
        .start_ms = at_ms,
        .has_end_ms = true,
        .end_ms = at_ms,
        .origin = recipient->channel == SEND_CHANNEL_EMAIL ? ORIGIN_EMAIL : ORIGIN_SMS,
        .has_send = true,
        .send = recipient->send,
        .has_recipient = true,
        .recipient = recipient->recipient,
        .created_ms = ctx->now_ms,
        .has_created_by = event->has_created_by,
        .created_by = event->created_by,
    };
}

const struct activity_on_recipient_changed_plan *
activity_on_recipient_changed_check(const struct activity_service *self, const struct recipient_changed *event,
                                    struct ctx *ctx)
{
    (void)self;
    const struct recipient *recipient = &event->recipient;
    enum outcome outcome;
    struct bytes known;
    struct activity_on_recipient_changed_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || event->test || !outcome_of(recipient->state, &outcome))
        return plan;
    uint64_t type = types_of_send(ctx, recipient->channel);
    if (type == 0) // a page that came before the service's first batch; it comes again
        return ctx_refuse(ctx, ERROR_BUSY, NULL, "The usual types are not there yet; ask again.");
    plan->send = key_of_id(recipient->send);
    key_u64(&plan->send, recipient->recipient);
    if (!index_get_unique(ctx->txn, &activity_by_send, key_bytes(&plan->send), &known)) {
        plan->use = USE_MAKE;
        plan->change.now = activity_of(ctx, event, type);
        if (!recipient->has_person || activity_has_erased(ctx, recipient->person))
            activity_make_anonymous(&plan->change.now);
        set_outcome(&plan->change.now, recipient, outcome);
    } else if (history_get(ctx, get_u64(known.data), &plan->change.before)) {
        plan->change.now = plan->change.before;
        plan->use = set_outcome(&plan->change.now, recipient, outcome) ? USE_CHANGE : USE_NOTHING;
        plan->erases = recipient->has_person ? 0 : plan->change.now.person;
    }
    return is_refused(&ctx->refusal) ? NULL : plan;
}

void activity_on_recipient_changed_apply(struct activity_service *self,
                                         const struct activity_on_recipient_changed_plan *plan, struct ctx *ctx)
{
    if (plan->use == USE_MAKE) {
        struct key id = key_of_id(history_add(self, ctx, &plan->change.now));
        index_put(ctx->txn, &activity_by_send, key_bytes(&plan->send), key_bytes(&id));
    } else if (plan->use == USE_CHANGE) {
        history_change(self, ctx, &plan->change);
    }
    if (plan->erases)
        ctx_erase(ctx, plan->erases);
}
