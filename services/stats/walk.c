// SPDX-License-Identifier: Apache-2.0
#include "services/stats/walk.h"

void walk_open(struct walk *walk, struct store_txn *txn, unsigned cube, const struct segment *segment, int64_t most)
{
    const struct rollup *rollup = segment->rollup;
    struct cell_key first = {{0}};
    walk->txn = txn;
    walk->rollup = rollup;
    walk->cube = cube;
    walk->head = rollup_head(rollup, cube);
    walk->read = 0;
    walk->most = most;
    for (size_t i = 0; i < rollup->part_count; i++) {
        walk->ranges[i] = segment->wanted[rollup->parts[i]];
        first.values[i] = walk->ranges[i].from;
    }
    walk->from = rollup_key(rollup, cube, &first);
    index_scan_open(&walk->scan, txn, &stats_cells, bytes_of(&walk->head, 1), key_bytes(&walk->from), false);
}

/**
 * Goes on where the first part that is out of range, `at`, can be in range again, the parts before it being as they are or the next after that;
 * false when nowhere.
 */
static bool leap(struct walk *walk, size_t at)
{
    struct cell_key target = walk->cell;
    if (target.values[at] > walk->ranges[at].to) { // past it: on with the next value of the part before
        while (at > 0 && target.values[at - 1] == INT64_MAX)
            at--;
        if (at == 0)
            return false;
        target.values[at - 1]++;
    }
    for (size_t i = at; i < walk->rollup->part_count; i++)
        target.values[i] = walk->ranges[i].from;
    walk->from = rollup_key(walk->rollup, walk->cube, &target);
    index_scan_leap(&walk->scan, key_bytes(&walk->from));
    return true;
}

bool walk_next(struct walk *walk)
{
    while (index_scan_next(&walk->scan)) {
        size_t at = 0;
        if (!rollup_read_key(walk->rollup, walk->scan.key, &walk->cell)) {
            store_txn_fail(walk->txn, FAULT_CORRUPT);
            return false;
        }
        while (at < walk->rollup->part_count && walk->cell.values[at] >= walk->ranges[at].from &&
               walk->cell.values[at] <= walk->ranges[at].to)
            at++;
        if (++walk->read > walk->most)
            return false;
        if (at == walk->rollup->part_count) {
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
