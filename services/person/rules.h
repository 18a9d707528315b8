// SPDX-License-Identifier: Apache-2.0
/**
 * Rules of a card's fields that the schema cannot state. Each check refuses with the field's name and a reason a seller
 * understands, and returns false then. Source: domain.md 1 and 5.
 */
#ifndef SERVICES_PERSON_RULES_H
#define SERVICES_PERSON_RULES_H

#include "services/person/state.h"

/** E-mail: one @, a local part of at most 64 bytes without spaces, a domain of labels with a dot (RFC 5321; HTML's rule). */
bool rule_email(struct ctx *ctx, struct text email);

/** A phone number in any notation becomes E.164; without a country it is Swedish. `out_number` lives as long as the batch. */
bool rule_mobile(struct ctx *ctx, struct text mobile, struct text *out_number);

/** The day must not be in the future. */
bool rule_terms_accepted(struct ctx *ctx, int32_t day);

/** The entry must exist, belong to the list and be active; one that the card has already (`current`) may stay. */
bool rule_entry(struct ctx *ctx, const char *field, enum pick_list list, uint64_t entry, uint64_t current);

/** The customer number is free, or `owner`'s. */
bool rule_customer_number(struct ctx *ctx, struct text number, uint64_t owner);

/**
 * The groups a card has after some were added and some removed: ascending, none twice, lives as long as the batch. Added ones
 * must be active entries unless the card has them; removing one that it has not is fine.
 */
bool rule_groups(struct ctx *ctx, const char *add_field, const struct person_card *card, size_t add_count,
                 const uint64_t *add, size_t remove_count, const uint64_t *remove, size_t *out_count,
                 const uint64_t **out_groups);

/** The consents a card has after these changes; at most one change a channel. `out_changed`: any differs. */
bool rule_consents(struct ctx *ctx, const struct person_card *card, size_t change_count,
                   const struct consent_change *changes, size_t *out_count, const struct consent **out_consents,
                   bool *out_changed);

#endif
