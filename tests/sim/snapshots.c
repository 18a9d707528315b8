// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/snapshots.h"

#include "services/activity/state.h"
#include "services/stats/state.h"
#include "tests/sim/faults.h"
#include "tests/sim/world.h"

/** Of every entry of the node's deferred index. */
static uint64_t checksum(struct store_txn *txn, int node)
{
    const struct index *index = node == NODE_STATS ? &stats_cells : &activity_by_person;
    const struct bytes whole = {NULL, 0};
    struct index_scan scan;
    uint64_t sum = 0;
    index_scan_open(&scan, txn, index, whole, whole, false);
    while (index_scan_next(&scan))
        sum = (sum ^ model_digest(scan.key) ^ (uint64_t)scan.sum) * UINT64_C(1099511628211);
    index_scan_close(&scan);
    return sum;
}

static uint64_t look(struct world *world, int node)
{
    struct store_txn *txn = store_begin_read(world->nodes[node].store);
    uint64_t sum = checksum(txn, node);
    store_abort(txn);
    return sum;
}

static void look_again(struct world *world)
{
    const struct snapshot *before = &world->snapshots.before;
    if (look(world, before->node) != before->checksum)
        fail(world, "a reader of %s sees what is being committed", world->nodes[before->node].definition->name);
}

void snapshots_watch_commit(struct world *world, int node)
{
    if (node != NODE_STATS && node != NODE_ACTIVITY)
        return;
    world->snapshots.before = (struct snapshot){.node = node, .checksum = look(world, node)};
    faults_watch(look_again);
}

static void end(struct world *world, struct snapshot *snapshot)
{
    if (checksum(snapshot->txn, snapshot->node) != snapshot->checksum)
        fail(world, "a snapshot of %s shows something else than at its beginning",
             world->nodes[snapshot->node].definition->name);
    store_abort(snapshot->txn);
    snapshot->txn = NULL;
}

void snapshots_turn(struct world *world)
{
    struct snapshot *snapshot = &world->snapshots.held[rng_below(&world->rng, SNAPSHOTS)];
    if (snapshot->txn) {
        trace(world, "a reader of %s ends", world->nodes[snapshot->node].definition->name);
        end(world, snapshot);
        return;
    }
    int node = rng_chance(&world->rng, 600) ? NODE_STATS : NODE_ACTIVITY;
    if (!world->nodes[node].up)
        return;
    trace(world, "a reader of %s begins", world->nodes[node].definition->name);
    snapshot->node = node;
    snapshot->txn = store_begin_read(world->nodes[node].store);
    snapshot->checksum = checksum(snapshot->txn, node);
}

void snapshots_end(struct world *world, int node)
{
    for (size_t i = 0; i < SNAPSHOTS; i++)
        if (world->snapshots.held[i].txn && world->snapshots.held[i].node == node)
            end(world, &world->snapshots.held[i]);
}
