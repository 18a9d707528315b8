// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_segment.h"

#include <stdlib.h>

#include "common/base/endian.h"
#include "common/base/must.h"

struct segment_entry {
    uint32_t key_at;    // in the bytes; a value follows its key
    uint16_t key_len;   // 1 to 511
    uint16_t value_len; // at most 512
    uint8_t slot;
    uint8_t kind;
    int64_t amount;
};

struct segment *segment_new(size_t entries, size_t bytes)
{
    struct segment *segment = calloc(1, sizeof *segment);
    if (!segment)
        return NULL;
    *segment = (struct segment){.refs = 1, .entry_room = entries ? entries : 1, .byte_room = bytes ? bytes : 1};
    segment->entries = malloc(segment->entry_room * sizeof *segment->entries);
    segment->bytes = malloc(segment->byte_room);
    if (segment->entries && segment->bytes)
        return segment;
    segment_free(segment);
    return NULL;
}

void segment_free(struct segment *segment)
{
    if (!segment)
        return;
    free(segment->entries);
    free(segment->bytes);
    free(segment);
}

static bool resize(void **block, size_t *room, size_t wanted, size_t size)
{
    void *resized = realloc(*block, wanted * size);
    if (!resized)
        return false;
    *block = resized;
    *room = wanted;
    return true;
}

static bool take_room(struct segment *segment, size_t bytes)
{
    void *entries = segment->entries, *data = segment->bytes;
    bool taken = segment->count < segment->entry_room ||
                 resize(&entries, &segment->entry_room, 2 * segment->entry_room, sizeof *segment->entries);
    if (taken && bytes > segment->byte_room - segment->byte_count)
        taken = resize(&data, &segment->byte_room, 2 * segment->byte_room + bytes, 1);
    segment->entries = entries;
    segment->bytes = data;
    return taken;
}

static void copy_bytes(struct segment *segment, struct bytes bytes)
{
    if (bytes.len)
        memcpy(segment->bytes + segment->byte_count, bytes.data, bytes.len);
    segment->byte_count += bytes.len;
}

bool segment_add(struct segment *segment, const struct index_entry *entry)
{
    if (segment->byte_count > UINT32_MAX - (entry->key.len + entry->value.len) ||
        !take_room(segment, entry->key.len + entry->value.len))
        return false;
    segment->entries[segment->count++] = (struct segment_entry){
        .key_at = (uint32_t)segment->byte_count,
        .key_len = (uint16_t)entry->key.len,
        .value_len = (uint16_t)entry->value.len,
        .slot = (uint8_t)entry->slot,
        .kind = (uint8_t)entry->kind,
        .amount = entry->amount,
    };
    copy_bytes(segment, entry->key);
    copy_bytes(segment, entry->value);
    return true;
}

void segment_trim(struct segment *segment)
{
    void *entries = segment->entries, *bytes = segment->bytes;
    if (segment->count)
        resize(&entries, &segment->entry_room, segment->count, sizeof *segment->entries);
    if (segment->byte_count)
        resize(&bytes, &segment->byte_room, segment->byte_count, 1);
    segment->entries = entries;
    segment->bytes = bytes;
}

static struct bytes key_at(const struct segment *segment, size_t at)
{
    const struct segment_entry *entry = &segment->entries[at];
    return bytes_of(segment->bytes + entry->key_at, entry->key_len);
}

struct index_entry segment_get(const struct segment *segment, size_t at)
{
    const struct segment_entry *entry = &segment->entries[at];
    return (struct index_entry){
        .kind = (enum index_entry_kind)entry->kind,
        .slot = entry->slot,
        .key = key_at(segment, at),
        .value = bytes_of(segment->bytes + entry->key_at + entry->key_len, entry->value_len),
        .amount = entry->amount,
    };
}

static int compare(unsigned a_slot, struct bytes a_key, unsigned b_slot, struct bytes b_key)
{
    return a_slot == b_slot ? bytes_compare(a_key, b_key) : a_slot < b_slot ? -1 : 1;
}

size_t segment_seek(const struct segment *segment, struct index_place place)
{
    size_t low = 0, high = segment->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(segment->entries[middle].slot, key_at(segment, middle), place.slot, place.key);
        if (order < 0 || (order == 0 && place.after))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool segment_find(const struct segment *segment, unsigned slot, struct bytes key, struct index_entry *out_entry)
{
    size_t at = segment_seek(segment, (struct index_place){slot, key, false});
    if (at == segment->count || segment->entries[at].slot != slot || !bytes_equal(key_at(segment, at), key))
        return false;
    *out_entry = segment_get(segment, at);
    return true;
}

/** What is left of a segment: entries `first` up to `end`; and the one of them that is next, at hand to be compared. */
struct source {
    const struct segment *segment;
    size_t first;
    size_t end;
    size_t age; // the greater the newer
    unsigned slot;
    struct bytes key;
    uint64_t head[2]; // the key's first bytes as numbers, zeros after its end: mostly they tell the order
};

struct index_walk {
    bool descending;
    bool taken; // current is; what the heap holds is beyond it
    struct index_entry current;
    size_t added;
    size_t count;
    struct source *heap[INDEX_WALK_SOURCES]; // the next to be given first; of one key the oldest first
    struct source sources[INDEX_WALK_SOURCES];
};

struct index_walk *index_walk_new(bool descending)
{
    struct index_walk *walk = malloc(sizeof *walk);
    if (!walk)
        return NULL;
    walk->descending = descending;
    walk->taken = false;
    walk->added = 0;
    walk->count = 0;
    return walk;
}

void index_walk_free(struct index_walk *walk)
{
    free(walk);
}

static size_t next_of(const struct index_walk *walk, const struct source *source)
{
    return walk->descending ? source->end - 1 : source->first;
}

/** Looks up the source's next entry. */
static void look(const struct index_walk *walk, struct source *source)
{
    size_t at = next_of(walk, source);
    uint8_t head[sizeof source->head] = {0};
    source->slot = source->segment->entries[at].slot;
    source->key = key_at(source->segment, at);
    memcpy(head, source->key.data, source->key.len < sizeof head ? source->key.len : sizeof head);
    source->head[0] = get_u64(head);
    source->head[1] = get_u64(head + 8);
}

/** By key alone. */
static int order_of(const struct index_walk *walk, const struct source *a, const struct source *b)
{
    int order = 0;
    if (a->slot != b->slot)
        order = a->slot < b->slot ? -1 : 1;
    else if (a->head[0] != b->head[0])
        order = a->head[0] < b->head[0] ? -1 : 1;
    else if (a->head[1] != b->head[1])
        order = a->head[1] < b->head[1] ? -1 : 1;
    else
        order = bytes_compare(a->key, b->key);
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
    must(walk->added < INDEX_WALK_SOURCES);
    struct source *source = &walk->sources[walk->added];
    *source = (struct source){.segment = segment, .first = first, .end = end, .age = walk->added++};
    look(walk, source);
    size_t at = walk->count++;
    walk->heap[at] = source;
    for (; at > 0 && is_before(walk, walk->heap[at], walk->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&walk->heap[at], &walk->heap[(at - 1) / 2]);
}

/** Takes the first entry off the heap. */
static struct index_entry take(struct index_walk *walk)
{
    struct source *source = walk->heap[0];
    struct index_entry entry = segment_get(source->segment, next_of(walk, source));
    if (walk->descending)
        source->end--;
    else
        source->first++;
    if (source->first == source->end)
        walk->heap[0] = walk->heap[--walk->count];
    else
        look(walk, source);
    sift_down(walk, 0);
    return entry;
}

static bool stands_next(const struct index_walk *walk, const struct index_entry *entry)
{
    if (walk->count == 0)
        return false;
    const struct source *source = walk->heap[0];
    return source->slot == entry->slot && bytes_equal(source->key, entry->key);
}

const struct index_entry *index_walk_current(struct index_walk *walk)
{
    if (walk->taken)
        return &walk->current;
    if (walk->count == 0)
        return NULL;
    struct index_entry entry = take(walk);
    while (stands_next(walk, &entry)) {
        struct index_entry newer = take(walk);
        if (newer.kind == INDEX_ENTRY_ADD)
            newer.amount = index_sum(entry.amount, newer.amount);
        entry = newer;
    }
    walk->current = entry;
    walk->taken = true;
    return &walk->current;
}

void index_walk_step(struct index_walk *walk)
{
    walk->taken = false;
}

struct segment *segment_merge(struct segment *const *segments, size_t count)
{
    size_t entries = 0, bytes = 0;
    struct index_walk *walk = index_walk_new(false);
    for (size_t i = 0; walk && i < count; i++) {
        index_walk_add(walk, segments[i], 0, segments[i]->count);
        entries += segments[i]->count;
        bytes += segments[i]->byte_count;
    }
    struct segment *merged = walk ? segment_new(entries, bytes) : NULL;
    const struct index_entry *entry;
    bool whole = merged != NULL;
    for (; whole && (entry = index_walk_current(walk)); index_walk_step(walk))
        if (entry->kind != INDEX_ENTRY_ADD || entry->amount != 0)
            whole = segment_add(merged, entry);
    index_walk_free(walk);
    if (!whole) {
        segment_free(merged);
        return NULL;
    }
    segment_trim(merged);
    merged->txn = segments[count - 1]->txn;
    return merged;
}
