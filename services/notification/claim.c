// SPDX-License-Identifier: Apache-2.0
#include "services/notification/claim.h"

#include <inttypes.h>
#include <stdio.h>

#include "services/notification/address.h"
#include "services/notification/blobs.h"
#include "services/notification/merged.h"
#include "services/notification/recipient_erase.h"
#include "services/notification/recipients.h"

enum { CLAIMS_A_BATCH = 256 };

/** All that is read of one recipient to hand it over. */
struct material {
    struct send send;
    struct send_body body;
    struct reachable person;
};

/** What cannot be sent, and why; found again just before hand-over, for much may have changed since it was planned. */
static const char *unsendable(const struct kept_recipient *row, bool has_person, const struct reachable *person)
{
    bool by_mail = row->recipient.channel == SEND_CHANNEL_EMAIL;
    struct text address = row->recipient.address;
    bool reachable = has_person && (by_mail ? person->has_email : person->has_mobile);
    bool usable = by_mail ? address_is_email(address) : address_is_number(address);
    return reachable && usable ? NULL : "no_address";
}

enum copied {
    COPIED,
    COPIED_NO_MEMORY,
    COPIED_LOST, // an attachment's content is not there
};

static enum copied copy_attachments(const struct notification_service *self, struct ctx *ctx, const struct send *send,
                                    struct message *message)
{
    message->attachment_count = send->attachments.count;
    message->attachments = arena_alloc_array(&message->arena, send->attachments.count, sizeof *message->attachments);
    if (send->attachments.count > 0 && !message->attachments)
        return COPIED_NO_MEMORY;
    for (size_t i = 0; i < send->attachments.count; i++) {
        const struct attachment *attachment = &send->attachments.items[i];
        struct message_attachment *copy = &message->attachments[i];
        struct blob_head head;
        if (!row_get(ctx, &notification_blob_heads, &blob_head_desc, attachment->blob, &head))
            return COPIED_LOST;
        uint8_t *content = arena_alloc(&message->arena, (size_t)head.size);
        if (!content || !message_text(message, attachment->name, &copy->name) ||
            !message_text(message, attachment->content_type, &copy->content_type))
            return COPIED_NO_MEMORY;
        if (!blobs_read(self, attachment->blob, (size_t)head.size, content))
            return COPIED_LOST;
        copy->content = bytes_of(content, (size_t)head.size);
    }
    return COPIED;
}

/** The texts of a message; false: no memory. */
static bool copy_texts(const struct notification_service *self, const struct material *from,
                       const struct kept_recipient *row, struct message *message)
{
    struct store_identity identity = store_identity(self->store);
    char id[160 + SETTING_TEXT_BYTES];
    int len = snprintf(id, sizeof id, "%" PRIu64 "-", row->recipient.recipient);
    for (size_t i = 0; i < sizeof identity.id; i++)
        len += snprintf(id + len, sizeof id - (size_t)len, "%02x", identity.id[i]);
    len = (int)strlen(id);
    snprintf(id + len, sizeof id - (size_t)len, "@%s", self->settings.mail_domain);
    return message_text(message, from->person.name, &message->to_name) &&
           message_text(message, row->recipient.address, &message->to_address) &&
           message_text(message, text_of(self->settings.mail_from_name), &message->from_name) &&
           message_text(message, text_of(self->settings.mail_from), &message->from_address) &&
           message_text(message, text_of(id), &message->message_id) &&
           message_text(message, from->send.subject, &message->subject) &&
           message_text(message, from->body.text, &message->text) &&
           message_text(message, from->body.html, &message->html);
}

/** Gives the message of a recipient: message_free. */
static enum copied copy_message(const struct notification_service *self, struct ctx *ctx, const struct material *from,
                                const struct kept_recipient *row, struct message **out_message)
{
    struct message *message = message_new();
    if (!message)
        return COPIED_NO_MEMORY;
    message->recipient = row->recipient.recipient;
    message->channel = row->recipient.channel;
    message->repeats = row->repeats;
    message->date_ms = ctx->now_ms;
    enum copied copied =
        copy_texts(self, from, row, message) ? copy_attachments(self, ctx, &from->send, message) : COPIED_NO_MEMORY;
    if (copied == COPIED)
        *out_message = message;
    else
        message_free(message);
    return copied;
}

static bool read_material(struct ctx *ctx, const struct kept_recipient *row, struct material *out)
{
    if (row_get(ctx, &notification_sends, &send_row_desc, row->recipient.send, &out->send) &&
        row_get(ctx, &notification_bodies, &send_body_desc, row->recipient.send, &out->body))
        return true;
    store_txn_fail(ctx->txn, FAULT_CORRUPT); // a recipient without its send
    return false;
}

static void suppress(struct ctx *ctx, struct kept_recipient *row, const char *reason)
{
    const struct move_note note = {.code = text_of(reason)};
    recipient_move(ctx, row, RECIPIENT_STATE_SUPPRESSED, &note);
}

/** Claims one recipient, or settles it otherwise. */
static void claim(struct notification_service *self, struct ctx *ctx, struct outlet *outlet, uint64_t recipient)
{
    struct kept_recipient row;
    struct material material = {.send = {.send = 0}};
    if (!recipient_get(ctx, recipient, &row))
        return;
    if (!row.recipient.has_person || notification_has_erased(ctx, row.recipient.person)) {
        suppress(ctx, &row, "erased");
        return;
    }
    if (!read_material(ctx, &row, &material))
        return;
    merged_lead_recipient(ctx, &row);
    bool has_person = row_get(ctx, &notification_persons, &reachable_desc, row.recipient.person, &material.person);
    const char *reason = unsendable(&row, has_person, &material.person);
    struct message *message = NULL;
    enum copied copied = COPIED;
    if (row.not_after_ms <= ctx->now_ms)
        recipient_move(ctx, &row, RECIPIENT_STATE_EXPIRED, NULL);
    else if (merged_is_repeated(ctx, &row.recipient))
        suppress(ctx, &row, "duplicate");
    else if (reason)
        suppress(ctx, &row, reason);
    else if ((copied = copy_message(self, ctx, &material, &row, &message)) == COPIED_LOST)
        suppress(ctx, &row, "attachment_lost");
    if (copied == COPIED_NO_MEMORY)
        outlet_stand_still(outlet, "There is no memory for the next message; it is tried again every minute.",
                           notification_timer_ms(self, ctx) + self->settings.retry_stopped_ms);
    if (!message)
        return;
    recipient_move(ctx, &row, RECIPIENT_STATE_CLAIMED, NULL);
    outlet_claim(outlet, message);
}

void claim_queued(struct notification_service *self, struct ctx *ctx, struct outlet *outlet)
{
    uint64_t ids[CLAIMS_A_BATCH];
    size_t room = outlet_room(outlet, notification_timer_ms(self, ctx));
    size_t count = recipients_queued(ctx, outlet->kind, ids, room < CLAIMS_A_BATCH ? room : CLAIMS_A_BATCH);
    for (size_t i = 0; i < count && outlet_room(outlet, notification_timer_ms(self, ctx)) > 0; i++)
        claim(self, ctx, outlet, ids[i]);
}
