// SPDX-License-Identifier: Apache-2.0
#include "services/notification/merged.h"

#include "common/store/alias.h"

enum { ALIASES_AT_ONCE = 64 };

uint64_t merged_lead(struct ctx *ctx, uint64_t person)
{
    return alias_end(ctx->txn, &notification_merged, person);
}

void merged_put(struct ctx *ctx, uint64_t person, uint64_t into)
{
    struct key key = key_of_id(person);
    store_delete(ctx->txn, &notification_persons, key_bytes(&key));
    alias_put(ctx->txn, &notification_merged, person, into, bytes_of("", 0));
}

void merged_lead_recipient(struct ctx *ctx, struct kept_recipient *row)
{
    struct recipient *recipient = &row->recipient;
    uint64_t kept = recipient->has_person ? merged_lead(ctx, recipient->person) : recipient->person;
    bool waits = recipient->state == RECIPIENT_STATE_QUEUED || recipient->state == RECIPIENT_STATE_DEFERRED ||
                 recipient->state == RECIPIENT_STATE_HELD;
    struct reachable person;
    if (kept == recipient->person)
        return;
    recipient->person = kept;
    if (!waits || row->repeats > 0 || !row_get(ctx, &notification_persons, &reachable_desc, kept, &person))
        return; // what may have arrived is repeated where it may have arrived
    bool by_mail = recipient->channel == SEND_CHANNEL_EMAIL;
    recipient->has_address = by_mail ? person.has_email : person.has_mobile;
    recipient->address = !recipient->has_address ? TEXT("") : by_mail ? person.email : person.mobile;
}

static struct key recipient_key(uint64_t send, uint64_t person, uint64_t recipient)
{
    struct key key = key_of_id(send);
    key_u64(&key, person);
    key_u64(&key, recipient);
    return key;
}

void merged_note_recipient(struct ctx *ctx, const struct recipient *recipient)
{
    struct key key = recipient_key(recipient->send, recipient->person, recipient->recipient);
    index_put(ctx->txn, &notification_by_send_person, key_bytes(&key), bytes_of("", 0));
}

/** The recipient of a send that was planned for this person; 0: there is none. */
static uint64_t find(struct ctx *ctx, uint64_t send, uint64_t person)
{
    struct key prefix = key_of_id(send);
    struct index_scan scan;
    key_u64(&prefix, person);
    index_scan_open(&scan, ctx->txn, &notification_by_send_person, key_bytes(&prefix), bytes_of("", 0), false);
    uint64_t recipient = index_scan_next(&scan) ? get_u64(scan.key.data + 2 * sizeof(uint64_t)) : 0;
    index_scan_close(&scan);
    return recipient;
}

/** On its way, or gone; what was refused for good or came back is neither. */
static bool has_left(struct ctx *ctx, uint64_t id)
{
    struct kept_recipient row;
    if (!row_get(ctx, &notification_recipients, &kept_recipient_desc, id, &row))
        return false;
    enum recipient_state state = row.recipient.state;
    return state == RECIPIENT_STATE_CLAIMED || state == RECIPIENT_STATE_ACCEPTED || state == RECIPIENT_STATE_DEFERRED ||
           state == RECIPIENT_STATE_UNKNOWN || state == RECIPIENT_STATE_DELIVERED;
}

bool merged_is_repeated(struct ctx *ctx, const struct recipient *recipient)
{
    uint64_t kept = merged_lead(ctx, recipient->person), aliases[ALIASES_AT_ONCE], after = 0;
    size_t count = alias_list(ctx->txn, &notification_merged, kept, after, aliases, ALIASES_AT_ONCE);
    if (count == 0)
        return false;
    uint64_t own = find(ctx, recipient->send, kept);
    if (own != 0 && own != recipient->recipient)
        return true;
    for (; count > 0; count = alias_list(ctx->txn, &notification_merged, kept, after, aliases, ALIASES_AT_ONCE))
        for (size_t i = 0; i < count; i++) {
            uint64_t other = find(ctx, recipient->send, aliases[i]);
            if (other != 0 && other != recipient->recipient && has_left(ctx, other))
                return true;
            after = aliases[i];
        }
    return false;
}
