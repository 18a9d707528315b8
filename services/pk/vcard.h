// SPDX-License-Identifier: Apache-2.0
/** vCard: a card as a vCard 4.0 (RFC 6350): text escaped, lines folded at 75 octets between characters, CRLF. */
#ifndef SERVICES_PK_VCARD_H
#define SERVICES_PK_VCARD_H

#include <stdio.h>

#include "proto/person.gen.h"
#include "services/pk/card_names.h"

void vcard_write(FILE *out, const struct person_card *card, struct card_names *names);

#endif
