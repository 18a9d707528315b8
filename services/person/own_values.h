// SPDX-License-Identifier: Apache-2.0
/** Own values: the values of own-defined fields on a card. Source: domain.md 1. */
#ifndef SERVICES_PERSON_OWN_VALUES_H
#define SERVICES_PERSON_OWN_VALUES_H

#include "services/person/card_change.h"

/**
 * Gives the card the values that a command gives, each checked against its field, and takes away those it takes away; they stay ascending and live
 * as long as the batch. A value that the card has already may be given again, though its field or choice is not active any more. False: refused,
 * with the own field's name as own.shoe_size.
 */
bool own_values_check(struct ctx *ctx, struct card_change *change, size_t count, const struct own_change *changes);

/** The member of the struct that holds the value. */
const struct field_desc *own_value_member(const struct own_value *value);

#endif
