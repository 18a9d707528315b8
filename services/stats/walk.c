// SPDX-License-Identifier: Apache-2.0
#include "services/stats/walk.h"

enum { NEIGHBOURS_PASSED = 16 }; // in a row; then to leap over the rest of them costs less

static void seek(struct walk *walk, const struct cell_key *from)
{
    walk->from = rollup_key(walk->rollup, from);
    index_scan_open(&walk->scan, walk->txn, &stats_cells, bytes_of(&walk->rollup->tree, 1), key_bytes(&walk->from),
                    false);
}

void walk_open(struct walk *walk, struct store_txn *txn, const struct rollup *rollup,
               const struct range wanted[PART_COUNT], int64_t most)
{
    struct cell_key first = {{0}};
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

/** Goes on at the first place that is in range but for the parts before `at`, which are the target's. */
static void leap_to(struct walk *walk, struct cell_key target, size_t at)
{
    for (size_t i = at; i < walk->rollup->part_count; i++)
        target.values[i] = walk->ranges[i].from;
    index_scan_close(&walk->scan);
    seek(walk, &target);
}

/** Leaps to where the first part that is out of range, `at`, can be in range again; false when it cannot. */
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
    leap_to(walk, target, at);
    return true;
}

/** Leaps over the neighbour's cells of this value of their first part; false when nothing in range comes after them. */
static bool leap_neighbour(struct walk *walk, const struct rollup *neighbour, int64_t first)
{
    struct cell_key target = {{0}};
    bool is_after = neighbour->number > walk->rollup->number; // the walk's own cells of this value
    if (is_after && first == INT64_MAX)
        return false;
    target.values[0] = is_after ? first + 1 : first;
    if (target.values[0] > walk->ranges[0].to)
        return false;
    leap_to(walk, target, target.values[0] < walk->ranges[0].from ? 0 : 1);
    return true;
}

/** Passes a cell of another roll-up of the tree; false at the end, or when it is none, or `read` passed `most`. */
static bool pass_neighbour(struct walk *walk)
{
    int64_t first;
    const struct rollup *neighbour = rollup_of_key(walk->scan.key, &first);
    if (!neighbour || neighbour == walk->rollup) {
        store_txn_fail(walk->txn, FAULT_CORRUPT);
        return false;
    }
    if (++walk->passed <= NEIGHBOURS_PASSED)
        return true;
    walk->passed = 0;
    return ++walk->read <= walk->most && leap_neighbour(walk, neighbour, first);
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
        walk->passed = 0;
        while (at < walk->rollup->part_count && walk->cell.values[at] >= walk->ranges[at].from &&
               walk->cell.values[at] <= walk->ranges[at].to)
            at++;
        if (++walk->read > walk->most)
            return false;
        if (at == walk->rollup->part_count) {
            walk->figures = figures_of_sum(walk->scan.sum);
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
