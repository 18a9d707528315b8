// SPDX-License-Identifier: Apache-2.0
#include "services/stats/tally.h"

#include <stdlib.h>

#include "services/stats/mix.h"

bool tally_open(struct tally *tally, const struct question *question, struct ctx *ctx)
{
    size_t slot_count = 16;
    while (slot_count < 2 * question->limit)
        slot_count *= 2;
    *tally = (struct tally){
        .question = question,
        .cells = ctx_alloc_array(ctx, question->limit, sizeof *tally->cells),
        .slots = ctx_alloc_array(ctx, slot_count, sizeof *tally->slots),
        .slot_count = slot_count,
    };
    return tally->cells && tally->slots;
}

void tally_clear(struct tally *tally)
{
    memset(tally->slots, 0, tally->slot_count * sizeof *tally->slots);
    tally->count = 0;
    tally->total = (struct figure_cell){0};
}

static struct figure_cell group_of(const struct question *question, uint64_t type, uint64_t person, int32_t day)
{
    struct figure_cell cell = {0};
    for (size_t i = 0; i < question->group_count; i++)
        switch (question->groups[i]) {
        case DIMENSION_TYPE:
            cell.has_type = true;
            cell.type = type;
            break;
        case DIMENSION_PERSON:
            cell.has_person = person != 0;
            cell.person = person;
            break;
        case DIMENSION_DAY:
            cell.has_day = true;
            cell.day = day;
            break;
        }
    return cell;
}

static uint32_t *slot_of(const struct tally *tally, const struct figure_cell *group)
{
    uint64_t mixed = mix64(mix64(mix64(group->type) + group->person) + (uint64_t)group->day);
    size_t at = (size_t)mixed & (tally->slot_count - 1);
    while (tally->slots[at]) {
        const struct figure_cell *cell = &tally->cells[tally->slots[at] - 1];
        if (cell->type == group->type && cell->person == group->person && cell->day == group->day)
            break;
        at = (at + 1) & (tally->slot_count - 1);
    }
    return &tally->slots[at];
}

static void count(struct figure_cell *cell, struct figures figures)
{
    cell->activities += figures.activities;
    cell->contacts += figures.contacts;
}

bool tally_add(struct tally *tally, uint64_t type, uint64_t person, int32_t day, struct figures figures)
{
    count(&tally->total, figures);
    if (tally->question->group_count == 0)
        return true;
    struct figure_cell group = group_of(tally->question, type, person, day);
    uint32_t *slot = slot_of(tally, &group);
    if (!*slot) {
        if (tally->count == tally->question->limit)
            return false;
        tally->cells[tally->count++] = group;
        *slot = (uint32_t)tally->count;
    }
    count(&tally->cells[*slot - 1], figures);
    return true;
}

static int order_cells(const void *a, const void *b, void *argument)
{
    const struct figure_cell *left = a, *right = b;
    const struct question *question = argument;
    int order = 0;
    for (size_t i = 0; i < question->group_count && order == 0; i++)
        switch (question->groups[i]) {
        case DIMENSION_TYPE:
            order = (left->type > right->type) - (left->type < right->type);
            break;
        case DIMENSION_PERSON:
            order = (left->person > right->person) - (left->person < right->person);
            break;
        case DIMENSION_DAY:
            order = (left->day > right->day) - (left->day < right->day);
            break;
        }
    return order;
}

void tally_sort(struct tally *tally)
{
    struct question question = *tally->question;
    if (tally->count)
        qsort_r(tally->cells, tally->count, sizeof *tally->cells, order_cells, &question);
}
