// SPDX-License-Identifier: Apache-2.0
#include "services/stats/sums.h"

#include <stdlib.h>

#include "common/base/must.h"

enum {
    MOST_FINE = 6 * 1024,      // sums of events; then they are written
    MOST_SUMS = 8 * MOST_FINE, // with those that they come to: of status_type_day seven, of others fewer
    SLOT_BITS = 16,
    SLOTS = 1 << SLOT_BITS, // a power of two
    MOST_ROLLUPS = 64,
};

_Static_assert(MOST_SUMS < UINT16_MAX && MOST_SUMS < SLOTS, "slots hold places, and there is always a free one");

struct sum {
    struct cell_key cell;
    uint32_t rollup; // its place in the table
    uint32_t cube;
    uint32_t slot; // where the table has it
    int64_t sum;
};

struct sums {
    size_t count;
    struct sum items[MOST_SUMS];
    uint16_t slots[SLOTS];        // place of the sum plus one; 0: free
    bool is_direct[MOST_ROLLUPS]; // of a roll-up by its place: what is added to it is a cell's at once
    size_t coarser_count[MOST_ROLLUPS];
    uint32_t coarser[MOST_ROLLUPS][MOST_ROLLUPS]; // places of the roll-ups that are sums of this one
};

struct sums *sums_new(void)
{
    struct sums *sums = calloc(1, sizeof *sums);
    must(rollup_count <= MOST_ROLLUPS);
    for (size_t i = 0; sums && i < rollup_count; i++) {
        sums->is_direct[i] = rollup_has(&rollups[i], PART_PERSON);
        for (size_t j = 0; j < rollup_count; j++)
            if (rollups[j].finer == rollups[i].number)
                sums->coarser[i][sums->coarser_count[i]++] = (uint32_t)j;
        must(!sums->is_direct[i] || sums->coarser_count[i] == 0);
    }
    return sums;
}

void sums_free(struct sums *sums)
{
    free(sums);
}

static bool is_of(const struct sum *item, const struct sum *wanted)
{
    bool same = item->rollup == wanted->rollup && item->cube == wanted->cube;
    for (size_t i = 0; i < ROLLUP_MAX_PARTS; i++)
        same &= item->cell.values[i] == wanted->cell.values[i];
    return same;
}

static uint16_t *slot_of(struct sums *sums, const struct sum *wanted)
{
    uint64_t hash = wanted->rollup << 1 | wanted->cube;
    for (size_t i = 0; i < ROLLUP_MAX_PARTS; i++)
        hash = (hash ^ (uint64_t)wanted->cell.values[i]) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> (64 - SLOT_BITS)); // a product's first bits hang on all of its factors
    while (sums->slots[at] && !is_of(&sums->items[sums->slots[at] - 1], wanted))
        at = (at + 1) & (SLOTS - 1);
    return &sums->slots[at];
}

static void add(struct sums *sums, const struct sum *wanted)
{
    uint16_t *slot = slot_of(sums, wanted);
    if (*slot) {
        sums->items[*slot - 1].sum += wanted->sum;
        return;
    }
    must(sums->count < MOST_SUMS);
    sums->items[sums->count++] = *wanted;
    sums->items[sums->count - 1].slot = (uint32_t)(slot - sums->slots);
    *slot = (uint16_t)sums->count;
}

/** The coarser roll-up's cell that the cell is part of. */
static struct cell_key coarser_cell(const struct rollup *fine, const struct cell_key *cell, const struct rollup *coarse)
{
    struct point point;
    enum date_unit unit;
    for (size_t i = 0; i < fine->part_count; i++) // the first day of a unit tells the coarser ones it is in
        point.at[part_unit(fine->parts[i], &unit) ? PART_DAY : fine->parts[i]] = cell->values[i];
    return rollup_cell_of(coarse, &point);
}

/** Adds a sum to those that it is part of. */
static void add_coarser(struct sums *sums, size_t at)
{
    const struct sum fine = sums->items[at];
    for (size_t i = 0; i < sums->coarser_count[fine.rollup]; i++) {
        uint32_t place = sums->coarser[fine.rollup][i];
        const struct sum coarse = {
            .cell = coarser_cell(&rollups[fine.rollup], &fine.cell, &rollups[place]),
            .rollup = place,
            .cube = fine.cube,
            .sum = fine.sum,
        };
        add(sums, &coarse);
    }
}

/** Only the places that are taken: there are many more. */
void sums_forget(struct sums *sums)
{
    if (sums->count > SLOTS / 64)
        memset(sums->slots, 0, sizeof sums->slots);
    else
        for (size_t i = 0; i < sums->count; i++)
            sums->slots[sums->items[i].slot] = 0;
    sums->count = 0;
}

static void add_to_cell(struct store_txn *txn, const struct sum *sum)
{
    struct key key = rollup_key(&rollups[sum->rollup], sum->cube, &sum->cell);
    index_add(txn, &stats_cells, key_bytes(&key), sum->sum);
}

/** What is part of a sum comes before it: a level is whole when the one before it was gone through. */
void sums_flush(struct sums *sums, struct store_txn *txn)
{
    for (size_t i = 0; i < sums->count; i++) {
        const struct sum *item = &sums->items[i];
        if (item->sum == 0)
            continue;
        add_to_cell(txn, item);
        add_coarser(sums, i);
    }
    sums_forget(sums);
}

/** Persons are mostly met once in a batch: what is theirs is not worth to be looked for. */
static void add_point(struct sums *sums, struct store_txn *txn, size_t rollup, unsigned cube, const struct point *point,
                      int64_t amount)
{
    const struct sum wanted = {
        .cell = rollup_cell_of(&rollups[rollup], point), .rollup = (uint32_t)rollup, .cube = cube, .sum = amount};
    if (amount == 0)
        return;
    if (sums->is_direct[rollup])
        add_to_cell(txn, &wanted);
    else
        add(sums, &wanted);
}

static bool same_cell(const struct rollup *rollup, const struct point *a, const struct point *b)
{
    for (size_t i = 0; i < rollup->part_count; i++) // of the finest ones, which have no time but the day
        if (a->at[rollup->parts[i]] != b->at[rollup->parts[i]])
            return false;
    return true;
}

void sums_count(struct sums *sums, struct store_txn *txn, unsigned cube, const struct amount *old,
                const struct amount *now)
{
    if (sums->count + 2 * rollup_count > MOST_FINE)
        sums_flush(sums, txn);
    for (size_t i = 0; i < rollup_count; i++) {
        if (rollups[i].finer)
            continue;
        if (old && now && same_cell(&rollups[i], &old->point, &now->point)) {
            add_point(sums, txn, i, cube, &now->point, now->sum - old->sum);
            continue;
        }
        if (old)
            add_point(sums, txn, i, cube, &old->point, -old->sum);
        if (now)
            add_point(sums, txn, i, cube, &now->point, now->sum);
    }
}
