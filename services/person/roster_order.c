// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_order.h"

#include <stdlib.h>

#include "common/base/grow.h"

enum {
    LEAST_MERGED = 64, // recent ones, or a part of all: then merging costs each of them no more than finding his place
    MERGED_PART = 128,
};

void roster_order_fini(struct roster_order *order)
{
    free(order->base);
    free(order->places);
    free(order->recent);
    *order = (struct roster_order){.base_count = 0};
}

/** A person and the beginning of his key, which mostly decides: sorting keys where they lie would miss the cache at every step. */
struct sorted {
    uint64_t beginning;
    uint32_t person;
};

static int compare_sorted(const void *a, const void *b, void *user)
{
    const struct sorted *left = a, *right = b;
    if (left->beginning != right->beginning)
        return left->beginning < right->beginning ? -1 : 1;
    return roster_compare(user, left->person, right->person);
}

/** Room for the places of everybody in the base. */
static bool grow_places(struct roster_order *order, const uint32_t *base, size_t count)
{
    size_t capacity = order->place_capacity;
    for (size_t i = 0; i < count; i++)
        capacity = base[i] >= capacity ? (size_t)base[i] + 1 : capacity;
    if (capacity == order->place_capacity)
        return true;
    capacity += capacity / 8;
    uint32_t *places = realloc(order->places, capacity * sizeof *places);
    if (!places)
        return false;
    memset(places + order->place_capacity, 0xff, (capacity - order->place_capacity) * sizeof *places);
    order->places = places;
    order->place_capacity = capacity;
    return true;
}

/** Takes a new base. */
static void set_base(struct roster_order *order, uint32_t *base, size_t count)
{
    free(order->base);
    order->base = base;
    order->base_count = count;
    order->moved_count = 0;
    for (size_t i = 0; i < count; i++)
        order->places[base[i]] = (uint32_t)i;
}

bool roster_order_build(struct roster_order *order, const struct roster *roster)
{
    const roaring_bitmap_t *everybody = roster_everybody(roster);
    size_t count = roaring_bitmap_get_cardinality(everybody);
    struct sorted *sorted = malloc((count ? count : 1) * sizeof *sorted);
    uint32_t *base = calloc(count ? count : 1, sizeof *base);
    if (base)
        roaring_bitmap_to_uint32_array(everybody, base);
    if (!sorted || !base || !grow_places(order, base, count)) {
        free(sorted);
        free(base);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct sorted){roster_beginning(roster_key(roster, base[i])), base[i]};
    qsort_r(sorted, count, sizeof *sorted, compare_sorted, (void *)(uintptr_t)roster);
    for (size_t i = 0; i < count; i++)
        base[i] = sorted[i].person;
    free(sorted);
    set_base(order, base, count);
    return true;
}

/** Whether somebody of the base sorts after the place; those who moved are not where their keys say, and do not count. */
static size_t own_from(const struct roster_order *order, size_t at, size_t end)
{
    while (at < end && order->places[order->base[at]] != at)
        at++;
    return at;
}

size_t roster_order_base_after(const struct roster_order *order, const struct roster *roster,
                               const struct roster_place *after)
{
    size_t low = 0, high = after ? order->base_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2, own = own_from(order, middle, high);
        if (own == high || roster_compare_place(roster, order->base[own], after) > 0)
            high = middle;
        else
            low = own + 1;
    }
    return low;
}

size_t roster_order_recent_after(const struct roster_order *order, const struct roster *roster,
                                 const struct roster_place *after)
{
    size_t low = 0, high = after ? order->recent_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (roster_compare_place(roster, order->recent[middle], after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/** Place among the recent ones where the person stands, or would. */
static size_t recent_place(const struct roster_order *order, const struct roster *roster, uint32_t person)
{
    size_t low = 0, high = order->recent_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (roster_compare(roster, order->recent[middle], person) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void roster_order_take_out(struct roster_order *order, const struct roster *roster, uint32_t person)
{
    size_t at = recent_place(order, roster, person);
    if (at < order->recent_count && order->recent[at] == person) {
        order->recent_count--;
        memmove(order->recent + at, order->recent + at + 1, (order->recent_count - at) * sizeof *order->recent);
    }
    if (roster_order_place(order, person) == ROSTER_MOVED)
        return;
    order->places[person] = ROSTER_MOVED;
    order->moved_count++;
}

bool roster_order_can_merge(const struct roster_order *order)
{
    return order->recent_count > 0 || order->moved_count > order->base_count / 2;
}

/** Copies those of the base that stand where they belong. */
static size_t copy_own(const struct roster_order *order, size_t from, size_t to, uint32_t *out)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        out[count] = order->base[i];
        count += order->places[order->base[i]] == i;
    }
    return count;
}

bool roster_order_merge(struct roster_order *order, const struct roster *roster)
{
    if (!roster_order_can_merge(order))
        return true;
    uint32_t *base = calloc(order->base_count + order->recent_count + 1, sizeof *base);
    if (!base || !grow_places(order, order->recent, order->recent_count)) {
        free(base);
        return false;
    }
    size_t count = 0, from = 0;
    for (size_t i = 0; i < order->recent_count; i++) {
        uint32_t person = order->recent[i];
        const struct roster_place place = {roster_key(roster, person), person};
        size_t to = roster_order_base_after(order, roster, &place);
        count += copy_own(order, from, to, base + count);
        base[count++] = person;
        from = to;
    }
    count += copy_own(order, from, order->base_count, base + count);
    order->recent_count = 0;
    set_base(order, base, count);
    return true;
}

bool roster_order_put_in(struct roster_order *order, const struct roster *roster, uint32_t person)
{
    size_t most = order->base_count / MERGED_PART > LEAST_MERGED ? order->base_count / MERGED_PART : LEAST_MERGED;
    if (order->recent_count >= most && !roster_order_merge(order, roster))
        return false;
    uint32_t *recent = grow(order->recent, &order->recent_capacity, order->recent_count + 1, sizeof *recent);
    if (!recent)
        return false;
    order->recent = recent;
    size_t at = recent_place(order, roster, person);
    memmove(order->recent + at + 1, order->recent + at, (order->recent_count - at) * sizeof *order->recent);
    order->recent[at] = person;
    order->recent_count++;
    return true;
}
