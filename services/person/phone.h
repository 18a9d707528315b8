// SPDX-License-Identifier: Apache-2.0
/** Phone: numbers in any notation people use, as E.164. Stateless. */
#ifndef SERVICES_PERSON_PHONE_H
#define SERVICES_PERSON_PHONE_H

#include "common/base/text.h"

enum { PHONE_BYTES = 16 }; // a plus and 15 digits: ITU-T E.164

/** Writes the number with its country, Swedish when none is given; returns its length, 0: it is no phone number. */
size_t phone_read(struct text text, char out_number[PHONE_BYTES]);

#endif
