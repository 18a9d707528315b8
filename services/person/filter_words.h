// SPDX-License-Identifier: Apache-2.0
/**
 * Filter words: whether a question tells of a person, by a name, number or address in it. Who saved it may be asked to take that away, and nobody
 * keeps it without need: erasure looks for a person's bytes everywhere.
 */
#ifndef SERVICES_PERSON_FILTER_WORDS_H
#define SERVICES_PERSON_FILTER_WORDS_H

#include "services/person/filter.h"

struct filter_words {
    const struct person_card *card; // whether it tells of him; NULL: of nobody in particular
    bool are_asked;                 // it asks for names, numbers or addresses, whosever they are
    bool has_given_name;            // of the card, a word of it
    bool has_family_name;
    bool has_number; // or address, of the card
};

/* Called for the terms as they are read; those of a selection that is named do not count. */

void filter_words_note(struct filter *filter, struct text value);
void filter_words_note_person(struct filter *filter, uint64_t person);
void filter_words_note_persons(struct filter *filter, const roaring_bitmap_t *persons);

/**
 * What may be kept for good of a question that was asked, instead of it: the question itself, or with ids in the place of selections' names. Empty:
 * nothing, for it asks in words, or cannot be read any more. `nobody`: a roster of nobody. Lives as long as the batch.
 */
struct text filter_without_words(struct ctx *ctx, const struct roster *nobody, struct text where);

/**
 * Whether a selection tells of the card's person: it names him, or asks for his whole name, or for a number or an address of his. `out_is_read`: false
 * when it cannot be read any more, for what it asks for was deleted.
 */
bool filter_words_tell(struct ctx *ctx, const struct roster *nobody, const struct selection *selection,
                       const struct person_card *card, bool *out_is_read);

#endif
