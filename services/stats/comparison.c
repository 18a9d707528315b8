// SPDX-License-Identifier: Apache-2.0
#include "services/stats/comparison.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "services/stats/differences.h"

enum {
    NAMES_BYTES = 64 * 1024,
};

static const struct text row_key = {"compared", 8}; // in `layout`

struct comparison {
    struct key from; // the cell to go on with, as of the first cube
    int64_t cells;
    int64_t differing;
    struct arena names;
    size_t difference_count;
    struct figure_difference differences[DIFFERENCES_MOST + DIFFERENCES_OF_CELL];
};

struct comparison *comparison_new(void)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison)
        arena_init(&comparison->names, NAMES_BYTES);
    return comparison;
}

void comparison_free(struct comparison *comparison)
{
    if (comparison)
        arena_fini(&comparison->names);
    free(comparison);
}

void comparison_begin(struct comparison *comparison)
{
    comparison->from.len = 0;
    comparison->cells = comparison->differing = 0;
    comparison->difference_count = 0;
    arena_reset(&comparison->names);
}

/** The cells of a cube, in the order of their keys. */
struct side {
    unsigned cube;
    struct index_scan scan;
    bool there;
};

static uint8_t cube_bit(unsigned cube)
{
    return rollup_head(&rollups[0], cube) & 0x80;
}

static void step(struct side *side)
{
    side->there = index_scan_next(&side->scan) && rollup_cube_of(side->scan.key) == side->cube;
}

static void open_side(struct side *side, struct store_txn *txn, unsigned cube, const struct key *from)
{
    struct key at = *from;
    if (at.len == 0)
        key_u8(&at, 0);
    at.data[0] |= cube_bit(cube);
    side->cube = cube;
    index_scan_open(&side->scan, txn, &stats_cells, bytes_of("", 0), key_bytes(&at), false);
    step(side);
}

/** <0: the first one's cell comes before the other's. */
static int order(const struct side *a, const struct side *b)
{
    if (!a->there || !b->there)
        return (int)b->there - (int)a->there;
    uint8_t head_a = a->scan.key.data[0] & 0x7f, head_b = b->scan.key.data[0] & 0x7f;
    if (head_a != head_b)
        return head_a < head_b ? -1 : 1;
    return bytes_compare(bytes_of(a->scan.key.data + 1, a->scan.key.len - 1),
                         bytes_of(b->scan.key.data + 1, b->scan.key.len - 1));
}

static void differ(struct comparison *comparison, struct store_txn *txn, struct bytes key, int64_t kept,
                   int64_t counted)
{
    const struct rollup *rollup = rollup_of_key(key);
    struct cell_key cell;
    if (!rollup || !rollup_read_key(rollup, key, &cell)) {
        store_txn_fail(txn, FAULT_CORRUPT);
        return;
    }
    comparison->differing++;
    if (comparison->difference_count < DIFFERENCES_MOST)
        comparison->difference_count += differences_of(&comparison->names, rollup, &cell, kept, counted,
                                                       &comparison->differences[comparison->difference_count]);
}

/** Compares the cell that comes first of the two sides. */
static void compare(struct comparison *comparison, struct store_txn *txn, struct side *kept, struct side *counted)
{
    int which = order(kept, counted);
    int64_t kept_sum = which <= 0 ? kept->scan.sum : 0, counted_sum = which >= 0 ? counted->scan.sum : 0;
    comparison->cells++;
    if (kept_sum != counted_sum)
        differ(comparison, txn, which <= 0 ? kept->scan.key : counted->scan.key, kept_sum, counted_sum);
    if (which <= 0)
        step(kept);
    if (which >= 0)
        step(counted);
}

bool comparison_slice(struct comparison *comparison, struct store_txn *txn, unsigned kept_cube, unsigned counted_cube,
                      size_t most)
{
    struct side kept, counted;
    open_side(&kept, txn, kept_cube, &comparison->from);
    open_side(&counted, txn, counted_cube, &comparison->from);
    for (size_t i = 0; i < most && (kept.there || counted.there); i++)
        compare(comparison, txn, &kept, &counted);
    bool more = kept.there || counted.there;
    if (more) {
        comparison->from.len = 0;
        key_bytes_add(&comparison->from, order(&kept, &counted) <= 0 ? kept.scan.key : counted.scan.key);
        comparison->from.data[0] &= 0x7f;
    }
    index_scan_close(&kept.scan);
    index_scan_close(&counted.scan);
    return more && store_txn_fault(txn) == FAULT_NONE;
}

void comparison_write(const struct comparison *comparison, struct ctx *ctx)
{
    size_t count = comparison->difference_count;
    const struct figure_comparison result = {
        .ended_ms = ctx->now_ms,
        .activity_seq = (int64_t)stats_activity_seq(ctx->txn),
        .cells = comparison->cells,
        .differing = comparison->differing,
        .differences = {count < DIFFERENCES_MOST ? count : DIFFERENCES_MOST, comparison->differences},
    };
    row_put_at(ctx, &stats_layout, &figure_comparison_row_desc, text_bytes(row_key), &result);
    if (result.differing > 0)
        LOG(LOG_LEVEL_ERROR, "figures differed from what was counted anew, and were put right; stats.state says which",
            log_int("cells", result.cells), log_int("differing", result.differing));
}

bool comparison_read(struct ctx *ctx, struct figure_comparison *out_result)
{
    return row_get_at(ctx, &stats_layout, &figure_comparison_row_desc, text_bytes(row_key), out_result);
}
