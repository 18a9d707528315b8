// SPDX-License-Identifier: Apache-2.0
#include "services/stats/tally.h"

#include <stdlib.h>

#include "common/base/wide.h"
#include "services/stats/mix.h"

enum {
    FEWEST_SLOTS = 256,
    FEWEST_DENSE = 4096,
    MOST_DENSE = 8 * 1024 * 1024, // 128 MiB; a person beyond is looked for
};

void tally_open(struct tally *tally, const struct question *question, size_t most)
{
    *tally = (struct tally){.question = question, .most = most};
}

static int64_t *dense_sum(const struct tally *tally, size_t place)
{
    return tally->is_previous ? &tally->dense[place].previous : &tally->dense[place].sum;
}

void tally_close(struct tally *tally)
{
    free(tally->cells);
    free(tally->slots);
    free(tally->dense);
}

void tally_clear(struct tally *tally)
{
    tally->waiting_count = 0;
    for (size_t i = 0; i < tally->dense_count; i++)
        *dense_sum(tally, i) = 0;
    if (tally->is_previous) {
        tally->total.previous = 0;
        for (size_t i = 0; i < tally->count; i++)
            tally->cells[i].previous = 0;
        return;
    }
    if (tally->slots)
        memset(tally->slots, 0, tally->slot_count * sizeof *tally->slots);
    tally->count = 0;
    tally->total = (struct tally_cell){.sum = 0};
}

static uint64_t hash_of(const int64_t values[TALLY_GROUPS])
{
    return mix64((uint64_t)values[0] * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)values[1]);
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32); // slots are chosen by the other half
}

static struct tally_slot *slot_of(const struct tally *tally, const int64_t values[TALLY_GROUPS], uint64_t hash)
{
    struct tally_slot *slot = &tally->slots[(size_t)hash & (tally->slot_count - 1)];
    for (; slot->place; slot = slot + 1 < tally->slots + tally->slot_count ? slot + 1 : tally->slots) {
        const struct tally_cell *cell = &tally->cells[slot->place - 1];
        if (slot->tag == tag_of(hash) && cell->values[0] == values[0] && cell->values[1] == values[1])
            break;
    }
    return slot;
}

/** Twice as many cells, none of them in two lines of the processor's cache; NULL: no memory. */
static struct tally_cell *more_cells(const struct tally *tally, size_t capacity)
{
    struct tally_cell *cells = wide_alloc(capacity, sizeof *cells);
    if (cells && tally->count > 0)
        memcpy(cells, tally->cells, tally->count * sizeof *cells);
    return cells;
}

/** Room for one more cell: twice as much whenever it is out. */
static bool reserve(struct tally *tally)
{
    if (tally->count < tally->capacity)
        return true;
    size_t slot_count = tally->slot_count ? 2 * tally->slot_count : FEWEST_SLOTS, capacity = slot_count / 2;
    struct tally_cell *cells = more_cells(tally, capacity);
    struct tally_slot *slots = wide_alloc_zeroed(slot_count, sizeof *slots);
    tally->has_no_memory = !cells || !slots;
    if (tally->has_no_memory) {
        free(cells);
        free(slots);
        return false;
    }
    free(tally->cells);
    free(tally->slots);
    tally->cells = cells;
    tally->slots = slots;
    tally->slot_count = slot_count;
    tally->capacity = capacity;
    for (size_t i = 0; i < tally->count; i++) {
        uint64_t hash = hash_of(tally->cells[i].values);
        *slot_of(tally, tally->cells[i].values, hash) = (struct tally_slot){tag_of(hash), (uint32_t)i + 1};
    }
    return true;
}

static void count(const struct tally *tally, struct tally_cell *cell, int64_t sum)
{
    *(tally->is_previous ? &cell->previous : &cell->sum) += sum;
}

void tally_add_total(struct tally *tally, int64_t sum)
{
    count(tally, &tally->total, sum);
}

static bool put(struct tally *tally, const struct tally_waiting *waiting)
{
    struct tally_slot *slot = tally->slot_count ? slot_of(tally, waiting->values, waiting->hash) : NULL;
    if (!slot || !slot->place) {
        if (tally->count == tally->most || !reserve(tally))
            return false;
        slot = slot_of(tally, waiting->values, waiting->hash);
        tally->cells[tally->count++] = (struct tally_cell){.values = {waiting->values[0], waiting->values[1]}};
        *slot = (struct tally_slot){tag_of(waiting->hash), (uint32_t)tally->count};
    }
    count(tally, &tally->cells[slot->place - 1], waiting->sum);
    return true;
}

/** Room for this person and those before; false: no memory. */
static bool reserve_dense(struct tally *tally, size_t person)
{
    size_t count = tally->dense_count ? tally->dense_count : FEWEST_DENSE;
    while (count <= person)
        count *= 2;
    struct tally_dense *dense = wide_alloc_zeroed(count, sizeof *dense);
    tally->has_no_memory = !dense;
    if (!dense)
        return false;
    if (tally->dense_count)
        memcpy(dense, tally->dense, tally->dense_count * sizeof *dense);
    free(tally->dense);
    tally->dense = dense;
    tally->dense_count = count;
    return true;
}

/** Where few groups are wanted at most, it is known sooner that there are more. */
static bool is_dense(const struct tally *tally, int64_t value)
{
    const struct question *question = tally->question;
    return tally->is_of_top && question->group_count == 1 && question->groups[0] == DIMENSION_PERSON &&
           question->source == SOURCE_FACTS && value >= 0 && value < MOST_DENSE;
}

bool tally_settle(struct tally *tally)
{
    bool good = true;
    for (size_t i = 0; i < tally->waiting_count && tally->slot_count; i++) {
        uint32_t place = tally->slots[(size_t)tally->waiting[i].hash & (tally->slot_count - 1)].place;
        if (place)
            __builtin_prefetch(&tally->cells[place - 1]);
    }
    for (size_t i = 0; i < tally->waiting_count && good; i++) {
        const struct tally_waiting *waiting = &tally->waiting[i];
        if (waiting->is_dense)
            *dense_sum(tally, (size_t)waiting->values[0]) += waiting->sum;
        else
            good = put(tally, waiting);
    }
    tally->waiting_count = 0;
    return good;
}

bool tally_add(struct tally *tally, const int64_t values[TALLY_GROUPS], int64_t sum)
{
    bool dense = is_dense(tally, values[0]);
    if (dense && (size_t)values[0] >= tally->dense_count && !reserve_dense(tally, (size_t)values[0]))
        return false;
    struct tally_waiting *waiting = &tally->waiting[tally->waiting_count++];
    *waiting = (struct tally_waiting){{values[0], values[1]}, sum, dense, dense ? 0 : hash_of(values)};
    if (dense)
        __builtin_prefetch(&tally->dense[values[0]]);
    else if (tally->slot_count)
        __builtin_prefetch(&tally->slots[(size_t)waiting->hash & (tally->slot_count - 1)]);
    return tally->waiting_count < TALLY_WAITING || tally_settle(tally);
}

/** Room for more cells that are not looked for. */
static bool reserve_cells(struct tally *tally, size_t more)
{
    if (more == 0)
        return true;
    struct tally_cell *cells = more_cells(tally, tally->count + more);
    tally->has_no_memory = !cells;
    if (!cells)
        return false;
    free(tally->cells);
    tally->cells = cells;
    return true;
}

static bool tell_dense(struct tally *tally)
{
    size_t count = 0;
    for (size_t i = 0; i < tally->dense_count; i++)
        count += tally->dense[i].sum != 0 || tally->dense[i].previous != 0;
    if (tally->count + count > tally->most || !reserve_cells(tally, count))
        return false;
    for (size_t i = 0; i < tally->dense_count; i++)
        if (tally->dense[i].sum != 0 || tally->dense[i].previous != 0)
            tally->cells[tally->count++] =
                (struct tally_cell){{(int64_t)i, 0}, tally->dense[i].sum, tally->dense[i].previous};
    return true;
}

static void drop_empty(struct tally *tally)
{
    size_t kept = 0;
    for (size_t i = 0; i < tally->count; i++)
        if (tally->cells[i].sum != 0 || tally->cells[i].previous != 0)
            tally->cells[kept++] = tally->cells[i];
    tally->count = kept;
}

bool tally_end(struct tally *tally)
{
    drop_empty(tally);
    return tell_dense(tally);
}

static int order_values(const void *a, const void *b)
{
    const struct tally_cell *left = a, *right = b;
    int order = 0;
    for (size_t i = 0; i < TALLY_GROUPS && order == 0; i++)
        order = (left->values[i] > right->values[i]) - (left->values[i] < right->values[i]);
    return order;
}

static int order_activities(const void *a, const void *b)
{
    int64_t left = figures_of_sum(((const struct tally_cell *)a)->sum).activities;
    int64_t right = figures_of_sum(((const struct tally_cell *)b)->sum).activities;
    return left != right ? (left < right) - (left > right) : order_values(a, b);
}

static int order_contacts(const void *a, const void *b)
{
    int64_t left = figures_of_sum(((const struct tally_cell *)a)->sum).contacts;
    int64_t right = figures_of_sum(((const struct tally_cell *)b)->sum).contacts;
    return left != right ? (left < right) - (left > right) : order_values(a, b);
}

void tally_sort(struct tally *tally)
{
    if (tally->count)
        qsort(tally->cells, tally->count, sizeof *tally->cells, order_values);
}

/** Moves the cell at `at` of a heap whose root is the least down to where it belongs. */
static void sift_down(struct tally_cell *cells, size_t count, size_t at, int (*order)(const void *a, const void *b))
{
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        child += child + 1 < count && order(&cells[child + 1], &cells[child]) > 0;
        if (order(&cells[child], &cells[at]) <= 0)
            return;
        struct tally_cell kept = cells[at];
        cells[at] = cells[child];
        cells[child] = kept;
        at = child;
    }
}

/** The best so far are a heap; whoever is better than the worst of them takes its place. */
void tally_sort_by(struct tally *tally, enum measure measure, size_t count)
{
    int (*order)(const void *a, const void *b) = measure == MEASURE_CONTACTS ? order_contacts : order_activities;
    struct tally_cell *cells = tally->cells;
    count = count < tally->count ? count : tally->count;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(cells, count, i, order);
    for (size_t i = count; count > 0 && i < tally->count; i++)
        if (order(&cells[i], &cells[0]) < 0) {
            struct tally_cell kept = cells[0];
            cells[0] = cells[i];
            cells[i] = kept;
            sift_down(cells, count, 0, order);
        }
    if (count)
        qsort(cells, count, sizeof *cells, order);
}
