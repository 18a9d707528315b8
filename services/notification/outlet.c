// SPDX-License-Identifier: Apache-2.0
#include "services/notification/outlet.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/wire/codec.h"

enum { CLAIM_BYTES = 32 * 1024 * 1024 }; // of one batch; a single larger message passes

bool outlet_init(struct outlet *outlet, enum send_channel kind, const struct transport_config *config)
{
    outlet->kind = kind;
    outlet->config = *config;
    outlet->last_claim = &outlet->first_claim;
    outlet->outcomes = calloc(config->slots, sizeof *outlet->outcomes);
    return outlet->outcomes != NULL;
}

static void drop_claims(struct outlet *outlet)
{
    for (struct message *message = outlet->first_claim, *next; message; message = next) {
        next = message->next;
        message_free(message);
    }
    outlet->first_claim = NULL;
    outlet->last_claim = &outlet->first_claim;
    outlet->claim_count = 0;
    outlet->claim_bytes = 0;
}

void outlet_fini(struct outlet *outlet)
{
    drop_claims(outlet);
    transport_close(outlet->transport);
    free(outlet->outcomes);
}

void outlet_stand_still(struct outlet *outlet, const char *reason, int64_t until_ms)
{
    if (atomic_load(&outlet->reason) != reason)
        LOG(LOG_LEVEL_ERROR, "an outlet stands still; what is queued waits",
            log_name("channel", enum_name(&send_channel_enum, (int32_t)outlet->kind)), log_name("reason", reason));
    atomic_store(&outlet->reason, reason);
    outlet->stopped_until_ms = until_ms;
    outlet->probing = true;
}

static void go_on(struct outlet *outlet)
{
    if (atomic_load(&outlet->reason))
        LOG(LOG_LEVEL_INFO, "an outlet goes again",
            log_name("channel", enum_name(&send_channel_enum, (int32_t)outlet->kind)));
    atomic_store(&outlet->reason, NULL);
    outlet->stopped_until_ms = 0;
    outlet->probing = false;
}

void outlet_start(struct outlet *outlet, int64_t now_ms, int64_t retry_ms)
{
    if (outlet->transport || now_ms < outlet->stopped_until_ms)
        return;
    if (transport_open(&outlet->config, &outlet->transport) == FAULT_NONE)
        go_on(outlet);
    else
        outlet_stand_still(outlet, "A transport cannot be started for want of memory; it is tried again every minute.",
                           now_ms + retry_ms);
}

size_t outlet_room(const struct outlet *outlet, int64_t now_ms)
{
    if (!outlet->transport || now_ms < outlet->stopped_until_ms || outlet->claim_bytes >= CLAIM_BYTES)
        return 0;
    size_t free_slots = transport_free_slots(outlet->transport);
    size_t room = free_slots > outlet->claim_count ? free_slots - outlet->claim_count : 0;
    bool anything_out = room < outlet->config.slots;
    if (outlet->probing)
        return anything_out || outlet->outcome_count > outlet->applied ? 0 : 1;
    return room;
}

void outlet_claim(struct outlet *outlet, struct message *message)
{
    message->next = NULL;
    *outlet->last_claim = message;
    outlet->last_claim = &message->next;
    outlet->claim_count++;
    outlet->claim_bytes += message->arena.used_bytes;
}

void outlet_collect(struct outlet *outlet)
{
    if (outlet->transport)
        outlet->outcome_count += transport_collect(outlet->transport, outlet->outcomes + outlet->outcome_count,
                                                   outlet->config.slots - outlet->outcome_count);
}

void outlet_judge(struct outlet *outlet, const struct outcome *outcome, int64_t now_ms, int64_t retry_ms)
{
    if (outcome->kind == OUTCOME_MISCONFIGURED)
        outlet_stand_still(outlet, outcome->reason, now_ms + retry_ms);
    else if (outcome->kind != OUTCOME_GIVEN_BACK)
        go_on(outlet);
}

size_t outlet_committed(struct outlet *outlet)
{
    size_t count = outlet->claim_count;
    for (struct message *message = outlet->first_claim, *next; message; message = next) {
        next = message->next;
        transport_hand_over(outlet->transport, message);
    }
    outlet->first_claim = NULL;
    drop_claims(outlet);
    must(outlet->applied <= outlet->outcome_count);
    outlet->outcome_count -= outlet->applied;
    memmove(outlet->outcomes, outlet->outcomes + outlet->applied, outlet->outcome_count * sizeof *outlet->outcomes);
    outlet->applied = 0;
    return count;
}

void outlet_aborted(struct outlet *outlet)
{
    drop_claims(outlet);
    outlet->applied = 0;
}
