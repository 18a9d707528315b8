// SPDX-License-Identifier: Apache-2.0
/**
 * World: all that one seed brings to life — a clock, a network, clients, the four services on real stores, and what an observer
 * knows who sees everything (model.h). One thread; a world is a value that its seed decides.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdio.h>

#include "common/service/core.h"
#include "tests/sim/clients.h"
#include "tests/sim/model.h"
#include "tests/sim/net.h"
#include "tests/sim/node.h"
#include "tests/sim/rng.h"
#include "tests/sim/snapshots.h"

/**
 * What goes wrong in this world and how often, in thousandths of the occasions; 0: never. Each seed has its own, most of them with
 * some left out: a fault that never leaves the scene hides what happens without it.
 */
struct habits {
    unsigned lost;       // a message vanishes
    unsigned repeated;   // a message is delivered and stays under way
    unsigned batch_dies; // a service dies while it ends a batch
    unsigned disk_full;  // a commit meets a full disk
    unsigned disk_fails; // a commit meets an error of the disk
    unsigned dies;       // a service dies between two batches
    unsigned stops;      // a service is stopped cleanly
    unsigned quota;      // a service is started with a quota that is passed already
    unsigned jumps;      // the wall clock jumps
    unsigned broken;     // an event is journalled that nobody can apply
    unsigned lazy;       // a follower does not ask, a source does not answer
    unsigned snapshots;  // a reader holds a snapshot for a while
    unsigned wiped;      // stats has lost its store when it starts again
};

struct world {
    uint64_t seed;
    struct rng rng;   // decides what happens
    struct rng salts; // random bytes of the stores
    struct habits habits;
    bool calm; // nothing goes wrong any more; what is under way comes to its end

    int64_t utc_ms;
    int64_t monotonic_ms;
    int64_t offset_ms; // of the wall clock, by its jumps
    struct clock clock;
    struct random_source random;

    char folder[64];
    size_t index_memory_entries;
    struct node nodes[NODE_COUNT];
    struct net net;
    struct clients clients;
    struct model model;
    struct snapshots snapshots;

    struct arena arena; // of one step
    struct buffer body;
    struct buffer frame;
    uint64_t step;

    FILE *trace; // NULL: none is written
    bool failed;
    char failure[600];
};

/** A fresh world in a folder of its own below `root`; its trace goes to `trace_file` unless that is NULL. */
void world_init(struct world *world, uint64_t seed, const char *root, FILE *trace_file);

/** Gives everything back, the folder too. */
void world_fini(struct world *world);

/** Removes a folder with all that is in it. */
void world_remove(const char *path);

/** Lets `steps` things happen, then lets everything come to rest and checks what must hold. False: something does not. */
bool world_run(struct world *world, uint64_t steps);

/** The one that is being simulated, for what has no other way to it (transport.c, faults.c); NULL: none. */
struct world *world_current(void);

/** Writes one line of the trace. */
__attribute__((format(printf, 2, 3))) void trace(struct world *world, const char *format, ...);

/** Says that something does not hold that must. The first is the one that counts. */
__attribute__((format(printf, 2, 3))) void fail(struct world *world, const char *format, ...);

#endif
