// SPDX-License-Identifier: Apache-2.0
#include "services/notification/recipient_erase.h"

#include "common/base/log.h"
#include "common/service/erasing.h"
#include "services/notification/blobs.h"
#include "services/notification/file_transport.h"
#include "services/notification/recipients.h"
#include "services/notification/states.h"

bool notification_has_erased(struct ctx *ctx, uint64_t person)
{
    return erasing_has(ctx->txn, &notification_erased_persons, person);
}

/** Nothing more is sent to him from now on: what is claimed next does not find him. */
static void begin(void *state, struct ctx *ctx, uint64_t person)
{
    struct notification_service *self = state;
    struct key id = key_of_id(person);
    store_delete(ctx->txn, &notification_persons, key_bytes(&id));
    self->due_ms = 0;
}

/** The file of a recipient goes before the commit that makes it anonymous: a crash in between finds it gone, and comes here again. */
static void remove_file(struct notification_service *self, const struct recipient *recipient)
{
    if (file_transport_remove(self->outbox_path, recipient->channel, recipient->recipient))
        self->removed_files = true;
}

enum fault recipient_erase_commit(struct notification_service *self)
{
    if (!self->removed_files)
        return FAULT_NONE;
    self->removed_files = false;
    enum fault fault = file_transport_sync(self->outbox_path);
    if (fault != FAULT_NONE)
        LOG(LOG_LEVEL_ERROR, "files of an erased person were removed and the outbox cannot be synced",
            log_name("fault", fault_name(fault)));
    return fault;
}

/** Whether all recipients of the send are anonymous. */
static bool is_nobodys(struct ctx *ctx, uint64_t send)
{
    enum { MOST = 64 };
    uint64_t ids[MOST], after = 0;
    size_t count;
    do {
        count = recipients_of_send(ctx, send, after, ids, MOST);
        for (size_t i = 0; i < count; i++) {
            struct kept_recipient row;
            if (recipient_get(ctx, ids[i], &row) && row.recipient.has_person)
                return false;
            after = ids[i];
        }
    } while (count == MOST);
    return true;
}

static void erase_send(struct notification_service *self, struct ctx *ctx, uint64_t id)
{
    const struct send_erased event = {.send = id};
    struct send send;
    struct key key = key_of_id(id);
    if (!row_get(ctx, &notification_sends, &send_row_desc, id, &send))
        return;
    for (size_t i = 0; i < send.attachments.count; i++)
        blobs_unuse(self, ctx, send.attachments.items[i].blob, id);
    send.has_subject = true;
    send.subject = TEXT("erased");
    send.attachments.count = 0;
    row_put(ctx, &notification_sends, &send_row_desc, id, &send);
    store_delete(ctx->txn, &notification_bodies, key_bytes(&key));
    ctx_emit(ctx, &send_erased_message, &event, 0, "send", id);
}

/** The recipient that a record of the journal is about; 0: it is about something else. */
static uint64_t recipient_of(const struct journal_record *record)
{
    const struct text prefix = TEXT("recipient/"), subject = record->header.subject;
    uint64_t id = 0;
    if (!text_starts_with(subject, prefix))
        return 0;
    for (size_t i = prefix.len; i < subject.len; i++)
        id = 10 * id + (uint64_t)(subject.data[i] - '0');
    return id;
}

/** Every recipient of the person stands in the journal, by its making at the latest. */
static void erase_recipient(void *state, struct ctx *ctx, const struct journal_record *record)
{
    struct notification_service *self = state;
    struct kept_recipient row;
    uint64_t id = recipient_of(record);
    if (id == 0 || !recipient_get(ctx, id, &row) || !row.recipient.has_person)
        return;
    remove_file(self, &row.recipient);
    recipient_forget_person(ctx, &row);
    if (is_nobodys(ctx, row.recipient.send))
        erase_send(self, ctx, row.recipient.send);
    self->due_ms = 0; // what it waited for is another now
}

void recipient_erase_late(struct notification_service *self, struct ctx *ctx, struct kept_recipient *row)
{
    static const struct move_note erased = {.code = {"erased", 6}};
    remove_file(self, &row->recipient);
    if (row->recipient.state == RECIPIENT_STATE_QUEUED)
        recipient_move(ctx, row, RECIPIENT_STATE_SUPPRESSED, &erased);
    else if (state_may_move(row->recipient.state, RECIPIENT_STATE_CANCELLED))
        recipient_move(ctx, row, RECIPIENT_STATE_CANCELLED, &erased);
}

/** Attachments go a few a batch, also before the doors open, when nothing else is done yet. */
static bool is_done(void *self, struct ctx *ctx)
{
    blobs_tidy(self, ctx);
    return !blobs_wait_for_removal(ctx);
}

const struct service_erasure recipient_erasure = {
    .table = &notification_erased_persons,
    .merged = &notification_merged,
    .event = &person_erased_message,
    .begin = begin,
    .record = erase_recipient,
    .is_done = is_done,
};
