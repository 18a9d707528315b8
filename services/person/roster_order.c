// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_order.h"

#include <stdlib.h>

#include "common/base/endian.h"

enum {
    LEAST_MERGED = 64, // recent ones, or a thirty-second of all
    MERGED_PART = 32,
};

void roster_order_fini(struct roster_order *order)
{
    free(order->base);
    free(order->recent);
    roster_set_free(order->moved);
    *order = (struct roster_order){.base_count = 0};
}

/** A person and the beginning of his key, which mostly decides: sorting keys where they lie would miss the cache at every step. */
struct sorted {
    uint64_t beginning;
    uint32_t person;
};

static uint64_t beginning_of(struct text key)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, key.data, key.len < sizeof bytes ? key.len : sizeof bytes);
    return get_u64(bytes);
}

static int compare_sorted(const void *a, const void *b, void *user)
{
    const struct sorted *left = a, *right = b;
    if (left->beginning != right->beginning)
        return left->beginning < right->beginning ? -1 : 1;
    return roster_compare(user, left->person, right->person);
}

bool roster_order_build(struct roster_order *order, const struct roster *roster)
{
    const roaring_bitmap_t *everybody = roster_everybody(roster);
    size_t count = roaring_bitmap_get_cardinality(everybody);
    struct sorted *sorted = malloc((count ? count : 1) * sizeof *sorted);
    uint32_t *base = malloc((count ? count : 1) * sizeof *base);
    roaring_bitmap_t *moved = roaring_bitmap_create();
    if (!sorted || !base || !moved) {
        free(sorted);
        free(base);
        roster_set_free(moved);
        return false;
    }
    roaring_bitmap_to_uint32_array(everybody, base);
    for (size_t i = 0; i < count; i++) {
        struct text key = roster_key(roster, base[i]);
        sorted[i] = (struct sorted){key.len ? beginning_of(key) : 0, base[i]};
    }
    qsort_r(sorted, count, sizeof *sorted, compare_sorted, (void *)(uintptr_t)roster);
    for (size_t i = 0; i < count; i++)
        base[i] = sorted[i].person;
    free(sorted);
    roster_order_fini(order);
    order->base = base;
    order->base_count = count;
    order->moved = moved;
    return true;
}

/** Place of the first recent one that does not sort before the person. */
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
    roaring_bitmap_add(order->moved, person);
}

/** Makes one list of both. */
static bool merge(struct roster_order *order, const struct roster *roster)
{
    uint32_t *base = malloc((order->base_count + order->recent_count) * sizeof *base);
    struct roster_walk walk = {0, 0};
    size_t count = 0;
    if (!base)
        return false;
    while (roster_walk_next(order, roster, &walk, &base[count]))
        count++;
    free(order->base);
    order->base = base;
    order->base_count = count;
    order->recent_count = 0;
    roaring_bitmap_clear(order->moved);
    return true;
}

bool roster_order_put_in(struct roster_order *order, const struct roster *roster, uint32_t person)
{
    size_t most = order->base_count / MERGED_PART > LEAST_MERGED ? order->base_count / MERGED_PART : LEAST_MERGED;
    if (order->recent_count >= most && !merge(order, roster))
        return false;
    if (order->recent_count == order->recent_capacity) {
        size_t capacity = order->recent_capacity ? 2 * order->recent_capacity : LEAST_MERGED;
        uint32_t *recent = realloc(order->recent, capacity * sizeof *recent);
        if (!recent)
            return false;
        order->recent = recent;
        order->recent_capacity = capacity;
    }
    size_t at = recent_place(order, roster, person);
    memmove(order->recent + at + 1, order->recent + at, (order->recent_count - at) * sizeof *order->recent);
    order->recent[at] = person;
    order->recent_count++;
    return true;
}

/** From here on, the first of the base whose place is his own. */
static size_t skip_moved(const struct roster_order *order, size_t at, size_t end)
{
    while (at < end && roaring_bitmap_contains(order->moved, order->base[at]))
        at++;
    return at;
}

void roster_walk_begin(const struct roster_order *order, const struct roster *roster, const struct roster_place *after,
                       struct roster_walk *out_walk)
{
    *out_walk = (struct roster_walk){0, 0};
    if (!after)
        return;
    size_t low = 0, high = order->base_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2, own = skip_moved(order, middle, high);
        if (own == high || roster_compare_place(roster, order->base[own], after) > 0)
            high = middle;
        else
            low = own + 1;
    }
    out_walk->base_at = low;
    low = 0;
    high = order->recent_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (roster_compare_place(roster, order->recent[middle], after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    out_walk->recent_at = low;
}

bool roster_walk_next(const struct roster_order *order, const struct roster *roster, struct roster_walk *walk,
                      uint32_t *out_person)
{
    walk->base_at = skip_moved(order, walk->base_at, order->base_count);
    bool has_base = walk->base_at < order->base_count, has_recent = walk->recent_at < order->recent_count;
    if (!has_base && !has_recent)
        return false;
    bool is_base = has_base && (!has_recent ||
                                roster_compare(roster, order->base[walk->base_at], order->recent[walk->recent_at]) < 0);
    *out_person = is_base ? order->base[walk->base_at++] : order->recent[walk->recent_at++];
    return true;
}
