// SPDX-License-Identifier: Apache-2.0
/**
 * Roster own: what search needs of own-defined fields. Who has a field, a choice of it, yes or no, or a word of its texts is a tag (roster_tags.h);
 * numbers and dates are columns. Memory grows with values, not with fields. Belongs to a roster.
 */
#ifndef SERVICES_PERSON_ROSTER_OWN_H
#define SERVICES_PERSON_ROSTER_OWN_H

#include "common/base/buffer.h"
#include "proto/person.gen.h"
#include "services/person/roster_column.h"
#include "services/person/roster_tags.h"

enum {
    ROSTER_OWN_WORD_BYTES = 200, // of a text's word; the rest of a longer one is not looked at
    ROSTER_OWN_WORD_TAG_BYTES = 1 + 8 + ROSTER_OWN_WORD_BYTES,
};

struct roster_own {
    struct roster_own_column {
        uint64_t field;
        struct roster_column column;
    } * columns;
    size_t count;
    size_t capacity;
    struct buffer words; // of one text
};

void roster_own_init(struct roster_own *own);
void roster_own_fini(struct roster_own *own);

/** Adds the tags of a card's values to the list. */
void roster_own_gather(struct roster_own *own, struct roster_tags *tags, const struct person_card *card,
                       struct roster_tag_list *list);

/** Takes in a card's numbers and dates. False: no memory. */
bool roster_own_put(struct roster_own *own, const struct person_card *card);

/** Id of the tag of a choice, or of yes or no. */
uint64_t roster_own_choice(uint64_t field, uint64_t choice);
uint64_t roster_own_yes_no(uint64_t field, bool yes_no);

/** The word as its tag has it, which no name's word is like; of a word's beginning the tag's beginning. In `out`. */
struct text roster_own_word(uint64_t field, struct text word, char out[ROSTER_OWN_WORD_TAG_BYTES]);

/** Adds those whose number (own_numbers.h) or date of the field lies within; both ends included. */
void roster_own_add_within(const struct roster_own *own, uint64_t field, int64_t from, int64_t to,
                           roaring_bitmap_t *persons);

#endif
