// SPDX-License-Identifier: Apache-2.0
/** Own value: what a card has of an own-defined field, as people read it. */
#ifndef SERVICES_PK_OWN_VALUE_H
#define SERVICES_PK_OWN_VALUE_H

#include "proto/person.gen.h"

/** Gives the value's text, whichever member it is, of a choice its id: free. */
char *own_value_text(const struct own_value *value);

#endif
