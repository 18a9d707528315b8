// SPDX-License-Identifier: Apache-2.0
/** Card history: where the journal has the changes of each card. Source: domain.md 1. */
#ifndef SERVICES_PERSON_CARD_HISTORY_H
#define SERVICES_PERSON_CARD_HISTORY_H

#include "services/person/state.h"

/** Notes that the record at `seq` is a change of the person's card, or its making. */
void card_history_add(struct store_txn *txn, uint64_t person, uint64_t seq);

/** Forgets the changes of a card that is no more: where they are, and what the journal has of them. */
void card_history_remove(struct store_txn *txn, uint64_t person);

/** Forgets that the record at `seq` is one. */
void card_history_forget(struct store_txn *txn, uint64_t person, uint64_t seq);

/** Finds up to `max` changes before journal position `before` (0: all), newest first; returns how many. */
size_t card_history_find(struct store_txn *txn, uint64_t person, uint64_t before, size_t max, uint64_t *out_seqs);

/** Notes every change that the journal has: a store of a build that did not. */
void card_history_index(struct store_txn *txn);

#endif
