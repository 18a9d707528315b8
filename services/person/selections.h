// SPDX-License-Identifier: Apache-2.0
/** Saved selections, as their messages and the filter share them. */
#ifndef SERVICES_PERSON_SELECTIONS_H
#define SERVICES_PERSON_SELECTIONS_H

#include "services/person/state.h"

enum { SELECTIONS_MAX = 1000 };

/** Key of `selection_name`: the name as people compare it. Refuses one that cannot be compared; `field` says which. */
struct key selection_name_key(struct ctx *ctx, const char *field, struct text name);

/** The selection of this name, or of this id; false: there is none, or `ctx` was refused. */
bool selection_find(struct ctx *ctx, const struct key *name, struct selection *out_selection);
bool selection_get(struct ctx *ctx, uint64_t id, struct selection *out_selection);

#endif
