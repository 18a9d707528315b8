// SPDX-License-Identifier: Apache-2.0
/**
 * Rebuilding: when the table of roll-ups is another than the one a store's cells were counted by, they are counted anew from the
 * facts before the service opens its doors. A start goes on where the one before was ended.
 */
#ifndef SERVICES_STATS_REBUILD_H
#define SERVICES_STATS_REBUILD_H

#include "services/stats/state.h"

/**
 * Does nothing when the table is the same. Calls `goes_on`, if it is given, several times a second. The commit's faults;
 * FAULT_CORRUPT when a fact makes no sense.
 */
enum fault rebuild_cells(struct store *store, void (*goes_on)(void));

#endif
