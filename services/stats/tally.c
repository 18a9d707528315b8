// SPDX-License-Identifier: Apache-2.0
#include "services/stats/tally.h"

#include <stdlib.h>

#include "services/stats/mix.h"

bool tally_open(struct tally *tally, const struct question *question, size_t most, struct ctx *ctx)
{
    size_t slot_count = 16;
    while (slot_count < 2 * most)
        slot_count *= 2;
    *tally = (struct tally){
        .question = question,
        .most = most,
        .cells = ctx_alloc_array(ctx, most, sizeof *tally->cells),
        .slots = ctx_alloc_array(ctx, slot_count, sizeof *tally->slots),
        .slot_count = slot_count,
    };
    return tally->cells && tally->slots;
}

void tally_clear(struct tally *tally)
{
    if (tally->is_previous) {
        tally->total.previous = (struct figures){0};
        for (size_t i = 0; i < tally->count; i++)
            tally->cells[i].previous = (struct figures){0};
        return;
    }
    memset(tally->slots, 0, tally->slot_count * sizeof *tally->slots);
    tally->count = 0;
    tally->total = (struct tally_cell){0};
}

static uint32_t *slot_of(const struct tally *tally, const int64_t values[TALLY_GROUPS])
{
    uint64_t mixed = mix64(mix64((uint64_t)values[0]) + (uint64_t)values[1]);
    size_t at = (size_t)mixed & (tally->slot_count - 1);
    while (tally->slots[at]) {
        const struct tally_cell *cell = &tally->cells[tally->slots[at] - 1];
        if (cell->values[0] == values[0] && cell->values[1] == values[1])
            break;
        at = (at + 1) & (tally->slot_count - 1);
    }
    return &tally->slots[at];
}

static void count(const struct tally *tally, struct tally_cell *cell, struct figures figures)
{
    struct figures *sum = tally->is_previous ? &cell->previous : &cell->figures;
    sum->activities += figures.activities;
    sum->contacts += figures.contacts;
}

void tally_add_total(struct tally *tally, struct figures figures)
{
    count(tally, &tally->total, figures);
}

bool tally_add(struct tally *tally, const int64_t values[TALLY_GROUPS], struct figures figures)
{
    uint32_t *slot = slot_of(tally, values);
    if (!*slot) {
        if (tally->count == tally->most)
            return false;
        tally->cells[tally->count++] = (struct tally_cell){.values = {values[0], values[1]}};
        *slot = (uint32_t)tally->count;
    }
    count(tally, &tally->cells[*slot - 1], figures);
    return true;
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
    int64_t left = ((const struct tally_cell *)a)->figures.activities;
    int64_t right = ((const struct tally_cell *)b)->figures.activities;
    return left != right ? (left < right) - (left > right) : order_values(a, b);
}

static int order_contacts(const void *a, const void *b)
{
    int64_t left = ((const struct tally_cell *)a)->figures.contacts;
    int64_t right = ((const struct tally_cell *)b)->figures.contacts;
    return left != right ? (left < right) - (left > right) : order_values(a, b);
}

static void sort(struct tally *tally, int (*order)(const void *a, const void *b))
{
    if (tally->count)
        qsort(tally->cells, tally->count, sizeof *tally->cells, order);
}

void tally_sort(struct tally *tally)
{
    sort(tally, order_values);
}

void tally_sort_by(struct tally *tally, enum measure measure)
{
    sort(tally, measure == MEASURE_CONTACTS ? order_contacts : order_activities);
}
