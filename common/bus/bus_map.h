// SPDX-License-Identifier: Apache-2.0
/**
 * Bus map: the file `bus.zpl`, where all addresses stand (CZMQ's ZPL format). One section a service:
 *
 *     person
 *         command = "ipc:///run/personkort/person.command"
 *         query = "ipc:///run/personkort/person.query"
 *         events = "ipc:///run/personkort/person.events"
 *
 * All three keys are needed. Unknown ones are refused with the nearest known name, so that a misspelt one does not pass
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
};

struct bus_map {
    struct bus_address services[BUS_MAP_SERVICES];
    size_t count;
};

/** Reads the file. FAULT_CONFIG, FAULT_MEMORY: `out_problem` (size bytes) says file, line and what to do; `out_map` is
 * untouched. */
enum fault bus_map_load(const char *path, struct bus_map *out_map, char *out_problem, size_t size);

/** NULL when the map has no such service. Borrows: the map. */
const struct bus_address *bus_map_find(const struct bus_map *map, struct text service);

/** Path used when none is given: $PERSONKORT_BUS, else /etc/personkort/bus.zpl. Borrows: environment or constant. */
const char *bus_map_default_path(void);

#endif
