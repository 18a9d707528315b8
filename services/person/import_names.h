// SPDX-License-Identifier: Apache-2.0
/**
 * Import names: what cells name of pick-lists, organisations and employees, as ids. A page of lines says the same few names again and again, so
 * what was found is remembered as long as the page is looked at.
 */
#ifndef SERVICES_PERSON_IMPORT_NAMES_H
#define SERVICES_PERSON_IMPORT_NAMES_H

#include "services/person/state.h"

struct import_names;

/** NULL: refused, no memory. It lives as long as the batch. */
struct import_names *import_names_new(struct ctx *ctx);

/* Each gives what is wrong with the name, for people, or NULL and the id. "#17" is the id 17, which the rules look at. */

/** An entry of a pick-list by its name in either language; `organisation` is that of a department, otherwise 0. */
const char *import_names_entry(struct ctx *ctx, struct import_names *names, enum pick_list list, uint64_t organisation,
                               struct text name, uint64_t *out_id);

const char *import_names_organisation(struct ctx *ctx, struct import_names *names, struct text name, uint64_t *out_id);

/** By employee number. */
const char *import_names_employee(struct ctx *ctx, struct import_names *names, struct text number, uint64_t *out_id);

#endif
