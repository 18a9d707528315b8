// SPDX-License-Identifier: Apache-2.0
#include "services/notification/sends.h"

#include "services/notification/address.h"
#include "services/notification/blobs.h"
#include "services/notification/merged.h"
#include "services/notification/recipient_erase.h"
#include "services/notification/recipients.h"

static const int64_t DEFAULT_NOT_AFTER_MS = INT64_C(2) * 24 * 60 * 60 * 1000;

static void choose_address(struct send_plan *plan, const struct reachable *person)
{
    struct recipient *recipient = &plan->recipient.recipient;
    bool by_mail = plan->send.channel == SEND_CHANNEL_EMAIL;
    struct text address = by_mail ? person->email : person->mobile;
    bool has = by_mail ? person->has_email : person->has_mobile;
    recipient->has_address = has;
    recipient->address = has ? address : TEXT("");
    bool usable = has && (by_mail ? address_is_email(address) : address_is_number(address));
    plan->suppressed = usable ? NULL : "no_address";
}

bool send_plan_finish(struct ctx *ctx, uint64_t person, struct send_plan *plan)
{
    struct send *send = &plan->send;
    struct reachable reachable;
    uint64_t kept = merged_lead(ctx, person);
    if (!row_get(ctx, &notification_persons, &reachable_desc, kept, &reachable)) {
        ctx_refuse(ctx, ERROR_NOT_FOUND, "person",
                   notification_has_erased(ctx, kept) ? "was erased" : "there is no person with this id");
        return false;
    }
    if (send->has_not_after_ms && send->not_after_ms <= ctx->now_ms) {
        ctx_refuse(ctx, ERROR_INVALID_FIELD, "not_after_ms", "is past; give a moment to come, or leave it out");
        return false;
    }
    if (!send->has_not_after_ms)
        send->not_after_ms = ctx->now_ms + DEFAULT_NOT_AFTER_MS;
    send->has_not_after_ms = true;
    if (!send->keep)
        send->keep = KEEP_WHOLE;
    send->created_ms = ctx->now_ms;
    send->has_created_by = ctx->actor.len > 0;
    send->created_by = ctx->actor;
    plan->recipient.recipient.has_person = true;
    plan->recipient.recipient.person = kept;
    choose_address(plan, &reachable);
    return true;
}

void send_plan_apply(struct notification_service *self, struct ctx *ctx, const struct send_plan *plan,
                     uint64_t *out_send, uint64_t *out_recipient, enum recipient_state *out_state)
{
    struct send_created event = {.send = plan->send};
    struct kept_recipient row = plan->recipient;
    struct send *send = &event.send;
    send->send = store_next_id(ctx->txn, "send");
    row_append(ctx, &notification_sends, &send_row_desc, send->send, send);
    row_append(ctx, &notification_bodies, &send_body_desc, send->send, &plan->body);
    for (size_t i = 0; i < send->attachments.count; i++)
        blobs_use(ctx, send->attachments.items[i].blob, send->send);
    send->has_text = true;
    send->text = plan->body.text;
    send->has_html = plan->body.has_html;
    send->html = plan->body.html;
    ctx_emit(ctx, &send_created_message, &event, row.recipient.person, "send", send->send);
    recipient_create(ctx, &row, send);
    if (plan->suppressed) {
        const struct move_note note = {.code = text_of(plan->suppressed)};
        recipient_move(ctx, &row, RECIPIENT_STATE_SUPPRESSED, &note);
    } else {
        self->due_ms = 0;
    }
    *out_send = send->send;
    *out_recipient = row.recipient.recipient;
    *out_state = row.recipient.state;
}

bool send_read(struct ctx *ctx, uint64_t id, struct send *out_send)
{
    struct send_body body;
    if (!row_get(ctx, &notification_sends, &send_row_desc, id, out_send))
        return false;
    if (!row_get(ctx, &notification_bodies, &send_body_desc, id, &body))
        return !is_refused(&ctx->refusal); // it went with the persons it was sent to
    out_send->has_text = true;
    out_send->text = body.text;
    out_send->has_html = body.has_html;
    out_send->html = body.html;
    return true;
}
