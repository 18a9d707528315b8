// SPDX-License-Identifier: Apache-2.0
#include "services/stats/cube.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "services/stats/changes.h"
#include "services/stats/comparison.h"
#include "services/stats/persons.h"
#include "services/stats/renewal.h"
#include "services/stats/sums.h"
#include "services/stats/zone.h"

enum {
    FACTS_A_SLICE = 4096,
    CELLS_A_SLICE = 5000, // cleared
    COMPARED_A_SLICE = 40 * 1000,
    LAYOUT_BYTES = 1024,
    CELL_LAYOUT = 4, // raised when a cell's key or sum is written otherwise
};

static const struct text row_key = {"cube", 4};

struct cubes {
    struct cube now;     // as the batch has it
    struct cube durable; // before it
    struct key cleared;  // the last cell that was set to 0, since the start; empty: none was
    struct comparison *comparison;
};

/* The row. */

/** What cells depend on: how keys and sums are written, the days of the default zone, and of each roll-up its number and its parts. */
static struct buffer layout_of(const struct zone *zone)
{
    struct buffer layout;
    buffer_init(&layout, LAYOUT_BYTES);
    buffer_byte(&layout, CELL_LAYOUT);
    buffer_u64(&layout, zone_digest(zone));
    for (size_t i = 0; i < rollup_count; i++) {
        buffer_byte(&layout, rollups[i].number);
        buffer_byte(&layout, (uint8_t)rollups[i].part_count);
        for (size_t j = 0; j < rollups[i].part_count; j++)
            buffer_byte(&layout, (uint8_t)rollups[i].parts[j]);
    }
    return layout;
}

enum {
    STATE_FIGURES = 1,
    STATE_SECOND = 2, // the second cube is the active one
    STATE_WANTED = 4,
    STATE_STEP_SHIFT = 3,
    ROW_HEAD = 1 + 8,
};

static void write_cube(const struct stats_service *self, struct store_txn *txn)
{
    const struct cube *cube = &self->cubes->now;
    struct buffer row, layout = layout_of(self->zone);
    buffer_init(&row, LAYOUT_BYTES);
    buffer_byte(&row, (uint8_t)((cube->has_figures ? STATE_FIGURES : 0) | (cube->active ? STATE_SECOND : 0) |
                                (cube->is_wanted ? STATE_WANTED : 0) | (unsigned)cube->step << STATE_STEP_SHIFT));
    buffer_u64(&row, cube->upto);
    buffer_append(&row, layout.data, layout.len);
    if (layout.failed || row.failed)
        store_txn_fail(txn, FAULT_MEMORY);
    else
        store_put(txn, &stats_layout, text_bytes(row_key), buffer_bytes(&row));
    buffer_fini(&row);
    buffer_fini(&layout);
}

/** `out_layout` borrows as store_get. False: there is no row. */
static bool read_row(struct store_txn *txn, struct cube *out_cube, struct bytes *out_layout)
{
    struct bytes row;
    *out_cube = (struct cube){.has_figures = false};
    if (!store_get(txn, &stats_layout, text_bytes(row_key), &row) || row.len < ROW_HEAD)
        return false;
    unsigned state = row.data[0];
    *out_cube = (struct cube){
        .has_figures = state & STATE_FIGURES,
        .active = state & STATE_SECOND ? 1 : 0,
        .is_wanted = state & STATE_WANTED,
        .step = (enum cube_step)(state >> STATE_STEP_SHIFT),
        .upto = get_u64(row.data + 1),
    };
    *out_layout = bytes_of(row.data + ROW_HEAD, row.len - ROW_HEAD);
    return true;
}

struct cube cube_read(struct store_txn *txn)
{
    struct cube cube;
    struct bytes layout;
    read_row(txn, &cube, &layout);
    return cube;
}

bool cube_of_figures(struct ctx *ctx, unsigned *out_cube)
{
    struct cube cube = cube_read(ctx->txn);
    *out_cube = cube.active;
    if (!cube.has_figures)
        ctx_refuse(ctx, ERROR_BUSY, NULL,
                   "All activities are being counted anew, which may take minutes; ask again then.");
    return cube.has_figures;
}

static bool has_cells(struct store_txn *txn)
{
    struct index_scan scan;
    index_scan_open(&scan, txn, &stats_cells, bytes_of("", 0), bytes_of("", 0), false);
    bool there = index_scan_next(&scan);
    index_scan_close(&scan);
    return there;
}

/** What there is to begin with: of cells that are of another layout, nothing. */
static void find(struct stats_service *self, struct store_txn *txn)
{
    struct buffer layout = layout_of(self->zone);
    struct bytes kept = {NULL, 0};
    bool there = read_row(txn, &self->cubes->now, &kept);
    bool same = there && bytes_equal(kept, buffer_bytes(&layout));
    if (layout.failed)
        store_txn_fail(txn, FAULT_MEMORY);
    buffer_fini(&layout);
    if (same || store_txn_fault(txn) != FAULT_NONE)
        return;
    if (!there && !has_cells(txn)) {
        self->cubes->now = (struct cube){.has_figures = true};
        renewal_await(txn, "activity");
        renewal_await(txn, "person");
    } else {
        LOG(LOG_LEVEL_INFO, "the figures were counted in another way; they are counted anew",
            log_int("rollups", (int64_t)rollup_count));
        self->cubes->now = (struct cube){.active = self->cubes->now.active, .step = CUBE_CLEARS, .is_wanted = true};
    }
    write_cube(self, txn);
}

enum fault cube_open(struct stats_service *self)
{
    self->cubes = calloc(1, sizeof *self->cubes);
    if (!self->cubes || !(self->cubes->comparison = comparison_new()))
        return FAULT_MEMORY;
    struct store_txn *txn = store_begin_write(self->store);
    find(self, txn);
    self->cubes->durable = self->cubes->now;
    return store_commit(txn);
}

void cube_close(struct stats_service *self)
{
    if (self->cubes)
        comparison_free(self->cubes->comparison);
    free(self->cubes);
}

void cube_committed(struct stats_service *self)
{
    self->cubes->durable = self->cubes->now;
}

void cube_aborted(struct stats_service *self)
{
    self->cubes->now = self->cubes->durable;
    self->cubes->cleared.len = 0;
    comparison_begin(self->cubes->comparison);
}

/* Counting. */

static unsigned other_of(const struct cube *cube)
{
    return cube->active ? 0 : 1;
}

static struct amount amount_of(const struct stats_service *self, struct store_txn *txn, const struct fact *fact)
{
    const struct attributes attributes = persons_get(self->persons, txn, fact->person);
    return (struct amount){
        .point = fact_point(fact, zone_day(self->zone, fact->start_ms), &attributes),
        .sum = figures_sum(fact_figures(fact)),
    };
}

void cube_count(struct stats_service *self, struct store_txn *txn, uint64_t activity, const struct fact *old,
                const struct fact *now)
{
    const struct cube *cube = &self->cubes->now;
    struct amount was, is;
    if (old)
        was = amount_of(self, txn, old);
    if (now)
        is = amount_of(self, txn, now);
    if (cube->has_figures)
        sums_count(self->sums, txn, cube->active, old ? &was : NULL, now ? &is : NULL);
    if (cube->step >= CUBE_COUNTS && activity <= cube->upto)
        sums_count(self->sums, txn, other_of(cube), old ? &was : NULL, now ? &is : NULL);
}

/* Moving. */

/** A sum that goes from what the person had to what he has. */
struct move {
    struct amount from;
    struct amount to;
};

enum { MOVES = 16 * 1024 }; // gathered before they are written: what is read in between has them

struct moves {
    struct stats_service *self;
    struct store_txn *txn;
    unsigned cube;
    const struct person_change *changes; // by person
    size_t change_count;
    size_t at; // the change that is under way, and the cell to go on from
    struct cell_key from;
    size_t count;
    struct move items[MOVES];
};

static const struct rollup *base(void)
{
    return &rollups[rollup_count - 1];
}

static void write_moves(struct moves *moves)
{
    for (size_t i = 0; i < moves->count; i++)
        sums_count(moves->self->sums, moves->txn, moves->cube, &moves->items[i].from, &moves->items[i].to);
    moves->count = 0;
    sums_flush(moves->self->sums, moves->txn); // what is read next has them
}

/** Gathers what a person has of one type on one day; cells of a type come in the order of their times. */
static void gather(struct moves *moves, const struct move *move)
{
    struct move *last = moves->count ? &moves->items[moves->count - 1] : NULL;
    if (last && memcmp(&last->from.point, &move->from.point, sizeof move->from.point) == 0 &&
        memcmp(&last->to.point, &move->to.point, sizeof move->to.point) == 0) {
        last->from.sum += move->from.sum;
        last->to.sum += move->to.sum;
    } else {
        moves->items[moves->count++] = *move;
    }
}

static bool same_in_rollups(const struct attributes *a, const struct attributes *b)
{
    return memcmp(a->at, b->at, ATTRIBUTE_ORGANISATION * sizeof *a->at) == 0;
}

/** Goes to the next person whose cells move; false: there is none. */
static bool find_person(struct moves *moves, struct move *out_move)
{
    for (; moves->at < moves->change_count; moves->at++) {
        const struct person_change *change = &moves->changes[moves->at];
        const struct attributes was = persons_get(moves->self->persons, moves->txn, change->person);
        if (same_in_rollups(&was, &change->now))
            continue;
        memset(out_move, 0, sizeof *out_move);
        point_set_attributes(&out_move->from.point, &was);
        point_set_attributes(&out_move->to.point, &change->now);
        if (moves->from.values[0] != (int64_t)change->person)
            moves->from = (struct cell_key){{(int64_t)change->person, INT64_MIN, INT64_MIN}};
        return true;
    }
    return false;
}

/** Moves the person's cell that the scan stands on. */
static void move_cell(struct moves *moves, const struct cell_key *cell, int64_t sum, struct move *move)
{
    int32_t day;
    if (!zone_day_of_quarter(moves->self->zone, cell->values[2], &day)) {
        store_txn_fail(moves->txn, FAULT_CORRUPT);
        return;
    }
    move->from.point.at[PART_TYPE] = move->to.point.at[PART_TYPE] = cell->values[1];
    move->from.point.at[PART_DAY] = move->to.point.at[PART_DAY] = day;
    move->from.sum = move->to.sum = sum;
    gather(moves, move);
}

/** Gathers moves, with one scan for all persons, as many as there is room for; false: they were all. */
static bool move_some(struct moves *moves)
{
    const uint8_t head = rollup_head(base(), moves->cube);
    struct index_scan scan;
    struct cell_key cell;
    struct move move;
    if (!find_person(moves, &move))
        return false;
    struct key from = rollup_key(base(), moves->cube, &moves->from);
    index_scan_open(&scan, moves->txn, &stats_cells, bytes_of(&head, 1), key_bytes(&from), false);
    bool there = index_scan_next(&scan);
    while (there && moves->count < MOVES) {
        if (!rollup_read_key(base(), scan.key, &cell)) {
            store_txn_fail(moves->txn, FAULT_CORRUPT);
            break;
        }
        if (cell.values[0] == moves->from.values[0]) {
            move_cell(moves, &cell, scan.sum, &move);
            moves->from = cell;
            moves->from.values[2]++;
            there = index_scan_next(&scan);
            continue;
        }
        moves->at++; // all of this one
        while (moves->at < moves->change_count && (int64_t)moves->changes[moves->at].person < cell.values[0])
            moves->at++; // who has no cell
        if (!find_person(moves, &move))
            break;
        if (cell.values[0] < moves->from.values[0]) {
            from = rollup_key(base(), moves->cube, &moves->from);
            index_scan_leap(&scan, key_bytes(&from));
            there = index_scan_next(&scan);
        }
    }
    index_scan_close(&scan);
    return there && moves->at < moves->change_count && store_txn_fault(moves->txn) == FAULT_NONE;
}

static void move_all(struct moves *moves, unsigned cube)
{
    bool more = true;
    moves->cube = cube;
    moves->at = 0;
    moves->from = (struct cell_key){{INT64_MIN, 0, 0}};
    while (more) {
        more = move_some(moves);
        write_moves(moves);
    }
}

void cube_move(struct stats_service *self, struct store_txn *txn)
{
    const struct cube *cube = &self->cubes->now;
    size_t count;
    const struct person_change *changes = persons_changes(self->persons, &count);
    if (count == 0)
        return;
    struct moves *moves = malloc(sizeof *moves);
    if (!moves) {
        store_txn_fail(txn, FAULT_MEMORY);
        return;
    }
    moves->self = self;
    moves->txn = txn;
    moves->changes = changes;
    moves->change_count = count;
    moves->count = 0;
    sums_flush(self->sums, txn); // the cells of the batch move, too
    if (cube->has_figures)
        move_all(moves, cube->active);
    if (cube->step >= CUBE_COUNTS)
        move_all(moves, other_of(cube));
    free(moves);
    persons_write(self->persons, txn);
    changes_note(self->changes, FIGURE_QUESTION, 0);
}

/* Counting anew. */

bool cube_may_rebuild(const struct stats_service *self)
{
    return !self->cubes->now.is_wanted;
}

void cube_rebuild(struct stats_service *self, struct store_txn *txn)
{
    struct cube *cube = &self->cubes->now;
    cube->is_wanted = true;
    cube->step = CUBE_CLEARS;
    self->cubes->cleared.len = 0;
    write_cube(self, txn);
}

void cube_invalidate(struct stats_service *self, struct store_txn *txn)
{
    self->cubes->now.has_figures = false;
    cube_rebuild(self, txn);
}

/** Sets a slice of the other cube's cells to 0; false when none was left. */
static bool clear_slice(struct stats_service *self, struct store_txn *txn, struct arena *arena)
{
    struct cell {
        struct bytes key;
        int64_t sum;
    } *cells = arena_alloc_array(arena, CELLS_A_SLICE, sizeof *cells);
    const unsigned other = other_of(&self->cubes->now);
    struct index_scan scan;
    size_t count = 0;
    if (!cells) {
        store_txn_fail(txn, FAULT_MEMORY);
        return true;
    }
    sums_flush(self->sums, txn); // the batch may have added to them
    if (self->cubes->cleared.len == 0 && other == 1)
        key_u8(&self->cubes->cleared, rollup_head(&rollups[0], other) & 0x80);
    index_scan_open(&scan, txn, &stats_cells, bytes_of("", 0),
                    bytes_of(self->cubes->cleared.data, self->cubes->cleared.len), false);
    while (count < CELLS_A_SLICE && index_scan_next(&scan) && rollup_cube_of(scan.key) == other)
        cells[count++] = (struct cell){arena_bytes(arena, scan.key), scan.sum};
    index_scan_close(&scan);
    for (size_t i = 0; i < count; i++)
        index_add(txn, &stats_cells, cells[i].key, -cells[i].sum);
    if (count > 0) {
        self->cubes->cleared.len = 0;
        key_bytes_add(&self->cubes->cleared, cells[count - 1].key);
    }
    return count > 0;
}

/** Counts a slice of facts into the other cube; false when none was left. */
static bool count_slice(struct stats_service *self, struct store_txn *txn)
{
    struct cube *cube = &self->cubes->now;
    struct block_walk walk;
    size_t count = 0;
    block_cache_flush(self->facts, txn); // the batch may have changed some
    block_walk_open(&walk, txn, &stats_facts, cube->upto + 1, (1 << FACT_COLUMNS) - 1);
    while (count < FACTS_A_SLICE && block_walk_next(&walk, INT64_MIN, INT64_MAX)) {
        const struct block *block = &walk.block;
        for (size_t i = 0; i < block->count; i++) {
            const struct fact fact = fact_of_block(block, i);
            const struct amount amount = amount_of(self, txn, &fact);
            sums_count(self->sums, txn, other_of(cube), NULL, &amount);
        }
        count += block->count;
        cube->upto = block->number * BLOCK_ROWS + (BLOCK_ROWS - 1);
    }
    block_walk_close(&walk);
    return count > 0;
}

bool cube_has_work(const struct stats_service *self)
{
    return self->cubes->now.step != CUBE_RESTS;
}

static void begin_counting(struct cube *cube)
{
    cube->step = cube->is_wanted ? CUBE_COUNTS : CUBE_RESTS;
    cube->upto = 0;
}

/** All is counted: also what comes is, from now on. */
static void begin_comparing(struct stats_service *self)
{
    self->cubes->now.step = CUBE_COMPARES;
    self->cubes->now.upto = UINT64_MAX;
    comparison_begin(self->cubes->comparison);
}

static void end_counting(struct stats_service *self, struct store_txn *txn)
{
    struct cube *cube = &self->cubes->now;
    cube->active = other_of(cube);
    cube->has_figures = true;
    cube->is_wanted = false;
    cube->step = CUBE_CLEARS;
    self->cubes->cleared.len = 0;
    LOG(LOG_LEVEL_INFO, "the figures have been counted anew",
        log_int("activity_seq", (int64_t)stats_activity_seq(txn)));
}

void cube_work(struct stats_service *self, struct ctx *ctx)
{
    struct cube *cube = &self->cubes->now;
    switch (cube->step) {
    case CUBE_RESTS:
        return;
    case CUBE_CLEARS:
        if (!clear_slice(self, ctx->txn, ctx->arena))
            begin_counting(cube);
        break;
    case CUBE_COUNTS:
        if (count_slice(self, ctx->txn))
            break;
        if (cube->has_figures)
            begin_comparing(self);
        else
            end_counting(self, ctx->txn);
        break;
    case CUBE_COMPARES:
        sums_flush(self->sums, ctx->txn); // the batch may have added to one of the two
        if (comparison_slice(self->cubes->comparison, ctx->txn, cube->active, other_of(cube), COMPARED_A_SLICE))
            return; // nothing was written
        comparison_write(self->cubes->comparison, ctx);
        end_counting(self, ctx->txn);
        break;
    }
    write_cube(self, ctx->txn);
}
