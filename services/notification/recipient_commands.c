// SPDX-License-Identifier: Apache-2.0
/** `recipient.cancel`, `recipient.release` and `recipient.resolve`: what people decide about one recipient. */
#include "proto/notification_dispatch.gen.h"
#include "services/notification/recipients.h"

/** Each plan is the row as it is, and where it goes. */
struct recipient_cancel_plan {
    struct kept_recipient row;
};

struct recipient_release_plan {
    struct kept_recipient row;
};

struct recipient_resolve_plan {
    struct kept_recipient row;
    enum recipient_state to;
    struct move_note note;
};

/** Reads the row of a recipient that may make the move. */
static bool find(struct ctx *ctx, uint64_t recipient, enum recipient_state to, struct kept_recipient *row)
{
    if (!recipient_get(ctx, recipient, row))
        ctx_refuse(ctx, ERROR_NOT_FOUND, "recipient", "there is no recipient with this id");
    return !is_refused(&ctx->refusal) && recipient_check_move(ctx, row->recipient.state, to);
}

const struct recipient_cancel_plan *recipient_cancel_check(const struct notification_service *self,
                                                           const struct recipient_cancel *command, struct ctx *ctx)
{
    (void)self;
    struct recipient_cancel_plan *plan = ctx_alloc(ctx, sizeof *plan);
    return plan && find(ctx, command->recipient, RECIPIENT_STATE_CANCELLED, &plan->row) ? plan : NULL;
}

void recipient_cancel_apply(struct notification_service *self, const struct recipient_cancel_plan *plan,
                            struct ctx *ctx, struct recipient_cancel_reply *out_reply)
{
    (void)self;
    struct kept_recipient row = plan->row;
    recipient_move(ctx, &row, RECIPIENT_STATE_CANCELLED, NULL);
    *out_reply = (struct recipient_cancel_reply){row.recipient.recipient, row.recipient.state};
}

const struct recipient_release_plan *recipient_release_check(const struct notification_service *self,
                                                             const struct recipient_release *command, struct ctx *ctx)
{
    (void)self;
    struct recipient_release_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !recipient_get(ctx, command->recipient, &plan->row))
        return ctx_refuse(ctx, ERROR_NOT_FOUND, "recipient", "there is no recipient with this id");
    // Others may become queued as well, but by themselves: only what is held waits for a person.
    if (plan->row.recipient.state != RECIPIENT_STATE_HELD)
        return recipient_refuse_move(ctx, plan->row.recipient.state, RECIPIENT_STATE_QUEUED);
    return plan;
}

void recipient_release_apply(struct notification_service *self, const struct recipient_release_plan *plan,
                             struct ctx *ctx, struct recipient_release_reply *out_reply)
{
    struct kept_recipient row = plan->row;
    recipient_move(ctx, &row, RECIPIENT_STATE_QUEUED, NULL);
    self->due_ms = 0;
    *out_reply = (struct recipient_release_reply){row.recipient.recipient, row.recipient.state};
}

static bool is_report(enum recipient_state state)
{
    return state == RECIPIENT_STATE_ACCEPTED || state == RECIPIENT_STATE_DELIVERED ||
           state == RECIPIENT_STATE_BOUNCED || state == RECIPIENT_STATE_FAILED;
}

const struct recipient_resolve_plan *recipient_resolve_check(const struct notification_service *self,
                                                             const struct recipient_resolve *command, struct ctx *ctx)
{
    (void)self;
    struct recipient_resolve_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    if (!is_report(command->state))
        return ctx_refuse(ctx, ERROR_INVALID_FIELD, "state",
                          "is nothing that can be found out; it is accepted, delivered, bounced or failed");
    if (!find(ctx, command->recipient, command->state, &plan->row))
        return NULL;
    // A claimed recipient is still the transport's: its answer is on the way.
    if (plan->row.recipient.state == RECIPIENT_STATE_CLAIMED)
        return recipient_refuse_move(ctx, plan->row.recipient.state, command->state);
    plan->to = command->state;
    plan->note = (struct move_note){.code = command->outcome_code, .text = command->outcome_text};
    return plan;
}

void recipient_resolve_apply(struct notification_service *self, const struct recipient_resolve_plan *plan,
                             struct ctx *ctx, struct recipient_resolve_reply *out_reply)
{
    (void)self;
    struct kept_recipient row = plan->row;
    recipient_move(ctx, &row, plan->to, &plan->note);
    *out_reply = (struct recipient_resolve_reply){row.recipient.recipient, row.recipient.state};
}
