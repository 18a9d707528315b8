// SPDX-License-Identifier: Apache-2.0
/**
 * Renewal: after an upgrade for which activities and persons have to be followed again, over what is kept of them. What comes again sets facts
 * back to what they were first, until all has come: figures in between are of no moment there ever was, and none are given.
 */
#ifndef SERVICES_STATS_RENEWAL_H
#define SERVICES_STATS_RENEWAL_H

#include "services/stats/state.h"

/** In a migration, before the sources are followed anew: notes how far they were. */
void renewal_begin(struct store_txn *txn);

/** Whether less has come again than there was. */
bool renewal_is_under_way(struct store_txn *txn);

/** The same for a query, which is then refused as busy. */
bool renewal_refuses(struct ctx *ctx);

#endif
