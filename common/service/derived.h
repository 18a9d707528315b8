// SPDX-License-Identifier: Apache-2.0
/** Derived: what a service has from a source and nothing else (definition.h), and how it is forgotten, so that it comes again. Stateless. */
#ifndef COMMON_SERVICE_DERIVED_H
#define COMMON_SERVICE_DERIVED_H

#include "common/service/definition.h"

/**
 * Removes rows and entries that are derived from the source, and events of it that were set aside, up to `most` of all; in a write transaction. Returns
 * how many: fewer than `most` when none is left. `out_set_aside` (added to): how many of them were set aside.
 */
int64_t derived_remove(struct store_txn *txn, const struct service_definition *definition, const char *source,
                       int64_t most, uint64_t *out_set_aside);

/** Whether the source follows this service as well, so that what is derived of it is made anew after a restore. */
bool derived_is_circular(const struct service_definition *definition, const char *source);

#endif
