// SPDX-License-Identifier: Apache-2.0
/**
 * Bus map: the file `bus.zpl`, where all addresses stand (CZMQ's ZPL format). One section a service:
 *
 *     person
 *         command = "ipc:///run/personkort/person.command"
 *         query = "ipc:///run/personkort/person.query"
 *         events = "ipc:///run/personkort/person.events"
 *
 *         command.tcp = "tcp://192.0.2.7:7101"
 *         query.tcp = "tcp://192.0.2.7:7102"
 *         events.tcp = "tcp://192.0.2.7:7103"
 *
 * and, wherever an address is on tcp, one section of keys (key_pair.h, allow_list.h):
 *
 *     curve
 *         server_public = "…"                        # the services' public key: those who connect need it
 *         server_key = "/etc/personkort/server.key"  # the services' pair, and
 *         allow = "/etc/personkort/allow"            # who may come in: services need both
 *         key = "/home/anna/.config/personkort.key"  # one's own pair, to connect with
 *
 * Of a service the first three keys are needed; they may be on tcp instead. `….tcp` opens a second door beside. Unknown keys are refused with the nearest known name, so that a misspelt one does not pass
 * silently. A map is a value without pointers: copy it as you like, read it from any thread.
 */
#ifndef COMMON_BUS_BUS_MAP_H
#define COMMON_BUS_BUS_MAP_H

#include "common/base/fault.h"
#include "common/base/text.h"

enum { BUS_MAP_SERVICES = 16, BUS_ADDRESS_BYTES = 256 };

struct bus_address {
    char service[33];
    char command[BUS_ADDRESS_BYTES];
    char query[BUS_ADDRESS_BYTES];
    char events[BUS_ADDRESS_BYTES];
    // A second door each, beside; empty: none.
    char command_tcp[BUS_ADDRESS_BYTES];
    char query_tcp[BUS_ADDRESS_BYTES];
    char events_tcp[BUS_ADDRESS_BYTES];
};

enum { BUS_KEY_BYTES = 64 };

/** The section `curve`; what does not stand there is empty. Files are not looked at. */
struct bus_curve {
    char server_public[BUS_KEY_BYTES];
    char server_key[BUS_ADDRESS_BYTES];
    char allow[BUS_ADDRESS_BYTES];
    char key[BUS_ADDRESS_BYTES];
};

struct bus_map {
    struct bus_address services[BUS_MAP_SERVICES];
    size_t count;
    struct bus_curve curve;
};

/** Reads the file. FAULT_CONFIG, FAULT_MEMORY: `out_problem` (size bytes) says file, line and what to do; `out_map` is
 * untouched. */
enum fault bus_map_load(const char *path, struct bus_map *out_map, char *out_problem, size_t size);

/** NULL when the map has no such service. Borrows: the map. */
const struct bus_address *bus_map_find(const struct bus_map *map, struct text service);

/** Makes the doors beside the ones that are used, where there are any: for whoever comes with a key. */
void bus_map_prefer_tcp(struct bus_map *map);

/** Path used when none is given: $PERSONKORT_BUS, else /etc/personkort/bus.zpl. Borrows: environment or constant. */
const char *bus_map_default_path(void);

#endif
