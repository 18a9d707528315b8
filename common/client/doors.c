// SPDX-License-Identifier: Apache-2.0
#include "common/client/doors.h"

#include <assert.h>

#include "common/wire/frame.h"

enum { REOPEN_MS = 1000 };

static_assert((int)DOORS <= (int)BUS_POLL_ITEMS, "all doors can be waited for");

void doors_init(struct doors *doors, struct bus *bus, const struct bus_map *map, size_t queued)
{
    // Pages of answers are larger than what a client may send.
    *doors = (struct doors){.bus = bus, .limits = {.frame_bytes = FRAME_SERVICE_BYTES, .messages = (int)queued}};
    for (size_t i = 0; i < map->count; i++) {
        const struct bus_address *service = &map->services[i];
        doors->all[doors->count++] = (struct door){.service = service->service, .address = service->command};
        doors->all[doors->count++] = (struct door){.service = service->service, .address = service->query};
    }
}

void doors_fini(struct doors *doors)
{
    for (size_t i = 0; i < doors->count; i++)
        bus_socket_close(doors->all[i].socket);
}

struct door *doors_find(struct doors *doors, struct text service, enum message_kind kind)
{
    for (size_t i = 0; i < doors->count; i += 2)
        if (text_equal(text_of(doors->all[i].service), service))
            return &doors->all[kind == MESSAGE_COMMAND ? i : i + 1];
    return NULL;
}

enum fault doors_open(struct doors *doors, struct door *door, int64_t now_ms)
{
    if (door->socket)
        return FAULT_NONE;
    if (door->fault == FAULT_NONE || now_ms >= door->reopen_ms) {
        door->fault = bus_connect_dealer(doors->bus, door->address, doors->limits, &door->socket);
        door->reopen_ms = now_ms + REOPEN_MS;
    }
    return door->fault;
}

enum bus_received doors_receive(struct doors *doors, struct bus_message *out_message, const struct door **out_door)
{
    for (size_t i = 0; i < doors->count; i++) {
        const struct door *door = &doors->all[doors->turn];
        doors->turn = doors->turn + 1 < doors->count ? doors->turn + 1 : 0;
        enum bus_received received = door->socket ? bus_receive(door->socket, out_message) : BUS_NOTHING;
        if (received == BUS_NOTHING)
            continue;
        *out_door = door;
        return received;
    }
    return BUS_NOTHING;
}

bool doors_wait(struct doors *doors, int timeout_ms)
{
    struct bus_poll_item items[DOORS];
    size_t count = 0;
    for (size_t i = 0; i < doors->count; i++)
        if (doors->all[i].socket)
            items[count++] = (struct bus_poll_item){.socket = doors->all[i].socket};
    return bus_poll(items, count, timeout_ms) > 0;
}
