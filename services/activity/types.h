// SPDX-License-Identifier: Apache-2.0
/** Activity types: the usual ones, which every store has from the start, and what all types share. Source: domain.md 3. */
#ifndef SERVICES_ACTIVITY_TYPES_H
#define SERVICES_ACTIVITY_TYPES_H

#include "services/activity/state.h"

enum { TYPES_MAX = 1024 };

/** Makes the usual types, with events, if there are no types at all; their ids follow the table's order, from 1. */
bool types_make_usual(struct ctx *ctx);

/** The type of an activity that came from a send; 0 before the usual types are there. */
uint64_t types_of_send(struct ctx *ctx, enum send_channel channel);

/** Whether sends need the type, which then stays active. */
bool types_is_needed(uint64_t type);

/** Type that a command is about: refuses as not_found, naming `field`. */
bool types_get(struct ctx *ctx, const char *field, uint64_t type, struct activity_type *out_type);

/** Type that was chosen for something: refuses as unknown_entry. */
bool types_choose(struct ctx *ctx, const char *field, uint64_t type, struct activity_type *out_type);

/** The type that stands for it, merged or not. */
uint64_t types_lead(struct ctx *ctx, uint64_t type);

/** All types, ascending: at most TYPES_MAX, in the batch's memory. NULL after a refusal. */
struct activity_type *types_read(struct ctx *ctx, size_t *out_count);

/** Gives the type its id and adds it. In an apply. */
uint64_t types_add(struct ctx *ctx, const struct activity_type *type);

/** Writes the type, and tells of it, under the next revision, which it returns. In an apply. */
int64_t types_put(struct ctx *ctx, const struct activity_type *type);

/** Key of type_name: the name as people compare it. Refuses one that cannot be compared. */
struct key types_name_key(struct ctx *ctx, struct text name);

/** The name is free, or `owner`'s. */
bool types_check_name(struct ctx *ctx, const struct key *name, uint64_t owner);

#endif
