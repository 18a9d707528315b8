// SPDX-License-Identifier: Apache-2.0
/** The page of a set by name: from the long list, by each one's place or by walking it, and from the short one of those who moved. And namesakes. */
#include <stdlib.h>

#include "services/person/roster_order.h"

enum {
    STEP_COST = 8,    // a step in everybody's order, as looking at so many of the set
    FEW_PART = 3,     // a set of less than a third of all is looked at one by one; one of more is looked for
    AT_ONCE = 128,    // persons whose places are fetched side by side: each would be waited for
    NAMESAKES = 4096, // who are looked at
};

/** The first places of a set in the base so far, a heap whose root is the last of them. */
struct first_places {
    const struct roster_order *order;
    size_t from; // places before it do not count
    size_t count;
    size_t max;
    uint32_t *items;
};

static void sink_root(struct first_places *places)
{
    uint32_t *heap = places->items, moved = heap[0];
    size_t at = 0;
    for (size_t child = 1; child < places->count; child = 2 * at + 1) {
        child += child + 1 < places->count && heap[child + 1] > heap[child];
        if (heap[child] <= moved)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void rise_last(struct first_places *places)
{
    uint32_t *heap = places->items;
    size_t at = places->count - 1;
    uint32_t moved = heap[at];
    for (; at > 0 && moved > heap[(at - 1) / 2]; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = moved;
}

static void offer(struct first_places *places, uint32_t person)
{
    uint32_t place = roster_order_place(places->order, person);
    if (place == ROSTER_MOVED || place < places->from)
        return;
    if (places->count < places->max) {
        places->items[places->count++] = place;
        rise_last(places);
    } else if (place < places->items[0]) {
        places->items[0] = place;
        sink_root(places);
    }
}

static int compare_places(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/** Of the base, by looking at each of the set. */
static size_t page_of_few(const struct roster_order *order, const roaring_bitmap_t *persons, size_t from, size_t max,
                          uint32_t *out_persons)
{
    struct first_places places = {.order = order, .from = from, .max = max, .items = out_persons};
    uint32_t some[AT_ONCE], count;
    roaring_uint32_iterator_t at;
    roaring_init_iterator(persons, &at);
    while ((count = roaring_read_uint32_iterator(&at, some, AT_ONCE)) > 0) {
        for (uint32_t i = 0; i < count; i++)
            if (some[i] < order->place_capacity)
                __builtin_prefetch(&order->places[some[i]]);
        for (uint32_t i = 0; i < count; i++)
            offer(&places, some[i]);
    }
    qsort(out_persons, places.count, sizeof *out_persons, compare_places);
    for (size_t i = 0; i < places.count; i++)
        out_persons[i] = order->base[out_persons[i]];
    return places.count;
}

static bool set_bit(uint32_t person, void *user)
{
    uint64_t *bits = user;
    bits[person / 64] |= UINT64_C(1) << person % 64;
    return true;
}

static bool is_in_set(const void *persons, uint32_t person)
{
    return roaring_bitmap_contains(persons, person);
}

/** Of the base, by so many steps in everybody's order; returns how many are found by now, `from` becomes where the rest begins. */
static size_t first_steps(const struct roster_order *order, const struct roster_asked *asked, size_t steps, size_t max,
                          uint32_t *out_persons, size_t *from)
{
    size_t at = *from, found = 0, left = order->base_count - at, end = at + (steps < left ? steps : left);
    for (; found < max && at < end; at++) {
        uint32_t person = order->base[at];
        if (!asked->holds(asked->user, person))
            continue;
        out_persons[found] = person;
        found += order->places[person] == at;
    }
    *from = at;
    return found;
}

/** Of the base from a place on, the set spread out so that each step is a bit. */
static size_t page_of_many(const struct roster_order *order, struct ctx *ctx, const roaring_bitmap_t *persons,
                           size_t from, size_t max, uint32_t *out_persons)
{
    uint32_t last = roaring_bitmap_maximum(persons);
    uint64_t *bits = ctx_alloc_array(ctx, last / 64 + 1, sizeof *bits);
    size_t found = 0;
    if (!bits)
        return 0;
    roaring_iterate(persons, set_bit, bits);
    for (size_t at = from; found < max && at < order->base_count; at++) {
        uint32_t person = order->base[at];
        if (person > last || !(bits[person / 64] >> person % 64 & 1))
            continue;
        out_persons[found] = person;
        found += order->places[person] == at;
    }
    return found;
}

/** Of the base: twice the steps by which a page would be found if names said nothing, where they are worth it; then what the set's size asks for. */
static size_t page_of_base(const struct roster_order *order, struct ctx *ctx, const roaring_bitmap_t *persons,
                           size_t from, size_t max, uint32_t *out_persons)
{
    uint64_t count = roaring_bitmap_get_cardinality(persons), steps = 2 * max * order->base_count / (count + 1);
    size_t found = 0;
    const struct roster_asked asked = {is_in_set, persons};
    if (steps * STEP_COST < count)
        found = first_steps(order, &asked, steps, max, out_persons, &from);
    if (found == max || from == order->base_count)
        return found;
    bool are_few = count < order->base_count / FEW_PART;
    return found + (are_few ? page_of_few(order, persons, from, max - found, out_persons + found)
                            : page_of_many(order, ctx, persons, from, max - found, out_persons + found));
}

/** Of those who moved since. */
static size_t page_of_recent(const struct roster *roster, const struct roster_asked *asked,
                             const struct roster_place *after, size_t max, uint32_t *out_persons)
{
    const struct roster_order *order = roster_names(roster);
    size_t found = 0;
    for (size_t i = roster_order_recent_after(order, roster, after); found < max && i < order->recent_count; i++) {
        out_persons[found] = order->recent[i];
        found += asked->holds(asked->user, order->recent[i]);
    }
    return found;
}

/** A page that is being made of the two. */
struct two_lists {
    uint32_t *own;
    uint32_t *recent; // behind it
    size_t from;      // of the base
    size_t own_count;
    size_t recent_count;
};

/** False: refused. */
static bool two_lists_begin(struct two_lists *lists, const struct roster *roster, struct ctx *ctx,
                            const struct roster_place *after, size_t max)
{
    uint32_t *room = ctx_alloc_array(ctx, 2 * max, sizeof *room);
    if (room)
        *lists = (struct two_lists){.own = room, .recent = room + max};
    if (room)
        lists->from = roster_order_base_after(roster_names(roster), roster, after);
    return room != NULL;
}

static size_t two_lists_merge(const struct two_lists *lists, const struct roster *roster, size_t max,
                              uint32_t *out_persons)
{
    const uint32_t *own = lists->own, *recent = lists->recent;
    const uint32_t *own_end = own + lists->own_count, *recent_end = recent + lists->recent_count;
    size_t found = 0;
    while (found < max && (own < own_end || recent < recent_end)) {
        bool is_own = own < own_end && (recent == recent_end || roster_compare(roster, *own, *recent) < 0);
        out_persons[found++] = is_own ? *own++ : *recent++;
    }
    return found;
}

size_t roster_page_by_name(const struct roster *roster, struct ctx *ctx, const roaring_bitmap_t *persons,
                           const struct roster_place *after, size_t max, uint32_t *out_persons)
{
    const struct roster_asked asked = {is_in_set, persons};
    struct two_lists lists;
    if (!two_lists_begin(&lists, roster, ctx, after, max))
        return 0;
    lists.own_count = page_of_base(roster_names(roster), ctx, persons, lists.from, max, lists.own);
    lists.recent_count = page_of_recent(roster, &asked, after, max, lists.recent);
    return two_lists_merge(&lists, roster, max, out_persons);
}

bool roster_page_by_steps(const struct roster *roster, struct ctx *ctx, const struct roster_asked *asked, size_t steps,
                          const struct roster_place *after, size_t max, uint32_t *out_persons, size_t *out_count)
{
    const struct roster_order *order = roster_names(roster);
    struct two_lists lists;
    if (!two_lists_begin(&lists, roster, ctx, after, max))
        return false;
    lists.own_count = first_steps(order, asked, steps, max, lists.own, &lists.from);
    if (lists.own_count < max && lists.from < order->base_count)
        return false;
    lists.recent_count = page_of_recent(roster, asked, after, max, lists.recent);
    *out_count = two_lists_merge(&lists, roster, max, out_persons);
    return true;
}

/** What is looked for among namesakes. */
struct twins {
    const struct roster *roster;
    uint32_t person;
    size_t max;
    size_t count;
    uint32_t *persons;
    size_t steps;
};

/** Looks at the next of a list; false: he has another name, or enough were looked at. */
static bool look(struct twins *twins, uint32_t person)
{
    if (twins->steps++ >= NAMESAKES || twins->count == twins->max ||
        !roster_same_name(twins->roster, twins->person, person))
        return false;
    if (person != twins->person &&
        roster_birth_date(twins->roster, person) == roster_birth_date(twins->roster, twins->person))
        twins->persons[twins->count++] = person;
    return true;
}

size_t roster_twins(const struct roster *roster, uint32_t person, size_t max, uint32_t *out_persons, size_t *steps)
{
    const struct roster_order *order = roster_names(roster);
    const struct roster_place before = {roster_key(roster, person), 0};
    struct twins twins = {.roster = roster, .person = person, .max = max};
    twins.persons = out_persons;
    if (roster_birth_date(roster, person) == ROSTER_NO_DATE)
        return 0;
    for (size_t i = roster_order_base_after(order, roster, &before); i < order->base_count; i++)
        if (order->places[order->base[i]] == i && !look(&twins, order->base[i]))
            break;
    for (size_t i = roster_order_recent_after(order, roster, &before); i < order->recent_count; i++)
        if (!look(&twins, order->recent[i]))
            break;
    *steps += twins.steps;
    return twins.count;
}
