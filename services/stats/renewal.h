// SPDX-License-Identifier: Apache-2.0
/**
 * Renewal: while activities and persons are followed from their beginning, over what is kept of them or over nothing, after an upgrade, a restore or a
 * first start. What comes again sets facts back to what they were first, until all has come that there was: figures in between are of no moment there
 * ever was, and none are given.
 */
#ifndef SERVICES_STATS_RENEWAL_H
#define SERVICES_STATS_RENEWAL_H

#include "services/stats/state.h"

/** The source is to be followed from its beginning: no figures until it was found and followed as far as it had come. */
void renewal_await(struct store_txn *txn, const char *source);

/** The source was found, and has come so far. */
void renewal_begin(struct store_txn *txn, const char *source, uint64_t last_seq);

/** Whether less has come than there was. */
bool renewal_is_under_way(struct store_txn *txn);

/** The same for a query, which is then refused as busy. */
bool renewal_refuses(struct ctx *ctx);

#endif
