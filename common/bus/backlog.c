// SPDX-License-Identifier: Apache-2.0
#include "common/bus/backlog.h"

#include <stdlib.h>

#include "common/base/must.h"

/** A counted reply: what is to be taken off again, and the bytes behind it. */
struct counted {
    struct backlog *backlog;
    size_t place;
    size_t len;
    atomic_bool
        is_made; // orders what libzmq's thread reads behind what was written here, without trust in how libzmq does it
    uint8_t data[];
};

/** FNV-1a: routing ids that libzmq gave are random already, those that peers chose need not be. */
static size_t place_of(const struct bus_peer *peer)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < peer->len; i++)
        hash = (hash ^ peer->routing_id[i]) * 16777619;
    return hash % BACKLOG_PLACES;
}

static void let_go(void *data, void *hint)
{
    struct counted *counted = hint;
    (void)data;
    must(atomic_load(&counted->is_made));
    atomic_fetch_sub(&counted->backlog->all_bytes, counted->len);
    atomic_fetch_sub(&counted->backlog->bytes[counted->place], counted->len);
    free(counted);
}

bool backlog_message(struct backlog *backlog, const struct bus_peer *peer, struct bytes payload, zmq_msg_t *out_message)
{
    size_t place = place_of(peer);
    if (atomic_load(&backlog->bytes[place]) + payload.len > BACKLOG_PEER_BYTES ||
        atomic_load(&backlog->all_bytes) + payload.len > BACKLOG_ALL_BYTES)
        return false;
    struct counted *counted = malloc(sizeof *counted + payload.len);
    if (!counted)
        return false;
    counted->backlog = backlog;
    counted->place = place;
    counted->len = payload.len;
    memcpy(counted->data, payload.data, payload.len);
    atomic_store(&counted->is_made, true);
    if (zmq_msg_init_data(out_message, counted->data, payload.len, let_go, counted) != 0) {
        free(counted);
        return false;
    }
    atomic_fetch_add(&backlog->all_bytes, payload.len);
    atomic_fetch_add(&backlog->bytes[place], payload.len);
    return true;
}
