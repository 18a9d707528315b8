// SPDX-License-Identifier: Apache-2.0
/**
 * Doors: a dealer to each command and query address of the map, opened when it is first needed. Internal to
 * common/client.
 */
#ifndef COMMON_CLIENT_DOORS_H
#define COMMON_CLIENT_DOORS_H

#include "common/bus/bus.h"
#include "common/bus/bus_map.h"
#include "common/wire/desc.h"

enum { DOORS = BUS_MAP_SERVICES * 2 };

struct door {
    const char *service; // borrows: map
    const char *address; // borrows: map
    struct bus_socket *socket;
    enum fault fault;  // of the last attempt to open it
    int64_t reopen_ms; // when the next may be made
};

struct doors {
    struct bus *bus;
    struct bus_limits limits;
    struct door all[DOORS];
    size_t count;
    size_t turn; // whose answers are looked at first
};

/** `queued`: most messages that wait in a door in each direction. Borrows bus and map. */
void doors_init(struct doors *doors, struct bus *bus, const struct bus_map *map, size_t queued);
void doors_fini(struct doors *doors);

/** The door of a service for that kind of message; NULL when the map has no such service. */
struct door *doors_find(struct doors *doors, struct text service, enum message_kind kind);

/** Opens it unless it is open. Any fault but FAULT_UNREACHABLE will not pass by itself. Attempts are a second apart:
 * between them the last one's fault stands. */
enum fault doors_open(struct doors *doors, struct door *door, int64_t now_ms);

/** Takes one waiting message of any door, each in its turn. BUS_MESSAGE: `out_door` is where it came in. */
enum bus_received doors_receive(struct doors *doors, struct bus_message *out_message, const struct door **out_door);

/** Waits until something has come in, at most `timeout_ms`. False: nothing has. */
bool doors_wait(struct doors *doors, int timeout_ms);

#endif
