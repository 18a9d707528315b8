// SPDX-License-Identifier: Apache-2.0
/**
 * Roster tags: the values that persons are found by, each with the set of those who have it. A tag is one entry of a pick-list, one organisation, one
 * employee, one import, one word of names, or what a card has of own-defined fields (roster_own.h); it has a number that never changes. Most words of a register are one person's: a tag holds a single person
 * itself, about 50 bytes in all, and has a set (CRoaring), some 200 bytes at least, from the second one on. One thread.
 */
#ifndef SERVICES_PERSON_ROSTER_TAGS_H
#define SERVICES_PERSON_ROSTER_TAGS_H

#include <roaring/roaring.h>

#include "common/base/text.h"

/** Fine with NULL, which CRoaring 0.2 is not. */
static inline void roster_set_free(roaring_bitmap_t *set)
{
    if (set)
        roaring_bitmap_free(set);
}

enum facet {
    FACET_WORD, // of the name, or of an own-defined text; all others have ids
    FACET_ENTRY,
    FACET_ORGANISATION,
    FACET_ACCOUNT_MANAGER,
    FACET_OWN,        // any value of an own-defined field
    FACET_OWN_CHOICE, // one choice of it, or yes or no
    FACET_IMPORT,
};

struct roster_tag {
    uint64_t id; // of a word: where its text begins in the pool
    union {
        uint32_t one;
        roaring_bitmap_t *many;
    } persons;
    uint8_t facet;
    uint8_t word_len;
    enum { TAG_NOBODY, TAG_ONE, TAG_MANY } __attribute__((packed)) holds;
};

struct roster_tags {
    struct roster_tag *items;
    size_t count;
    size_t capacity;
    char *text; // of all words, one behind the other
    size_t text_len;
    size_t text_capacity;
    uint32_t *slots; // hash table of numbers + 1, 0: free; linear probing, at most three quarters full
    size_t slot_count;
    uint32_t *words; // numbers of words, by their texts, once they are sorted
    size_t word_count;
    size_t word_capacity;
    bool is_sorted; // until then words are added at the end: reading a whole register
};

#define ROSTER_NO_TAG UINT32_MAX

/** Zeroed is empty. */
void roster_tags_fini(struct roster_tags *tags);

/** The tag of an id or of a word of at most 255 bytes, made when there is none; ROSTER_NO_TAG: no memory. */
uint32_t roster_tags_take_id(struct roster_tags *tags, enum facet facet, uint64_t id);
uint32_t roster_tags_take_word(struct roster_tags *tags, struct text word);

/** Whether the person has the tag from now on. False: no memory. */
bool roster_tag_add(struct roster_tag *tag, uint32_t person);
void roster_tag_remove(struct roster_tag *tag, uint32_t person);

/** Numbers of tags, as those of a card are gathered. Zeroed is empty. */
struct roster_tag_list {
    uint32_t *items;
    size_t count;
    size_t capacity;
    bool failed; // no memory
};

void roster_tag_list_fini(struct roster_tag_list *list);
void roster_tag_list_reset(struct roster_tag_list *list);

/** Fails with ROSTER_NO_TAG. */
void roster_tag_list_add(struct roster_tag_list *list, uint32_t tag);

/** Makes it ascending, none twice. */
void roster_tag_list_sort(struct roster_tag_list *list);

/** The tag of an id; NULL: nobody ever had it. Borrows until the next one is taken. */
const struct roster_tag *roster_tags_of_id(const struct roster_tags *tags, enum facet facet, uint64_t id);

/** Puts the words into order and packs the sets; from then on the order is kept. */
void roster_tags_sort(struct roster_tags *tags);

/** The words that begin with a prefix: `out_first` within `words`; returns how many. They are sorted. */
size_t roster_tags_prefix(const struct roster_tags *tags, struct text prefix, size_t *out_first);

#endif
