// SPDX-License-Identifier: Apache-2.0
/** Entries of the pick-lists, as their commands share them. Source: domain.md 2. */
#ifndef SERVICES_PERSON_ENTRIES_H
#define SERVICES_PERSON_ENTRIES_H

#include "services/person/state.h"

/** Key of `entry_name`: the list, of a department its organisation, then the Swedish name as people compare it. Refuses a name that cannot be. */
struct key entry_name_key(struct ctx *ctx, const struct pick_list_entry *entry);

/** Reads an entry; refuses when there is none. */
bool entry_get(struct ctx *ctx, const char *field, uint64_t entry, struct pick_list_entry *out_entry);

/** Writes an entry that changed under its next revision and journals it. */
void entry_put(struct ctx *ctx, const struct pick_list_entry *entry);

#endif
