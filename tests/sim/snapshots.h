// SPDX-License-Identifier: Apache-2.0
/** Snapshots: readers that hold theirs while batches and merges go on. What it shows may not change until it ends. */
#ifndef TESTS_SIM_SNAPSHOTS_H
#define TESTS_SIM_SNAPSHOTS_H

#include <stddef.h>
#include <stdint.h>

struct world;
struct node;
struct store_txn;

enum { SNAPSHOTS = 3 };

struct snapshot {
    struct store_txn *txn; // NULL: none
    int node;
    uint64_t checksum; // of the index
};

struct snapshots {
    struct snapshot held[SNAPSHOTS];
    struct snapshot before; // what a reader saw just before the commit that comes
};

/** Begins one, or looks at one again and ends it. */
void snapshots_turn(struct world *world);

/** A reader comes in the middle of the node's next commit: it must see what one before it sees. */
void snapshots_watch_commit(struct world *world, int node);

/** Ends those of a node, which dies or stops. */
void snapshots_end(struct world *world, int node);

#endif
