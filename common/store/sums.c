// SPDX-License-Identifier: Apache-2.0
#include "common/store/sums.h"

#include <stdlib.h>

#include "common/base/must.h"

enum { PLACES = 2 * SUMS_MOST }; // a power of two

void sums_fini(struct sums *sums)
{
    free(sums->places);
    free(sums->used);
    free(sums->keys);
    *sums = (struct sums){0};
}

void sums_clear(struct sums *sums)
{
    for (size_t i = 0; i < sums->count; i++)
        sums->places[sums->used[i]].index = NULL;
    sums->count = 0;
    sums->key_bytes = 0;
}

static struct bytes key_of(const struct sums *sums, const struct pending_sum *sum)
{
    return bytes_of(sums->keys + sum->key_at, sum->key_len);
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

/** The counter's place, or the free one where it would stand. */
static struct pending_sum *find(const struct sums *sums, const struct index *index, struct bytes key)
{
    size_t at = hash_of(index, key) & (PLACES - 1);
    for (;; at = (at + 1) & (PLACES - 1)) {
        struct pending_sum *sum = &sums->places[at];
        if (!sum->index || (sum->index->table.slot == index->table.slot && bytes_equal(key_of(sums, sum), key)))
            return sum;
    }
}

static bool take_memory(struct sums *sums)
{
    if (!sums->places)
        sums->places = calloc(PLACES, sizeof *sums->places);
    if (!sums->used)
        sums->used = malloc(SUMS_MOST * sizeof *sums->used);
    if (!sums->keys)
        sums->keys = malloc(SUMS_KEY_BYTES);
    return sums->places && sums->used && sums->keys;
}

bool sums_add(struct sums *sums, const struct index *index, struct bytes key, int64_t amount)
{
    if (!take_memory(sums))
        return false;
    struct pending_sum *sum = find(sums, index, key);
    if (!sum->index) {
        if (sums->count == SUMS_MOST || key.len > SUMS_KEY_BYTES - sums->key_bytes)
            return false;
        *sum = (struct pending_sum){index, (uint32_t)sums->key_bytes, (uint32_t)key.len, 0};
        if (key.len)
            memcpy(sums->keys + sums->key_bytes, key.data, key.len);
        sums->key_bytes += key.len;
        sums->used[sums->count++] = (uint32_t)(sum - sums->places);
    }
    must(!__builtin_add_overflow(sum->amount, amount, &sum->amount));
    return true;
}

int64_t sums_get(const struct sums *sums, const struct index *index, struct bytes key)
{
    const struct pending_sum *sum = sums->count ? find(sums, index, key) : NULL;
    return sum && sum->index ? sum->amount : 0;
}

static int order(const void *a, const void *b, void *user)
{
    const struct sums *sums = user;
    const struct pending_sum *left = &sums->places[*(const uint32_t *)a], *right = &sums->places[*(const uint32_t *)b];
    unsigned left_slot = left->index->table.slot, right_slot = right->index->table.slot;
    if (left_slot != right_slot)
        return left_slot < right_slot ? -1 : 1;
    return bytes_compare(key_of(sums, left), key_of(sums, right));
}

void sums_drain(struct sums *sums,
                void (*write)(void *user, const struct index *index, struct bytes key, int64_t amount), void *user)
{
    if (!sums->count)
        return;
    qsort_r(sums->used, sums->count, sizeof *sums->used, order, sums);
    for (size_t i = 0; i < sums->count; i++) {
        const struct pending_sum *sum = &sums->places[sums->used[i]];
        write(user, sum->index, key_of(sums, sum), sum->amount);
    }
    sums_clear(sums);
}
