// SPDX-License-Identifier: Apache-2.0
/**
 * Choices: what a card names of pick-lists, organisations and employees, and how many cards name each, or have each own-defined field. Source: domain.md 1 and 2.
 */
#ifndef SERVICES_PERSON_CHOICES_H
#define SERVICES_PERSON_CHOICES_H

#include "services/person/state.h"

/** A field of the card that holds one entry of a pick-list. */
struct choice {
    const char *field;
    enum pick_list list;
    uint16_t value; // offsets in the card
    uint16_t has;
};

/** All of them but the department, whose entries hang on the organisation. */
extern const struct choice choices[];
extern const size_t choice_count;

/** The entry that the card has, 0 when it has none. */
uint64_t choice_of(const struct choice *choice, const struct person_card *card);

/** What cards are counted by. Kept in keys: never renumbered. */
enum used_kind {
    USED_ENTRY = 1, // of any pick-list
    USED_ORGANISATION,
    USED_ACCOUNT_MANAGER,
    USED_OWN_FIELD,
};

/** Adds `amount` cards to each thing that this card names. */
void used_count(struct store_txn *txn, const struct person_card *card, int64_t amount);

/** Reads an id as people write it, #17; false: it is none. */
bool id_read(struct text text, uint64_t *out_id);

/** How many cards name it. */
int64_t used_by(struct ctx *ctx, enum used_kind kind, uint64_t id);

#endif
