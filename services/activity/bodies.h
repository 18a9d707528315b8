// SPDX-License-Identifier: Apache-2.0
/**
 * Bodies of activities, apart from their rows: lists, scans and changes of a row read and write none of them. A body lies in
 * pieces of which two fill a page of the store, since values over half a page would need runs of free pages.
 */
#ifndef SERVICES_ACTIVITY_BODIES_H
#define SERVICES_ACTIVITY_BODIES_H

#include "services/activity/state.h"

/** For an activity newer than all that have a body. An empty one is none. In an apply. */
void bodies_append(struct ctx *ctx, uint64_t activity, struct text body);

/** Replaces the one there is; an empty one is none. In an apply. */
void bodies_put(struct ctx *ctx, uint64_t activity, struct text body);

/** Empty when it has none; then `ctx` may have been refused. Borrows: the batch. */
struct text bodies_get(struct ctx *ctx, uint64_t activity);

/** Absent is fine. In an apply. */
void bodies_delete(struct ctx *ctx, uint64_t activity);

#endif
