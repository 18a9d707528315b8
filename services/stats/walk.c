// SPDX-License-Identifier: Apache-2.0
#include "services/stats/walk.h"

enum { NEIGHBOURS_PASSED = 4 }; // for each cell that may be looked at: to pass one costs less

static void seek(struct walk *walk, const struct cell_key *from)
{
    walk->from = rollup_key(walk->rollup, from);
    index_scan_open(&walk->scan, walk->txn, &stats_cells, bytes_of(&walk->rollup->tree, 1), key_bytes(&walk->from),
                    false);
}

void walk_open(struct walk *walk, struct store_txn *txn, const struct rollup *rollup,
               const struct range wanted[PART_COUNT], int64_t most)
{
    struct cell_key first = {.measure = 0};
    walk->txn = txn;
    walk->rollup = rollup;
    walk->read = 0;
    walk->passed = 0;
    walk->most = most;
    for (size_t i = 0; i < rollup->part_count; i++) {
        walk->ranges[i] = wanted[rollup->parts[i]];
        first.values[i] = walk->ranges[i].from;
    }
    seek(walk, &first);
}

/** Leaps to where the first part that is out of range, `at`, can be in range again; false when it cannot. */
static bool leap(struct walk *walk, size_t at)
{
    struct cell_key target = {.measure = 0};
    memcpy(target.values, walk->cell.values, sizeof target.values);
    if (target.values[at] > walk->ranges[at].to) { // past it: on with the next value of the part before
        while (at > 0 && target.values[at - 1] == INT64_MAX)
            at--;
        if (at == 0)
            return false;
        target.values[at - 1]++;
    }
    for (size_t i = at; i < walk->rollup->part_count; i++)
        target.values[i] = walk->ranges[i].from;
    index_scan_close(&walk->scan);
    seek(walk, &target);
    return true;
}

/** Passes a cell of another roll-up of the tree; false when it is none, or enough were passed. */
static bool pass_neighbour(struct walk *walk)
{
    const struct rollup *neighbour = rollup_of_key(walk->scan.key);
    if (!neighbour || neighbour == walk->rollup) {
        store_txn_fail(walk->txn, FAULT_CORRUPT);
        return false;
    }
    if (++walk->passed > NEIGHBOURS_PASSED * walk->most)
        walk->read = walk->most + 1;
    return walk->read <= walk->most;
}

bool walk_next(struct walk *walk)
{
    while (index_scan_next(&walk->scan)) {
        size_t at = 0;
        if (!rollup_read_key(walk->rollup, walk->scan.key, &walk->cell)) {
            if (!pass_neighbour(walk))
                return false;
            continue;
        }
        while (at < walk->rollup->part_count && walk->cell.values[at] >= walk->ranges[at].from &&
               walk->cell.values[at] <= walk->ranges[at].to)
            at++;
        bool in_range = at == walk->rollup->part_count;
        walk->read += !in_range || walk->cell.measure == MEASURE_ACTIVITIES;
        if (walk->read > walk->most)
            return false;
        if (in_range) {
            walk->sum = walk->scan.sum;
            return true;
        }
        if (!leap(walk, at))
            return false;
    }
    return false;
}

void walk_close(struct walk *walk)
{
    index_scan_close(&walk->scan);
}
