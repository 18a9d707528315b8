// SPDX-License-Identifier: Apache-2.0
/** What the two loops and the main thread of a running service share. */
#ifndef COMMON_SERVICE_LOOPS_H
#define COMMON_SERVICE_LOOPS_H

#include <stdatomic.h>

#include "common/bus/bus.h"
#include "common/service/backup_job.h"
#include "common/service/compacting.h"
#include "common/service/core.h"
#include "common/service/door.h"

struct running {
    const struct service_definition *definition;
    void *self;
    struct core *core;
    struct store *store;
    struct archive *archive;              // of the store; NULL: none is kept
    char archive_path[BACKUP_PATH_BYTES]; // folder of the service's archives
    struct backup_job *backups;
    struct counters *counters;
    const struct bus_map *map;
    const struct clock *clock;
    struct bus *bus;
    struct door commands;
    struct door queries;
    struct door events;
    int stop_fd;                   // readable for ever once the service is to stop
    int commit_fd;                 // the command loop rings it after commits
    int access_fd;                 // the query loop rings it when there is something for the access log
    _Atomic bool failed;           // a loop met a fault it cannot go on after
    _Atomic bool compacts;         // it stops to be compacted, and starts again
    bool was_compacted;            // before this start
    struct erasure_ledger *ledger; // NULL: none is kept
    struct compacting compacting;
    _Atomic int64_t command_beat_ms; // monotonic time of each loop's last turn
    _Atomic int64_t query_beat_ms;
};

enum { LOOP_TURN_MS = 1000 }; // no loop sleeps longer, so that a beat that is old means a loop that hangs

/** Thread bodies; `argument` is struct running. Return NULL. */
void *command_loop(void *argument);
void *query_loop(void *argument);

/** Makes an eventfd readable; says whether it was, and makes it no longer so. */
void loop_ring(int fd);
bool loop_was_rung(int fd);

/** Marks the service as failed and makes it stop. */
void running_fail(struct running *running);

/** Makes it stop cleanly, be compacted, and start again. */
void running_compact(struct running *running);

#endif
