// SPDX-License-Identifier: Apache-2.0
#include "common/store/index_pending.h"

#include <stdlib.h>

#include "common/base/endian.h"

enum {
    FEWEST_PLACES = 1024, // powers of two
    MOST_PLACES = 2 * INDEX_PENDING_MOST,
};

void index_pending_fini(struct index_pending *pending)
{
    free(pending->entries);
    free(pending->places);
    free(pending->order);
    free(pending->bytes);
    *pending = (struct index_pending){0};
}

void index_pending_clear(struct index_pending *pending)
{
    if (pending->count)
        memset(pending->places, 0, (pending->place_mask + 1) * sizeof *pending->places);
    pending->place_mask = FEWEST_PLACES - 1;
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

/** The place that has the key's entry, or the free one where it would stand. */
static uint32_t *find(const struct index_pending *pending, const struct index *index, struct bytes key)
{
    size_t at = segment_hash(index->table.slot, key) & pending->place_mask;
    for (;; at = (at + 1) & pending->place_mask) {
        uint32_t *place = &pending->places[at];
        const struct pending_entry *entry = *place ? &pending->entries[*place - 1] : NULL;
        if (!entry || (entry->index->table.slot == index->table.slot && bytes_equal(key_of(pending, entry), key)))
            return place;
    }
}

static bool take_memory(struct index_pending *pending)
{
    if (pending->entries)
        return true;
    struct index_pending fresh = {
        .entries = malloc(INDEX_PENDING_MOST * sizeof *fresh.entries),
        .bytes = malloc(INDEX_PENDING_BYTES),
        .places = calloc(MOST_PLACES, sizeof *fresh.places),
        .place_mask = FEWEST_PLACES - 1,
        .order = malloc(INDEX_PENDING_MOST * sizeof *fresh.order),
    };
    if (!fresh.entries || !fresh.bytes || !fresh.places || !fresh.order) {
        index_pending_fini(&fresh);
        return false;
    }
    *pending = fresh;
    return true;
}

/** Four times the places when more than half are taken. */
static void spread(struct index_pending *pending)
{
    if (2 * pending->count <= pending->place_mask || pending->place_mask + 1 == MOST_PLACES)
        return;
    memset(pending->places, 0, (pending->place_mask + 1) * sizeof *pending->places);
    pending->place_mask = 4 * (pending->place_mask + 1) - 1;
    for (size_t i = 0; i < pending->count; i++) {
        const struct pending_entry *entry = &pending->entries[i];
        *find(pending, entry->index, key_of(pending, entry)) = (uint32_t)i + 1;
    }
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
    uint32_t *place = find(pending, index, entry->key);
    size_t room = INDEX_PENDING_BYTES - pending->byte_count, wanted = entry->value.len + (*place ? 0 : entry->key.len);
    if (wanted > room || (!*place && pending->count == INDEX_PENDING_MOST))
        return false;
    if (!*place) {
        struct pending_entry *added = &pending->entries[pending->count++];
        *added = (struct pending_entry){.index = index, .key_len = (uint16_t)entry->key.len};
        added->key_at = copy_bytes(pending, entry->key);
        *place = (uint32_t)pending->count;
    }
    struct pending_entry *kept = &pending->entries[*place - 1];
    kept->kind = entry->kind;
    kept->value_len = (uint16_t)entry->value.len;
    kept->value_at = copy_bytes(pending, entry->value);
    kept->amount = index_sum(kept->amount, entry->amount);
    spread(pending);
    return true;
}

bool index_pending_find(const struct index_pending *pending, const struct index *index, struct bytes key,
                        struct index_entry *out_entry)
{
    uint32_t place = pending->count ? *find(pending, index, key) : 0;
    if (place)
        *out_entry = entry_of(pending, &pending->entries[place - 1]);
    return place != 0;
}

/** The key's first bytes as numbers, zeros after its end: mostly they tell the order. */
static void look(const struct index_pending *pending, size_t number, struct pending_order *order)
{
    const struct pending_entry *entry = &pending->entries[number];
    struct bytes key = key_of(pending, entry);
    uint8_t head[sizeof order->head] = {0};
    memcpy(head, key.data, key.len < sizeof head ? key.len : sizeof head);
    order->head[0] = get_u64(head);
    order->head[1] = get_u64(head + sizeof *order->head);
    order->slot = entry->index->table.slot;
    order->number = (uint32_t)number;
}

static int compare(const void *a, const void *b, void *user)
{
    const struct index_pending *pending = user;
    const struct pending_order *left = a, *right = b;
    if (left->slot != right->slot)
        return left->slot < right->slot ? -1 : 1;
    if (left->head[0] != right->head[0])
        return left->head[0] < right->head[0] ? -1 : 1;
    if (left->head[1] != right->head[1])
        return left->head[1] < right->head[1] ? -1 : 1;
    return bytes_compare(key_of(pending, &pending->entries[left->number]),
                         key_of(pending, &pending->entries[right->number]));
}

void index_pending_drain(struct index_pending *pending,
                         void (*take)(void *user, const struct index *index, const struct index_entry *entry),
                         void *user)
{
    for (size_t i = 0; i < pending->count; i++)
        look(pending, i, &pending->order[i]);
    if (pending->count)
        qsort_r(pending->order, pending->count, sizeof *pending->order, compare, pending);
    for (size_t i = 0; i < pending->count; i++) {
        const struct pending_entry *kept = &pending->entries[pending->order[i].number];
        struct index_entry entry = entry_of(pending, kept);
        take(user, kept->index, &entry);
    }
    index_pending_clear(pending);
}
