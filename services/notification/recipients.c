// SPDX-License-Identifier: Apache-2.0
#include "services/notification/recipients.h"

#include <stdio.h>

#include "common/base/must.h"
#include "common/store/alias.h"
#include "services/notification/merged.h"
#include "services/notification/states.h"

enum { ROW_ARENA_BYTES = 1024 * 1024 }; // for one row

static struct key two_part_key(uint8_t first, uint64_t recipient)
{
    struct key key = {.len = 0};
    key_u8(&key, first);
    key_u64(&key, recipient);
    return key;
}

static struct key person_key(uint64_t person, uint64_t recipient)
{
    struct key key = key_of_id(person);
    key_u64(&key, recipient);
    return key;
}

static struct key due_key(enum due_kind kind, int64_t time_ms, uint64_t recipient)
{
    struct key key = {.len = 0};
    key_u8(&key, (uint8_t)kind);
    key_i64(&key, time_ms);
    key_u64(&key, recipient);
    return key;
}

static void set_entry(struct ctx *ctx, const struct index *index, struct key key, bool present)
{
    static const struct bytes nothing = {NULL, 0};
    if (present)
        index_put(ctx->txn, index, key_bytes(&key), nothing);
    else
        index_delete(ctx->txn, index, key_bytes(&key));
}

/** Puts or deletes the entries that a recipient has because of its state. */
static void set_entries(struct ctx *ctx, const struct kept_recipient *row, bool present)
{
    const struct recipient *recipient = &row->recipient;
    uint64_t id = recipient->recipient;
    bool queued = recipient->state == RECIPIENT_STATE_QUEUED;
    bool deferred = recipient->state == RECIPIENT_STATE_DEFERRED;
    bool unknown = recipient->state == RECIPIENT_STATE_UNKNOWN;
    set_entry(ctx, &notification_by_state, two_part_key((uint8_t)recipient->state, id), present);
    if (queued)
        set_entry(ctx, &notification_queue, two_part_key((uint8_t)recipient->channel, id), present);
    if (queued || deferred)
        set_entry(ctx, &notification_due, due_key(DUE_EXPIRY, row->not_after_ms, id), present);
    if (recipient->has_retry_ms && (deferred || unknown))
        set_entry(ctx, &notification_due, due_key(DUE_RETRY, recipient->retry_ms, id), present);
}

/** Whether the activity is to be made of this move: with it the event carries what the activity keeps of the text. */
static bool is_first_outcome(const struct kept_recipient *row, enum recipient_state from)
{
    enum recipient_state to = row->recipient.state;
    bool is_outcome = to == RECIPIENT_STATE_ACCEPTED || to == RECIPIENT_STATE_FAILED || to == RECIPIENT_STATE_UNKNOWN;
    return is_outcome && from == RECIPIENT_STATE_CLAIMED && row->repeats == 0;
}

static void emit(struct ctx *ctx, const struct kept_recipient *row, const struct send *send, bool with_body)
{
    struct send_body body;
    bool has_person = row->recipient.has_person;
    struct recipient_changed event = {
        .recipient = row->recipient,
        .subject = has_person ? send->subject : TEXT("erased"),
        .test = send->test,
        .has_created_by = has_person && send->has_created_by,
        .created_by = has_person ? send->created_by : TEXT(""),
    };
    if (with_body && has_person && send->keep == KEEP_WHOLE &&
        row_get(ctx, &notification_bodies, &send_body_desc, send->send, &body)) {
        event.has_body = true;
        event.body = body.text;
    }
    ctx_emit(ctx, &recipient_changed_message, &event, row->recipient.person, "recipient", row->recipient.recipient);
}

void recipient_create(struct ctx *ctx, struct kept_recipient *row, const struct send *send)
{
    struct recipient *recipient = &row->recipient;
    recipient->recipient = store_next_id(ctx->txn, "recipient");
    recipient->send = send->send;
    recipient->channel = send->channel;
    recipient->state = RECIPIENT_STATE_QUEUED;
    recipient->changed_ms = ctx->now_ms;
    row->not_after_ms = send->not_after_ms;
    row_append(ctx, &notification_recipients, &kept_recipient_desc, recipient->recipient, row);
    struct key by_send = key_of_id(send->send);
    key_u64(&by_send, recipient->recipient);
    set_entry(ctx, &notification_by_send, by_send, true);
    merged_note_recipient(ctx, recipient);
    set_entry(ctx, &notification_by_person, person_key(recipient->person, recipient->recipient), true);
    set_entries(ctx, row, true);
    emit(ctx, row, send, false);
}

/** What the row says in its new state. */
static void change(struct ctx *ctx, struct kept_recipient *row, enum recipient_state to, const struct move_note *note)
{
    struct recipient *recipient = &row->recipient;
    enum recipient_state from = recipient->state;
    bool given_back = to == RECIPIENT_STATE_QUEUED || to == RECIPIENT_STATE_HELD;
    if (to == RECIPIENT_STATE_CLAIMED)
        recipient->attempts++;
    if (from == RECIPIENT_STATE_UNKNOWN && to == RECIPIENT_STATE_QUEUED)
        row->repeats++;
    if (from == RECIPIENT_STATE_CLAIMED && !given_back && !recipient->has_handed_over_ms) {
        recipient->has_handed_over_ms = true;
        recipient->handed_over_ms = recipient->changed_ms; // handed over as soon as the claim was synced
    }
    recipient->state = to;
    recipient->changed_ms = ctx->now_ms;
    recipient->has_retry_ms = note && note->retry_ms != 0;
    recipient->retry_ms = recipient->has_retry_ms ? note->retry_ms : 0;
    if (note && note->code.len > 0) {
        recipient->has_outcome_code = true;
        recipient->outcome_code = note->code;
    }
    if (note && note->code.len + note->text.len > 0) {
        recipient->has_outcome_text = recipient->has_person && note->text.len > 0; // it may name who was erased
        recipient->outcome_text = recipient->has_outcome_text ? note->text : TEXT("");
    }
}

/** Writes the changed row over `old`, with its index entries and its event. */
static void replace(struct ctx *ctx, const struct kept_recipient *old, const struct kept_recipient *row)
{
    struct send send;
    if (!row_get(ctx, &notification_sends, &send_row_desc, row->recipient.send, &send)) {
        store_txn_fail(ctx->txn, FAULT_CORRUPT); // a recipient without its send
        return;
    }
    uint64_t id = row->recipient.recipient;
    if (old->recipient.person != row->recipient.person) {
        set_entry(ctx, &notification_by_person, person_key(old->recipient.person, id), false);
        if (row->recipient.has_person)
            set_entry(ctx, &notification_by_person, person_key(row->recipient.person, id), true);
    }
    set_entries(ctx, old, false);
    row_put(ctx, &notification_recipients, &kept_recipient_desc, id, row);
    set_entries(ctx, row, true);
    emit(ctx, row, &send, is_first_outcome(row, old->recipient.state));
}

void recipient_move(struct ctx *ctx, struct kept_recipient *row, enum recipient_state to, const struct move_note *note)
{
    struct kept_recipient old = *row;
    must(state_may_move(old.recipient.state, to));
    merged_lead_recipient(ctx, row);
    change(ctx, row, to, note);
    replace(ctx, &old, row);
}

void recipient_forget_person(struct ctx *ctx, struct kept_recipient *row)
{
    static const struct move_note erased = {.code = {"erased", 6}};
    const struct kept_recipient old = *row;
    struct recipient *recipient = &row->recipient;
    recipient->has_person = recipient->has_address = recipient->has_outcome_text = recipient->has_retry_ms = false;
    recipient->person = 0;
    recipient->retry_ms = 0;
    recipient->address = recipient->outcome_text = TEXT("");
    if (recipient->state == RECIPIENT_STATE_QUEUED)
        change(ctx, row, RECIPIENT_STATE_SUPPRESSED, &erased);
    else if (state_may_move(recipient->state, RECIPIENT_STATE_CANCELLED))
        change(ctx, row, RECIPIENT_STATE_CANCELLED, &erased);
    replace(ctx, &old, row);
}

void recipient_forget_retry(struct ctx *ctx, struct kept_recipient *row)
{
    struct kept_recipient old = *row;
    row->recipient.has_retry_ms = false;
    replace(ctx, &old, row);
}

void *recipient_refuse_move(struct ctx *ctx, enum recipient_state from, enum recipient_state to)
{
    char message[200];
    snprintf(message, sizeof message,
             "The recipient is %s and this cannot make it %s; recipient.list shows what waits.",
             enum_name(&recipient_state_enum, (int32_t)from), enum_name(&recipient_state_enum, (int32_t)to));
    return ctx_refuse(ctx, ERROR_WRONG_STATE, "recipient", message);
}

bool recipient_check_move(struct ctx *ctx, enum recipient_state from, enum recipient_state to)
{
    return state_may_move(from, to) || recipient_refuse_move(ctx, from, to) != NULL;
}

bool recipient_get(struct ctx *ctx, uint64_t recipient, struct kept_recipient *out_row)
{
    return row_get(ctx, &notification_recipients, &kept_recipient_desc, recipient, out_row);
}

bool recipients_read(struct ctx *ctx, const uint64_t *ids, size_t count, size_t *out_count,
                     const struct recipient **out_recipients)
{
    struct recipient *recipients = ctx_alloc_array(ctx, count, sizeof *recipients);
    for (size_t i = 0; recipients && i < count; i++) {
        struct kept_recipient row;
        if (!recipient_get(ctx, ids[i], &row))
            return ctx_refuse(ctx, ERROR_CORRUPT, NULL,
                              "A recipient's row is missing; an operator has to restore the store.") != NULL;
        recipients[i] = row.recipient;
    }
    if (is_refused(&ctx->refusal))
        return false;
    *out_count = count;
    *out_recipients = recipients;
    return true;
}

/** Ids at the end of the keys that begin with `prefix`, from `from` on; only keys below `below` unless that is NULL. */
static size_t list_ids(struct ctx *ctx, const struct index *index, struct key prefix, struct key from,
                       const struct key *below, uint64_t *out_ids, size_t max)
{
    struct index_scan scan;
    size_t count = 0;
    index_scan_open(&scan, ctx->txn, index, key_bytes(&prefix), key_bytes(&from), false);
    while (count < max && index_scan_next(&scan) && (!below || bytes_compare(scan.key, key_bytes(below)) < 0))
        out_ids[count++] = get_u64(scan.key.data + scan.key.len - 8);
    index_scan_close(&scan);
    return count;
}

static struct key one_part_key(uint8_t first)
{
    struct key key = {.len = 0};
    key_u8(&key, first);
    return key;
}

size_t recipients_in_state(struct ctx *ctx, enum recipient_state state, uint64_t after, uint64_t *out_ids, size_t max)
{
    return list_ids(ctx, &notification_by_state, one_part_key((uint8_t)state), two_part_key((uint8_t)state, after + 1),
                    NULL, out_ids, max);
}

size_t recipients_of_send(struct ctx *ctx, uint64_t send, uint64_t after, uint64_t *out_ids, size_t max)
{
    struct key from = key_of_id(send);
    key_u64(&from, after + 1);
    return list_ids(ctx, &notification_by_send, key_of_id(send), from, NULL, out_ids, max);
}

/** Puts an id where it belongs among the `count` ascending ones, of which the first `max` are kept; returns how many there are now. */
static size_t insert(uint64_t *ids, size_t count, size_t max, uint64_t id)
{
    size_t at = count < max ? count : max;
    for (; at > 0 && ids[at - 1] > id; at--)
        if (at < max)
            ids[at] = ids[at - 1];
    if (at < max)
        ids[at] = id;
    return count < max ? count + 1 : max;
}

size_t recipients_of_person(struct ctx *ctx, uint64_t person, uint64_t after, uint64_t *out_ids, size_t max)
{
    uint64_t alias = 0;
    size_t count =
        list_ids(ctx, &notification_by_person, key_of_id(person), person_key(person, after + 1), NULL, out_ids, max);
    uint64_t *others = ctx_alloc_array(ctx, max, sizeof *others);
    while (others && alias_list(ctx->txn, &notification_merged, person, alias, &alias, 1) > 0) {
        size_t found =
            list_ids(ctx, &notification_by_person, key_of_id(alias), person_key(alias, after + 1), NULL, others, max);
        for (size_t i = 0; i < found; i++)
            count = insert(out_ids, count, max, others[i]);
    }
    return count;
}

size_t recipients_queued(struct ctx *ctx, enum send_channel channel, uint64_t *out_ids, size_t max)
{
    return list_ids(ctx, &notification_queue, one_part_key((uint8_t)channel), two_part_key((uint8_t)channel, 0), NULL,
                    out_ids, max);
}

size_t recipients_due(struct ctx *ctx, enum due_kind kind, int64_t now_ms, uint64_t *out_ids, size_t max)
{
    struct key below = due_key(kind, now_ms + 1, 0);
    return list_ids(ctx, &notification_due, one_part_key((uint8_t)kind), due_key(kind, INT64_MIN, 0), &below, out_ids,
                    max);
}

int64_t recipients_next_due(struct ctx *ctx, enum due_kind kind)
{
    struct key prefix = one_part_key((uint8_t)kind);
    struct index_scan scan;
    index_scan_open(&scan, ctx->txn, &notification_due, key_bytes(&prefix), (struct bytes){NULL, 0}, false);
    int64_t due_ms = index_scan_next(&scan) ? key_read_i64(scan.key.data + 1) : INT64_MAX;
    index_scan_close(&scan);
    return due_ms;
}

void recipients_index(struct store_txn *txn)
{
    struct arena arena;
    struct store_cursor cursor;
    arena_init(&arena, ROW_ARENA_BYTES);
    struct ctx ctx = {.txn = txn, .arena = &arena};
    store_cursor_open(&cursor, txn, &notification_recipients);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor)) {
        struct kept_recipient row;
        arena_reset(&arena);
        if (row_decode(&ctx, &kept_recipient_desc, cursor.value, &row)) {
            set_entry(&ctx, &notification_by_person, person_key(row.recipient.person, row.recipient.recipient), true);
            merged_note_recipient(&ctx, &row.recipient);
        } else {
            store_txn_fail(txn, FAULT_CORRUPT);
        }
    }
    store_cursor_close(&cursor);
    arena_fini(&arena);
}
