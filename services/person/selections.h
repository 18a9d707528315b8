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

/** Takes away a saved selection, and journals that. */
void selection_remove(struct ctx *ctx, const struct selection *selection);

/**
 * Refuses when a selection tells of the person in words (filter_words.h), or cannot be read any more and may do so: somebody has to change or delete it
 * before he is erased.
 */
bool selections_check_erasure(const struct person_service *self, struct ctx *ctx, const struct person_card *card);

/** Takes away the selections that tell of the person. There is none, unless the store is older than his erasure, which is done anew. */
void selections_erase(const struct person_service *self, struct ctx *ctx, const struct person_card *card);

#endif
