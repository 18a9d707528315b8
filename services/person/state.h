// SPDX-License-Identifier: Apache-2.0
/**
 * State of the person service: its tables and indexes. The register is small work for a store (one card is one row), so rows are
 * read where they lie and nothing is kept in memory.
 *
 *     card      id → person_card                     entry        id → pick_list_entry
 *     number    customer number → id                 entry_name   list, Swedish name folded → id
 *
 * Invariants: every card's customer number is in `number`, once; groups of a card are ascending, none twice; a card's consents
 * have one element a channel, in the order of the channels.
 */
#ifndef SERVICES_PERSON_STATE_H
#define SERVICES_PERSON_STATE_H

#include "common/service/ctx.h"
#include "proto/person.gen.h"

struct person_service {
    struct store *store;
};

extern const struct store_table person_cards;
extern const struct store_table person_entries;
extern const struct index person_numbers;
extern const struct index person_entry_names;

#endif
