// SPDX-License-Identifier: Apache-2.0
/**
 * Door: the sockets behind one of a service's three doors: the one of the bus file's `command`, `query` or `events`, and the one
 * beside it on tcp, if there is one. A door belongs to one thread once it is open.
 */
#ifndef COMMON_SERVICE_DOOR_H
#define COMMON_SERVICE_DOOR_H

#include "common/bus/bus.h"
#include "common/service/core.h"

enum { DOOR_WAYS = 2 };

struct door {
    struct bus_socket *ways[DOOR_WAYS];
    size_t count;
    size_t turn; // which is looked at first
};

/** Binds what a way needs. FAULT_CONFIG, FAULT_IN_USE, FAULT_MEMORY; logged. An empty `beside` is none. */
enum fault door_open_router(struct door *door, struct bus *bus, const char *address, const char *beside,
                            struct bus_limits limits);
enum fault door_open_publisher(struct door *door, struct bus *bus, const char *address, const char *beside,
                               struct bus_limits limits, const char *const *topics, size_t topic_count);

/** Fine when it was not opened. */
void door_close(struct door *door);

/** As bus_receive, each way in its turn: a flood on one does not shut the other. */
enum bus_received door_receive(struct door *door, struct bus_message *out_message);

/** As bus_keep_room; once a turn. */
void door_keep_room(struct door *door);

/** Writes what to wait for; returns how many items that are, at most DOOR_WAYS. */
size_t door_poll_items(const struct door *door, struct bus_poll_item *out_items);

/** As the same of a publisher, for all ways together. */
void door_publish(struct door *door, struct text topic, struct bytes payload);
void door_serve(struct door *door);
bool door_has_subscribers(const struct door *door);
bool door_wants(const struct door *door, struct text topic);

/** Who is at the other end, as the core wants it. Borrows: `sender`. */
struct core_sender door_core_sender(const struct bus_sender *sender);

#endif
