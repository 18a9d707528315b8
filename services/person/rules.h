// SPDX-License-Identifier: Apache-2.0
/**
 * Rules of a card that the schema cannot state. Each check refuses with the field's name and a reason a seller understands, and returns
 * false then; values are put into the form in which they are kept. What a card has already may stay, though it could not be newly chosen.
 * Source: domain.md 1 and 5.
 */
#ifndef SERVICES_PERSON_RULES_H
#define SERVICES_PERSON_RULES_H

#include "services/person/card_change.h"

/** Everything but lists: addresses, numbers, dates, choices. A department goes with its organisation; a personal number brings the birth date. */
bool rules_check(struct ctx *ctx, struct card_change *change);

/** What a command says of a card's lists. */
struct list_changes {
    const char *groups_field; // of the command, for refusals
    size_t join_count;
    const uint64_t *join; // groups
    size_t leave_count;
    const uint64_t *leave; // leaving one that the card has not is fine
    size_t consent_count;
    const struct consent_change *consents; // at most one a channel
    size_t own_count;
    const struct own_change *own; // at most one a field
};

/** Gives the card its groups, ascending, none twice, its consents, by channel, and its own-defined values; all live as long as the batch. */
bool rules_check_lists(struct ctx *ctx, struct card_change *change, const struct list_changes *lists);

/** The number is nobody else's: `index` has it for `owner` or not at all. */
bool rule_unique(struct ctx *ctx, const struct index *index, const char *field, struct text number, uint64_t owner,
                 const char *message);

/** The entry must exist, belong to the list and be active, unless it is `current`. */
bool rule_entry(struct ctx *ctx, const char *field, enum pick_list list, uint64_t entry, uint64_t current);

/** The organisation must exist and be active, unless it is `current`. */
bool rule_organisation(struct ctx *ctx, uint64_t organisation, uint64_t current);

/** Today, as late as it is anywhere: a day after it is in the future wherever somebody writes it. */
int32_t rule_latest_today(const struct ctx *ctx);

/** Today in UTC. */
int32_t rule_today(const struct ctx *ctx);

#endif
