// SPDX-License-Identifier: Apache-2.0
/**
 * `stats.recount`: counts every kept cell again from the facts, in one snapshot.
 *
 * Memory does not grow with the store. Of each roll-up there are BUCKETS checksums; every cell belongs to one, by its key, and its sum is added
 * times a weight, by its key too: what the facts say with a plus, what is kept with a minus. A
 * checksum that ends as 0 means that all its cells agree: always when one alone could differ, and but once in 2^50 when several do.
 * Only where they do not, in up to SUSPECTS checksums, a second pass counts cell by cell. Days are worked out anew, so a zone file
 * that changed shows, too.
 */
#include <stdlib.h>

#include "proto/stats_dispatch.gen.h"
#include "services/stats/cube.h"
#include "services/stats/differences.h"
#include "services/stats/mix.h"
#include "services/stats/persons.h"
#include "services/stats/zone.h"

enum {
    MAX_FACTS = 1000 * 1000,
    BUCKETS = 16384, // a power of two
    SUSPECTS = 100,
    MAX_DOUBTFUL = 65536, // cells of the suspects
    DOUBTFUL_SLOTS = 2 * MAX_DOUBTFUL,
};

/** A cell that a suspect checksum holds, counted by itself. */
struct doubtful {
    const struct rollup *rollup;
    struct cell_key cell;
    int64_t kept; // figures_sum
    int64_t counted;
};

struct recount {
    const struct stats_service *self;
    struct ctx *ctx;
    unsigned cube; // that has the figures
    int64_t facts;
    int64_t cells;
    uint64_t *checksums; // rollup_count × BUCKETS
    bool second;         // pass: the suspects' cells are counted
    size_t doubtful_count;
    struct doubtful *doubtful;
    uint32_t *slots; // index of the doubtful cell plus one; 0: free
};

static uint64_t hash_of(const struct rollup *rollup, const struct cell_key *cell)
{
    uint64_t hash = rollup->number;
    for (size_t i = 0; i < rollup->part_count; i++)
        hash = mix64(hash + 0x9e3779b97f4a7c15 + (uint64_t)cell->values[i]);
    return hash;
}

static uint64_t *checksum_of(const struct recount *recount, const struct rollup *rollup, uint64_t hash)
{
    return &recount->checksums[(size_t)(rollup - rollups) * BUCKETS + (hash & (BUCKETS - 1))];
}

static bool same_cell(const struct doubtful *doubtful, const struct rollup *rollup, const struct cell_key *cell)
{
    return doubtful->rollup == rollup && memcmp(doubtful->cell.values, cell->values, sizeof cell->values) == 0;
}

static void count_doubtful(struct recount *recount, const struct rollup *rollup, const struct cell_key *cell,
                           uint64_t hash, int64_t kept, int64_t counted)
{
    size_t at = (size_t)mix64(hash) & (DOUBTFUL_SLOTS - 1);
    while (recount->slots[at] && !same_cell(&recount->doubtful[recount->slots[at] - 1], rollup, cell))
        at = (at + 1) & (DOUBTFUL_SLOTS - 1);
    if (!recount->slots[at]) {
        if (recount->doubtful_count == MAX_DOUBTFUL) {
            ctx_refuse(
                recount->ctx, ERROR_TOO_LARGE, NULL,
                "Figures differ, too many to tell which; take a copy of the store for its maintainers, then remove "
                "it, so that the service counts anew.");
            return;
        }
        recount->doubtful[recount->doubtful_count++] = (struct doubtful){.rollup = rollup, .cell = *cell};
        recount->slots[at] = (uint32_t)recount->doubtful_count;
    }
    struct doubtful *doubtful = &recount->doubtful[recount->slots[at] - 1];
    doubtful->kept += kept;
    doubtful->counted += counted;
}

static void count(struct recount *recount, const struct rollup *rollup, const struct cell_key *cell, uint64_t hash,
                  int64_t kept, int64_t counted)
{
    uint64_t *checksum = checksum_of(recount, rollup, hash);
    if (!recount->second)
        *checksum += (hash | 1) * (uint64_t)(counted - kept);
    else if (*checksum != 0)
        count_doubtful(recount, rollup, cell, hash, kept, counted);
}

static void count_fact(struct recount *recount, const struct fact *fact)
{
    const struct attributes attributes = persons_read(recount->ctx->txn, fact->person);
    const struct point point = fact_point(fact, zone_day(recount->self->zone, fact->start_ms), &attributes);
    for (size_t i = 0; i < rollup_count; i++) {
        struct cell_key cell = rollup_cell_of(&rollups[i], &point);
        count(recount, &rollups[i], &cell, hash_of(&rollups[i], &cell), 0, figures_sum(fact_figures(fact)));
    }
    if (++recount->facts > MAX_FACTS)
        ctx_refuse(
            recount->ctx, ERROR_TOO_LARGE, NULL,
            "There are more than 1,000,000 activities, too many to count in one snapshot; stats.rebuild counts and "
            "compares beside everything else, and stats.state tells which cells differed.");
}

static bool count_facts(struct recount *recount)
{
    struct block_walk walk;
    recount->facts = 0;
    block_walk_open(&walk, recount->ctx->txn, &stats_facts, 0, (1 << FACT_COLUMNS) - 1);
    while (!is_refused(&recount->ctx->refusal) && block_walk_next(&walk, INT64_MIN, INT64_MAX))
        for (size_t i = 0; i < walk.block.count; i++) {
            const struct fact fact = fact_of_block(&walk.block, i);
            count_fact(recount, &fact);
        }
    block_walk_close(&walk);
    return !is_refused(&recount->ctx->refusal) && stats_is_sound(recount->ctx);
}

static bool count_kept(struct recount *recount)
{
    struct index_scan scan;
    recount->cells = 0;
    index_scan_open(&scan, recount->ctx->txn, &stats_cells, bytes_of("", 0), bytes_of("", 0), false);
    while (index_scan_next(&scan)) {
        struct cell_key cell;
        const struct rollup *rollup = rollup_of_key(scan.key);
        if (rollup_cube_of(scan.key) != recount->cube)
            continue;
        if (!rollup || !rollup_read_key(rollup, scan.key, &cell)) {
            store_txn_fail(recount->ctx->txn, FAULT_CORRUPT);
            break;
        }
        count(recount, rollup, &cell, hash_of(rollup, &cell), scan.sum, 0);
        recount->cells++;
    }
    index_scan_close(&scan);
    return !is_refused(&recount->ctx->refusal) && stats_is_sound(recount->ctx);
}

/** Leaves at most SUSPECTS checksums that are not 0; how many. */
static size_t choose_suspects(struct recount *recount)
{
    size_t suspects = 0;
    for (size_t i = 0; i < rollup_count * BUCKETS; i++)
        if (recount->checksums[i] != 0 && suspects++ >= SUSPECTS)
            recount->checksums[i] = 0;
    return suspects;
}

static int order_doubtful(const void *a, const void *b)
{
    const struct doubtful *left = a, *right = b;
    struct key left_key = rollup_key(left->rollup, 0, &left->cell),
               right_key = rollup_key(right->rollup, 0, &right->cell);
    return bytes_compare(key_bytes(&left_key), key_bytes(&right_key));
}

/** The second pass. */
static bool list_differences(struct recount *recount, struct stats_recount_reply *reply)
{
    struct ctx *ctx = recount->ctx;
    recount->second = true;
    recount->doubtful = ctx_alloc_array(ctx, MAX_DOUBTFUL, sizeof *recount->doubtful);
    recount->slots = ctx_alloc_array(ctx, DOUBTFUL_SLOTS, sizeof *recount->slots);
    struct figure_difference *differences =
        ctx_alloc_array(ctx, DIFFERENCES_MOST + DIFFERENCES_OF_CELL, sizeof *differences);
    if (!recount->doubtful || !recount->slots || !differences || !count_facts(recount) || !count_kept(recount))
        return false;
    if (recount->doubtful_count)
        qsort(recount->doubtful, recount->doubtful_count, sizeof *recount->doubtful, order_doubtful);
    size_t count = 0;
    for (size_t i = 0; i < recount->doubtful_count && count < DIFFERENCES_MOST; i++)
        count += differences_of(ctx->arena, recount->doubtful[i].rollup, &recount->doubtful[i].cell,
                                recount->doubtful[i].kept, recount->doubtful[i].counted, &differences[count]);
    reply->differences.count = count < DIFFERENCES_MOST ? count : DIFFERENCES_MOST;
    reply->differences.items = differences;
    return !is_refused(&ctx->refusal);
}

bool stats_recount_answer(const struct stats_service *self, const struct stats_recount *query, struct ctx *ctx,
                          struct stats_recount_reply *out_reply)
{
    (void)query;
    struct recount recount = {.self = self, .ctx = ctx};
    if (!cube_of_figures(ctx, &recount.cube))
        return false;
    recount.checksums = ctx_alloc_array(ctx, rollup_count * BUCKETS, sizeof *recount.checksums);
    if (!recount.checksums || !count_facts(&recount) || !count_kept(&recount) ||
        (choose_suspects(&recount) > 0 && !list_differences(&recount, out_reply)))
        return false;
    out_reply->facts = recount.facts;
    out_reply->cells = recount.cells;
    out_reply->activity_seq = (int64_t)stats_activity_seq(ctx->txn);
    return true;
}
