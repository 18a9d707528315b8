// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_tags.h"

#include <stdlib.h>

#include "common/base/must.h"

enum { FIRST_CAPACITY = 256 };

void roster_tags_fini(struct roster_tags *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        roster_set_free(tags->items[i].persons);
        free((void *)(uintptr_t)tags->items[i].word.data);
    }
    free(tags->items);
    free(tags->slots);
    free(tags->words);
    *tags = (struct roster_tags){.count = 0};
}

/** FNV-1a: words and ids are the register's own, nobody gains by making them collide but a slower search of his own names. */
static uint64_t hash_of(enum facet facet, uint64_t id, struct text word)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)facet ^ id * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < word.len; i++)
        hash = (hash ^ (uint8_t)word.data[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

/** The slot that has the tag, or the free one where it would be. */
static size_t find_slot(const struct roster_tags *tags, enum facet facet, uint64_t id, struct text word)
{
    size_t at = hash_of(facet, id, word) & (tags->slot_count - 1);
    for (; tags->slots[at]; at = (at + 1) & (tags->slot_count - 1)) {
        const struct roster_tag *tag = &tags->items[tags->slots[at] - 1];
        if (tag->facet == facet && tag->id == id && text_equal(tag->word, word))
            return at;
    }
    return at;
}

static bool grow_slots(struct roster_tags *tags)
{
    if (tags->slot_count > 2 * tags->count)
        return true;
    size_t slot_count = tags->slot_count ? 2 * tags->slot_count : 2 * FIRST_CAPACITY;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(tags->slots);
    tags->slots = slots;
    tags->slot_count = slot_count;
    for (size_t i = 0; i < tags->count; i++) {
        const struct roster_tag *tag = &tags->items[i];
        slots[find_slot(tags, tag->facet, tag->id, tag->word)] = (uint32_t)i + 1;
    }
    return true;
}

static bool grow_items(struct roster_tags *tags)
{
    if (tags->count < tags->capacity)
        return true;
    size_t capacity = tags->capacity ? 2 * tags->capacity : FIRST_CAPACITY;
    struct roster_tag *items = realloc(tags->items, capacity * sizeof *items);
    if (!items)
        return false;
    tags->items = items;
    tags->capacity = capacity;
    return true;
}

static bool grow_words(struct roster_tags *tags)
{
    if (tags->word_count < tags->word_capacity)
        return true;
    size_t capacity = tags->word_capacity ? 2 * tags->word_capacity : FIRST_CAPACITY;
    uint32_t *words = realloc(tags->words, capacity * sizeof *words);
    if (!words)
        return false;
    tags->words = words;
    tags->word_capacity = capacity;
    return true;
}

/** Place of the first word that is not before `word`. */
static size_t lower_bound(const struct roster_tags *tags, struct text word)
{
    size_t low = 0, high = tags->word_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(tags->items[tags->words[middle]].word, word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_word(struct roster_tags *tags, uint32_t number)
{
    size_t at = tags->is_sorted ? lower_bound(tags, tags->items[number].word) : tags->word_count;
    memmove(tags->words + at + 1, tags->words + at, (tags->word_count - at) * sizeof *tags->words);
    tags->words[at] = number;
    tags->word_count++;
}

static uint32_t take(struct roster_tags *tags, enum facet facet, uint64_t id, struct text word)
{
    if (!grow_slots(tags) || !grow_items(tags) || !grow_words(tags))
        return ROSTER_NO_TAG;
    size_t slot = find_slot(tags, facet, id, word);
    if (tags->slots[slot])
        return tags->slots[slot] - 1;
    char *copy = word.len ? malloc(word.len) : NULL;
    roaring_bitmap_t *persons = roaring_bitmap_create();
    if (!persons || (word.len && !copy)) {
        free(copy);
        roster_set_free(persons);
        return ROSTER_NO_TAG;
    }
    if (word.len)
        memcpy(copy, word.data, word.len);
    uint32_t number = (uint32_t)tags->count++;
    tags->items[number] = (struct roster_tag){facet, id, {copy, word.len}, persons};
    tags->slots[slot] = number + 1;
    if (facet == FACET_WORD)
        add_word(tags, number);
    return number;
}

uint32_t roster_tags_take_id(struct roster_tags *tags, enum facet facet, uint64_t id)
{
    must(facet != FACET_WORD);
    return take(tags, facet, id, TEXT(""));
}

uint32_t roster_tags_take_word(struct roster_tags *tags, struct text word)
{
    must(word.len > 0);
    return take(tags, FACET_WORD, 0, word);
}

const roaring_bitmap_t *roster_tags_of_id(const struct roster_tags *tags, enum facet facet, uint64_t id)
{
    if (tags->slot_count == 0)
        return NULL;
    uint32_t number = tags->slots[find_slot(tags, facet, id, TEXT(""))];
    return number ? tags->items[number - 1].persons : NULL;
}

static int order_words(const void *a, const void *b, void *user)
{
    const struct roster_tags *tags = user;
    return text_compare(tags->items[*(const uint32_t *)a].word, tags->items[*(const uint32_t *)b].word);
}

void roster_tags_sort(struct roster_tags *tags)
{
    if (tags->word_count)
        qsort_r(tags->words, tags->word_count, sizeof *tags->words, order_words, tags);
    tags->is_sorted = true;
}

static bool begins_with(struct text word, struct text prefix)
{
    return word.len >= prefix.len && memcmp(word.data, prefix.data, prefix.len) == 0;
}

size_t roster_tags_prefix(const struct roster_tags *tags, struct text prefix, size_t *out_first)
{
    must(tags->is_sorted);
    size_t first = lower_bound(tags, prefix), count = 0;
    while (first + count < tags->word_count && begins_with(tags->items[tags->words[first + count]].word, prefix))
        count++;
    *out_first = first;
    return count;
}
