// SPDX-License-Identifier: Apache-2.0
/** Contacts: whose phone numbers and e-mail addresses are which. Several persons may share one. */
#ifndef SERVICES_PERSON_CONTACTS_H
#define SERVICES_PERSON_CONTACTS_H

#include <roaring/roaring.h>

#include "services/person/state.h"

enum { CONTACTS_MOST = 4 }; // of a card

/** Puts what the card has and takes away what it had; `before` is NULL for a new one, `card` for one that goes. */
void contacts_put(struct store_txn *txn, const struct person_card *before, const struct person_card *card);

/** The person with the lowest id who has the e-mail address, or the E.164 number at any phone; 0: nobody has. */
uint64_t contacts_first_email(struct store_txn *txn, struct text email);
uint64_t contacts_first_phone(struct store_txn *txn, struct text number);

/** Those who share a phone or the address with the card, up to `max_each` of each, some perhaps twice, himself among them; `out_persons` has room for
 *  CONTACTS_MOST times as many. Returns how many. */
size_t contacts_sharing(struct store_txn *txn, const struct person_card *card, uint64_t *out_persons, size_t max_each);

/** Whether two cards share the address, or one of their phones. */
bool contacts_same_email(const struct person_card *left, const struct person_card *right);
bool contacts_same_phone(const struct person_card *left, const struct person_card *right);

/** Adds those who have the number, which is E.164, at any of their phones. */
void contacts_add_phone(struct store_txn *txn, struct text number, roaring_bitmap_t *persons);

/** Adds those whose address begins so, whatever its capitals. */
void contacts_add_email(struct store_txn *txn, struct text prefix, roaring_bitmap_t *persons);

#endif
