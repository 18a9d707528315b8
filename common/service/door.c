// SPDX-License-Identifier: Apache-2.0
#include "common/service/door.h"

enum fault door_open_router(struct door *door, struct bus *bus, const char *address, const char *beside,
                            struct bus_limits limits)
{
    const char *const addresses[DOOR_WAYS] = {address, beside};
    enum fault fault = FAULT_NONE;
    for (size_t i = 0; i < DOOR_WAYS && fault == FAULT_NONE && *addresses[i]; i++) {
        fault = bus_bind_router(bus, addresses[i], limits, &door->ways[i]);
        door->count += fault == FAULT_NONE;
    }
    return fault;
}

enum fault door_open_publisher(struct door *door, struct bus *bus, const char *address, const char *beside,
                               struct bus_limits limits, const char *const *topics, size_t topic_count)
{
    const char *const addresses[DOOR_WAYS] = {address, beside};
    enum fault fault = FAULT_NONE;
    for (size_t i = 0; i < DOOR_WAYS && fault == FAULT_NONE && *addresses[i]; i++) {
        fault = bus_bind_publisher(bus, addresses[i], limits, topics, topic_count, &door->ways[i]);
        door->count += fault == FAULT_NONE;
    }
    return fault;
}

void door_close(struct door *door)
{
    for (size_t i = 0; i < door->count; i++)
        bus_socket_close(door->ways[i]);
    door->count = 0;
}

enum bus_received door_receive(struct door *door, struct bus_message *out_message)
{
    for (size_t i = 0; i < door->count; i++) {
        struct bus_socket *way = door->ways[door->turn];
        door->turn = door->turn + 1 < door->count ? door->turn + 1 : 0;
        enum bus_received received = bus_receive(way, out_message);
        if (received != BUS_NOTHING)
            return received;
    }
    return BUS_NOTHING;
}

void door_keep_room(struct door *door)
{
    for (size_t i = 0; i < door->count; i++)
        bus_keep_room(door->ways[i]);
}

size_t door_poll_items(const struct door *door, struct bus_poll_item *out_items)
{
    for (size_t i = 0; i < door->count; i++)
        out_items[i] = (struct bus_poll_item){.socket = door->ways[i]};
    return door->count;
}

void door_publish(struct door *door, struct text topic, struct bytes payload)
{
    for (size_t i = 0; i < door->count; i++)
        bus_publish(door->ways[i], topic, payload);
}

void door_serve(struct door *door)
{
    for (size_t i = 0; i < door->count; i++)
        bus_publisher_serve(door->ways[i]);
}

bool door_has_subscribers(const struct door *door)
{
    bool any = false;
    for (size_t i = 0; i < door->count; i++)
        any |= bus_publisher_has_subscribers(door->ways[i]);
    return any;
}

bool door_wants(const struct door *door, struct text topic)
{
    bool any = false;
    for (size_t i = 0; i < door->count; i++)
        any |= bus_publisher_wants(door->ways[i], topic);
    return any;
}

struct core_sender door_core_sender(const struct bus_sender *sender)
{
    return (struct core_sender){text_of(sender->key_name), sender->role_mask};
}
