// SPDX-License-Identifier: Apache-2.0
/** Organisations, as their messages share them. Source: domain.md 1 and 2. */
#ifndef SERVICES_PERSON_ORGANISATIONS_H
#define SERVICES_PERSON_ORGANISATIONS_H

#include "services/person/state.h"

/** Key of `organisation_name`: the name as people compare it. Refuses a name that cannot be. */
struct key organisation_name_key(struct ctx *ctx, const char *field, struct text name);

/** The name and number are nobody else's; the number is put into the form in which it is kept. `organisation` has its id, 0 when it is new. */
bool organisation_check(struct ctx *ctx, struct organisation *organisation);

/** Takes the name and number of `before` off the indexes and puts those of `after` there; NULL: there is none. */
void organisation_put_indexes(struct ctx *ctx, const struct organisation *before, const struct organisation *after);

/** Reads one; refuses when there is none. */
bool organisation_read(struct ctx *ctx, uint64_t organisation, struct organisation *out_organisation);

#endif
