// SPDX-License-Identifier: Apache-2.0
/** Card names: what cards choose by id, as files have it: names of entries and organisations, numbers of employees. Asked for when first met. */
#ifndef SERVICES_PK_CARD_NAMES_H
#define SERVICES_PK_CARD_NAMES_H

#include "services/pk/pk.h"

struct card_names;

/** Reads the pick-lists. An exit code; EXIT_DONE gives: card_names_free. */
int card_names_new(struct pk *pk, struct card_names **out_names);
void card_names_free(struct card_names *names);

/*
 * Each gives text that `pk person import` takes for the same id: a name, or #id where there is none or it could be taken for something
 * else. Borrows until the next call. What the service did not answer has been said, and card_names_code is no longer EXIT_DONE.
 */

const char *card_names_entry(struct card_names *names, uint64_t entry);
const char *card_names_organisation(struct card_names *names, uint64_t organisation);
const char *card_names_employee(struct card_names *names, uint64_t person);

int card_names_code(const struct card_names *names);

#endif
