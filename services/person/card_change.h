// SPDX-License-Identifier: Apache-2.0
/**
 * Card change: a card before and after a command, from taking over what the command gives to writing the card with its indexes. The rules
 * (rules.h) stand in between, and may still put values into their kept form.
 */
#ifndef SERVICES_PERSON_CARD_CHANGE_H
#define SERVICES_PERSON_CARD_CHANGE_H

#include "services/person/state.h"

struct card_change {
    struct person_card before; // all absent when the card is new
    struct person_card card;
    uint64_t given; // bit i: the command says something of person_card_desc.fields[i]
    size_t changed_count;
    struct text changed[TAKING_MOST]; // names of the fields that differ, in the card's order
    uint64_t merged;                  // the person whose card goes into this one; 0: none
    struct text reason;               // empty: none was given
};

/**
 * Begins the change of a card that is there. False: refused, for there is none, it was merged, or it has another revision than `revision`, if that
 * is given.
 */
bool card_change_begin(struct ctx *ctx, uint64_t person, bool has_revision, int64_t revision,
                       struct card_change *out_change);

/** Takes over every field that the command gives or takes away. */
void card_change_take(struct card_change *change, const struct taking *fields, const void *command);

/** Whether the command says something of the card's field. */
bool card_change_is_given(const struct card_change *change, const char *field);

/** Finds what differs, once nothing will be changed any more. */
void card_change_compare(struct card_change *change);

/** Writes a new card, whose id and revision are set. */
void card_change_add(struct ctx *ctx, const struct person_card *card);

/** Takes away a card that is of an import, with its indexes, and journals that. */
void card_change_remove(struct ctx *ctx, const struct person_card *card);

/** Writes a changed one under the next revision and journals it; does nothing when nothing differs and none is merged. Returns the revision. */
int64_t card_change_apply(struct ctx *ctx, const struct card_change *change);

/** Takes a card away that goes into another's, before that is written, and journals it. */
void card_change_drop(struct ctx *ctx, const struct person_card *card, uint64_t into);

/** Refuses when the person's card was merged, naming where it went; false then. */
bool card_change_check_merged(struct ctx *ctx, const char *field, uint64_t person);

/** Takes away the card of a person who is erased, with all its indexes but its history; journals nothing. */
void card_change_erase(struct ctx *ctx, const struct person_card *card);

#endif
