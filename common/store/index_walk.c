// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_walk.h"

#include <stdlib.h>

#include "common/base/endian.h"
#include "common/base/must.h"

/** What is left of a segment: entries `first` up to `end`; the one of them that is next is decoded. */
struct source {
    size_t first;
    size_t end;
    size_t age;       // the greater the newer
    uint64_t head[2]; // the key's first bytes as numbers, zeros after its end: mostly they tell the order
    struct segment_cursor cursor;
};

struct index_walk {
    bool descending;
    bool taken; // current is; what the heap holds is beyond it
    struct index_entry current;
    uint8_t key[STORE_MAX_KEY_BYTES]; // current's
    size_t most;
    size_t added;
    size_t count;
    struct source **heap; // the next to be given first; of one key the oldest first
    struct source sources[];
};

struct index_walk *index_walk_new(bool descending, size_t most)
{
    struct index_walk *walk = malloc(sizeof *walk + most * sizeof *walk->sources + most * sizeof(void *));
    if (!walk)
        return NULL;
    walk->descending = descending;
    walk->taken = false;
    walk->most = most;
    walk->added = 0;
    walk->count = 0;
    walk->heap = (struct source **)(void *)(walk->sources + most);
    return walk;
}

void index_walk_free(struct index_walk *walk)
{
    free(walk);
}

/** The first 8 bytes of what is left of the key from `at` on. */
static uint64_t head_of(struct bytes key, size_t at)
{
    uint8_t head[sizeof(uint64_t)] = {0};
    if (key.len >= at + sizeof head)
        return get_u64(key.data + at);
    if (key.len > at)
        memcpy(head, key.data + at, key.len - at);
    return get_u64(head);
}

static void look(struct source *source)
{
    source->head[0] = head_of(source->cursor.entry.key, 0);
    source->head[1] = head_of(source->cursor.entry.key, sizeof *source->head);
}

/** By key alone. */
static int order_of(const struct index_walk *walk, const struct source *a, const struct source *b)
{
    const struct index_entry *left = &a->cursor.entry, *right = &b->cursor.entry;
    int order = 0;
    if (left->slot != right->slot)
        order = left->slot < right->slot ? -1 : 1;
    else if (a->head[0] != b->head[0])
        order = a->head[0] < b->head[0] ? -1 : 1;
    else if (a->head[1] != b->head[1])
        order = a->head[1] < b->head[1] ? -1 : 1;
    else
        order = bytes_compare(left->key, right->key);
    return walk->descending ? -order : order;
}

static bool is_before(const struct index_walk *walk, const struct source *a, const struct source *b)
{
    int order = order_of(walk, a, b);
    return order < 0 || (order == 0 && a->age < b->age);
}

static void swap(struct source **a, struct source **b)
{
    struct source *kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(struct index_walk *walk, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < walk->count; child++)
            if (is_before(walk, walk->heap[child], walk->heap[least]))
                least = child;
        if (least == at)
            return;
        swap(&walk->heap[at], &walk->heap[least]);
        at = least;
    }
}

void index_walk_add(struct index_walk *walk, const struct segment *segment, size_t first, size_t end)
{
    if (first >= end)
        return;
    must(walk->added < walk->most);
    struct source *source = &walk->sources[walk->added];
    source->first = first;
    source->end = end;
    source->age = walk->added++;
    segment_cursor_at(&source->cursor, segment, walk->descending ? end - 1 : first);
    look(source);
    size_t at = walk->count++;
    walk->heap[at] = source;
    for (; at > 0 && is_before(walk, walk->heap[at], walk->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&walk->heap[at], &walk->heap[(at - 1) / 2]);
}

/** Moves the source on. False: nothing is left of it. */
static bool advance(const struct index_walk *walk, struct source *source)
{
    if (walk->descending)
        source->end--;
    else
        source->first++;
    if (source->first == source->end)
        return false;
    if (walk->descending)
        segment_cursor_at(&source->cursor, source->cursor.segment, source->end - 1);
    else
        segment_cursor_next(&source->cursor);
    look(source);
    return true;
}

static void drop_first(struct index_walk *walk)
{
    if (!advance(walk, walk->heap[0]))
        walk->heap[0] = walk->heap[--walk->count];
    sift_down(walk, 0);
}

/** Takes the first entry off the heap; its key is copied, for the source's is the next one's then. */
static void take(struct index_walk *walk)
{
    walk->current = walk->heap[0]->cursor.entry;
    memcpy(walk->key, walk->current.key.data, walk->current.key.len);
    walk->current.key.data = walk->key;
    drop_first(walk);
}

/** Whether the heap's first entry is of the current one's key. */
static bool has_newer(const struct index_walk *walk)
{
    if (walk->count == 0)
        return false;
    const struct index_entry *next = &walk->heap[0]->cursor.entry;
    return next->slot == walk->current.slot && bytes_equal(next->key, walk->current.key);
}

/** What a newer entry makes of the current one. */
static void take_newer(struct index_walk *walk)
{
    const struct index_entry *newer = &walk->heap[0]->cursor.entry;
    if (newer->kind == INDEX_ENTRY_ADD)
        walk->current.amount = index_sum(walk->current.amount, newer->amount);
    else
        walk->current.value = newer->value;
    walk->current.kind = newer->kind;
    drop_first(walk);
}

const struct index_entry *index_walk_current(struct index_walk *walk)
{
    if (walk->taken)
        return &walk->current;
    if (walk->count == 0)
        return NULL;
    take(walk);
    while (has_newer(walk))
        take_newer(walk);
    walk->taken = true;
    return &walk->current;
}

void index_walk_step(struct index_walk *walk)
{
    walk->taken = false;
}

/** False: nothing is left of the source. */
static bool leap(struct source *source, const struct index_place *place)
{
    const struct segment *segment = source->cursor.segment;
    if (!index_place_is_after(place, source->cursor.entry.slot, source->cursor.entry.key))
        return true;
    source->first = segment_seek(segment, *place);
    if (source->first >= source->end)
        return false;
    segment_cursor_at(&source->cursor, segment, source->first);
    look(source);
    return true;
}

void index_walk_leap(struct index_walk *walk, struct index_place place)
{
    size_t kept = 0;
    must(!walk->descending);
    if (walk->taken && index_place_is_after(&place, walk->current.slot, walk->current.key))
        walk->taken = false;
    for (size_t i = 0; i < walk->count; i++)
        if (leap(walk->heap[i], &place))
            walk->heap[kept++] = walk->heap[i];
    walk->count = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sift_down(walk, i);
}
