// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_pending.h"

#include <stdlib.h>

enum { PLACES = 2 * INDEX_PENDING_MOST }; // a power of two

void index_pending_fini(struct index_pending *pending)
{
    free(pending->places);
    free(pending->used);
    free(pending->bytes);
    *pending = (struct index_pending){0};
}

void index_pending_clear(struct index_pending *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        pending->places[pending->used[i]].index = NULL;
    pending->count = 0;
    pending->byte_count = 0;
}

static struct bytes key_of(const struct index_pending *pending, const struct pending_entry *entry)
{
    return bytes_of(pending->bytes + entry->key_at, entry->key_len);
}

static struct index_entry entry_of(const struct index_pending *pending, const struct pending_entry *entry)
{
    return (struct index_entry){
        .kind = entry->kind,
        .slot = entry->index->table.slot,
        .key = key_of(pending, entry),
        .value = bytes_of(pending->bytes + entry->value_at, entry->value_len),
        .amount = entry->amount,
    };
}

/** Eight bytes at a time, mixed as SplitMix64 does. Keys are made of the store's own numbers. */
static uint64_t hash_of(const struct index *index, struct bytes key)
{
    uint64_t hash = index->table.slot;
    for (size_t at = 0; at < key.len; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = key.len - at;
        memcpy(&word, key.data + at, left < sizeof word ? left : sizeof word);
        hash = (hash ^ word) * 0xbf58476d1ce4e5b9;
        hash ^= hash >> 29;
    }
    return hash ^ (hash >> 32);
}

/** The key's place, or the free one where it would stand. */
static struct pending_entry *find(const struct index_pending *pending, const struct index *index, struct bytes key)
{
    size_t at = hash_of(index, key) & (PLACES - 1);
    for (;; at = (at + 1) & (PLACES - 1)) {
        struct pending_entry *entry = &pending->places[at];
        if (!entry->index ||
            (entry->index->table.slot == index->table.slot && bytes_equal(key_of(pending, entry), key)))
            return entry;
    }
}

static bool take_memory(struct index_pending *pending)
{
    if (!pending->places)
        pending->places = calloc(PLACES, sizeof *pending->places);
    if (!pending->used)
        pending->used = malloc(INDEX_PENDING_MOST * sizeof *pending->used);
    if (!pending->bytes)
        pending->bytes = malloc(INDEX_PENDING_BYTES);
    return pending->places && pending->used && pending->bytes;
}

static uint32_t copy_bytes(struct index_pending *pending, struct bytes bytes)
{
    uint32_t at = (uint32_t)pending->byte_count;
    if (bytes.len)
        memcpy(pending->bytes + at, bytes.data, bytes.len);
    pending->byte_count += bytes.len;
    return at;
}

bool index_pending_add(struct index_pending *pending, const struct index *index, const struct index_entry *entry)
{
    if (!take_memory(pending))
        return false;
    struct pending_entry *place = find(pending, index, entry->key);
    size_t room = INDEX_PENDING_BYTES - pending->byte_count;
    if (!place->index) {
        if (pending->count == INDEX_PENDING_MOST || entry->key.len + entry->value.len > room)
            return false;
        *place = (struct pending_entry){.index = index, .key_len = (uint16_t)entry->key.len};
        place->key_at = copy_bytes(pending, entry->key);
        pending->used[pending->count++] = (uint32_t)(place - pending->places);
    } else if (entry->value.len > room) {
        return false;
    }
    place->kind = entry->kind;
    place->value_len = (uint16_t)entry->value.len;
    place->value_at = copy_bytes(pending, entry->value);
    place->amount = index_sum(place->amount, entry->amount);
    return true;
}

bool index_pending_find(const struct index_pending *pending, const struct index *index, struct bytes key,
                        struct index_entry *out_entry)
{
    const struct pending_entry *entry = pending->count ? find(pending, index, key) : NULL;
    if (!entry || !entry->index)
        return false;
    *out_entry = entry_of(pending, entry);
    return true;
}

static int order(const void *a, const void *b, void *user)
{
    const struct index_pending *pending = user;
    const struct pending_entry *left = &pending->places[*(const uint32_t *)a];
    const struct pending_entry *right = &pending->places[*(const uint32_t *)b];
    unsigned left_slot = left->index->table.slot, right_slot = right->index->table.slot;
    if (left_slot != right_slot)
        return left_slot < right_slot ? -1 : 1;
    return bytes_compare(key_of(pending, left), key_of(pending, right));
}

void index_pending_drain(struct index_pending *pending,
                         void (*take)(void *user, const struct index *index, const struct index_entry *entry),
                         void *user)
{
    if (!pending->count)
        return;
    qsort_r(pending->used, pending->count, sizeof *pending->used, order, pending);
    for (size_t i = 0; i < pending->count; i++) {
        const struct pending_entry *place = &pending->places[pending->used[i]];
        struct index_entry entry = entry_of(pending, place);
        take(user, place->index, &entry);
    }
    index_pending_clear(pending);
}
