// SPDX-License-Identifier: Apache-2.0
/**
 * Card fields: which fields of a command stand for the fields of a card, by their names, so that a new field of both is carried over
 * without code. Lists are not: commands say what joins and leaves them. Found once, then constant.
 */
#ifndef SERVICES_PERSON_CARD_FIELDS_H
#define SERVICES_PERSON_CARD_FIELDS_H

#include "common/wire/desc.h"

enum { CARD_FIELDS_MOST = 64 };

struct card_fields {
    size_t count;
    struct card_field {
        const struct field_desc *from; // of the command
        const struct field_desc *to;   // of the card
    } items[CARD_FIELDS_MOST];
};

/** Finds them for a command's body. */
void card_fields_find(const struct struct_desc *command, struct card_fields *out_fields);

#endif
