// SPDX-License-Identifier: Apache-2.0
/**
 * Swedish numbers: personal numbers, coordination numbers and organisation numbers, which end in a check digit (Luhn, modulus 10, over the
 * last ten digits; SKV 704 and SKV 709). Stateless.
 */
#ifndef SERVICES_PERSON_SWEDISH_NUMBERS_H
#define SERVICES_PERSON_SWEDISH_NUMBERS_H

#include "common/base/text.h"

enum {
    PERSONAL_NUMBER_LEN = 12,
    ORGANISATION_NUMBER_LEN = 11,
};

struct personal_number {
    char digits[PERSONAL_NUMBER_LEN]; // with the century
    int32_t birth_date;
};

/**
 * Reads one of the forms YYYYMMDD-NNNN, YYMMDD-NNNN, YYMMDD+NNNN (from the year somebody becomes a hundred), with the sign or
 * without. Without a century it is the latest birth that is not after `today`. The day of a coordination number is 60 more.
 * NULL, or what is wrong with it.
 */
const char *personal_number_read(struct text text, int32_t today, struct personal_number *out_number);

/** Reads NNNNNN-NNNN, with the sign or without, and with 16 before it; gives the first form. NULL, or what is wrong with it. */
const char *organisation_number_read(struct text text, char out_number[ORGANISATION_NUMBER_LEN]);

#endif
