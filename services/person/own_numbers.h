// SPDX-License-Identifier: Apache-2.0
/** Own numbers: decimal numbers as own-defined fields have them, exact: whole numbers of ten-thousandths. Stateless. */
#ifndef SERVICES_PERSON_OWN_NUMBERS_H
#define SERVICES_PERSON_OWN_NUMBERS_H

#include "common/base/text.h"

enum { OWN_NUMBER_BYTES = 24 };

/** Reads 42, +42.5 or -3,25: up to 14 digits before the point or comma, and 4 after it. False: it is no such number. */
bool own_number_read(struct text text, int64_t *out_number);

/** Writes it as it is kept: with a point, without zeros that say nothing. Returns the length. */
size_t own_number_write(int64_t number, char out[OWN_NUMBER_BYTES]);

#endif
