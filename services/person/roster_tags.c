// SPDX-License-Identifier: Apache-2.0
#include "services/person/roster_tags.h"

#include <stdlib.h>

#include "common/base/grow.h"
#include "common/base/must.h"

enum { FIRST_SLOTS = 512 };

void roster_tags_fini(struct roster_tags *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tags->items[i].holds == TAG_MANY)
            roster_set_free(tags->items[i].persons.many);
    free(tags->items);
    free(tags->text);
    free(tags->slots);
    free(tags->words);
    *tags = (struct roster_tags){.count = 0};
}

static struct text word_of(const struct roster_tags *tags, uint32_t number)
{
    const struct roster_tag *tag = &tags->items[number];
    return (struct text){tags->text + tag->id, tag->word_len};
}

/** FNV-1a: words and ids are the register's own, nobody gains by making them collide but a slower search of his own names. */
static uint64_t hash_of(enum facet facet, uint64_t id, struct text word)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)facet ^ id * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < word.len; i++)
        hash = (hash ^ (uint8_t)word.data[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static bool is_tag(const struct roster_tags *tags, uint32_t number, enum facet facet, uint64_t id, struct text word)
{
    const struct roster_tag *tag = &tags->items[number];
    return tag->facet == facet && (facet == FACET_WORD ? text_equal(word_of(tags, number), word) : tag->id == id);
}

/** The slot that has the tag, or the free one where it would be. */
static size_t find_slot(const struct roster_tags *tags, enum facet facet, uint64_t id, struct text word)
{
    size_t at = hash_of(facet, id, word) & (tags->slot_count - 1);
    while (tags->slots[at] && !is_tag(tags, tags->slots[at] - 1, facet, id, word))
        at = (at + 1) & (tags->slot_count - 1);
    return at;
}

static bool grow_slots(struct roster_tags *tags)
{
    if (tags->slot_count * 3 > (tags->count + 1) * 4)
        return true;
    size_t slot_count = tags->slot_count ? 2 * tags->slot_count : FIRST_SLOTS;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(tags->slots);
    tags->slots = slots;
    tags->slot_count = slot_count;
    for (uint32_t i = 0; i < tags->count; i++) {
        const struct roster_tag *tag = &tags->items[i];
        bool is_word = tag->facet == FACET_WORD;
        slots[find_slot(tags, tag->facet, is_word ? 0 : tag->id, is_word ? word_of(tags, i) : TEXT(""))] = i + 1;
    }
    return true;
}

/** Room for one tag more, and the text of its word. */
static bool has_room(struct roster_tags *tags, size_t word_len)
{
    struct roster_tag *items = grow(tags->items, &tags->capacity, tags->count + 1, sizeof *items);
    if (items)
        tags->items = items;
    uint32_t *words = grow(tags->words, &tags->word_capacity, tags->word_count + 1, sizeof *words);
    if (words)
        tags->words = words;
    char *text = grow(tags->text, &tags->text_capacity, tags->text_len + word_len + 1, 1);
    if (text)
        tags->text = text;
    return items && words && text && grow_slots(tags);
}

/** Place of the first word that is not before `word`. */
static size_t lower_bound(const struct roster_tags *tags, struct text word)
{
    size_t low = 0, high = tags->word_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(word_of(tags, tags->words[middle]), word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_word(struct roster_tags *tags, uint32_t number)
{
    size_t at = tags->is_sorted ? lower_bound(tags, word_of(tags, number)) : tags->word_count;
    memmove(tags->words + at + 1, tags->words + at, (tags->word_count - at) * sizeof *tags->words);
    tags->words[at] = number;
    tags->word_count++;
}

static uint32_t take(struct roster_tags *tags, enum facet facet, uint64_t id, struct text word)
{
    if (!has_room(tags, word.len))
        return ROSTER_NO_TAG;
    size_t slot = find_slot(tags, facet, id, word);
    if (tags->slots[slot])
        return tags->slots[slot] - 1;
    uint32_t number = (uint32_t)tags->count++;
    tags->slots[slot] = number + 1;
    tags->items[number] = (struct roster_tag){
        .id = facet == FACET_WORD ? tags->text_len : id,
        .facet = (uint8_t)facet,
        .word_len = (uint8_t)word.len,
    };
    if (facet == FACET_WORD) {
        memcpy(tags->text + tags->text_len, word.data, word.len);
        tags->text_len += word.len;
        add_word(tags, number);
    }
    return number;
}

uint32_t roster_tags_take_id(struct roster_tags *tags, enum facet facet, uint64_t id)
{
    must(facet != FACET_WORD);
    return take(tags, facet, id, TEXT(""));
}

uint32_t roster_tags_take_word(struct roster_tags *tags, struct text word)
{
    must(word.len > 0 && word.len <= UINT8_MAX);
    return take(tags, FACET_WORD, 0, word);
}

bool roster_tag_add(struct roster_tag *tag, uint32_t person)
{
    if (tag->holds == TAG_NOBODY) {
        tag->persons.one = person;
        tag->holds = TAG_ONE;
        return true;
    }
    if (tag->holds == TAG_ONE) {
        if (tag->persons.one == person)
            return true;
        roaring_bitmap_t *many = roaring_bitmap_create();
        if (!many)
            return false;
        roaring_bitmap_add(many, tag->persons.one);
        tag->persons.many = many;
        tag->holds = TAG_MANY;
    }
    roaring_bitmap_add(tag->persons.many, person);
    return true;
}

void roster_tag_remove(struct roster_tag *tag, uint32_t person)
{
    if (tag->holds == TAG_MANY)
        roaring_bitmap_remove(tag->persons.many, person);
    else if (tag->holds == TAG_ONE && tag->persons.one == person)
        tag->holds = TAG_NOBODY;
}

void roster_tag_list_fini(struct roster_tag_list *list)
{
    free(list->items);
    *list = (struct roster_tag_list){.count = 0};
}

void roster_tag_list_reset(struct roster_tag_list *list)
{
    list->count = 0;
    list->failed = false;
}

void roster_tag_list_add(struct roster_tag_list *list, uint32_t tag)
{
    uint32_t *items = tag == ROSTER_NO_TAG ? NULL : grow(list->items, &list->capacity, list->count + 1, sizeof *items);
    if (!items) {
        list->failed = true;
        return;
    }
    list->items = items;
    list->items[list->count++] = tag;
}

static int order_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

void roster_tag_list_sort(struct roster_tag_list *list)
{
    size_t count = 0;
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, order_numbers);
    for (size_t i = 0; i < list->count; i++)
        if (count == 0 || list->items[count - 1] != list->items[i])
            list->items[count++] = list->items[i];
    list->count = count;
}

const struct roster_tag *roster_tags_of_id(const struct roster_tags *tags, enum facet facet, uint64_t id)
{
    if (tags->slot_count == 0)
        return NULL;
    uint32_t number = tags->slots[find_slot(tags, facet, id, TEXT(""))];
    return number ? &tags->items[number - 1] : NULL;
}

static int order_words(const void *a, const void *b, void *user)
{
    const struct roster_tags *tags = user;
    return text_compare(word_of(tags, *(const uint32_t *)a), word_of(tags, *(const uint32_t *)b));
}

void roster_tags_sort(struct roster_tags *tags)
{
    if (tags->word_count)
        qsort_r(tags->words, tags->word_count, sizeof *tags->words, order_words, tags);
    tags->is_sorted = true;
    for (size_t i = 0; i < tags->count; i++)
        if (tags->items[i].holds == TAG_MANY) {
            roaring_bitmap_run_optimize(tags->items[i].persons.many);
            roaring_bitmap_shrink_to_fit(tags->items[i].persons.many);
        }
}

static bool begins_with(struct text word, struct text prefix)
{
    return word.len >= prefix.len && memcmp(word.data, prefix.data, prefix.len) == 0;
}

size_t roster_tags_prefix(const struct roster_tags *tags, struct text prefix, size_t *out_first)
{
    must(tags->is_sorted || tags->word_count == 0); // of a roster that has nobody they never were
    size_t first = lower_bound(tags, prefix), count = 0;
    while (first + count < tags->word_count && begins_with(word_of(tags, tags->words[first + count]), prefix))
        count++;
    *out_first = first;
    return count;
}
