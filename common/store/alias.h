// SPDX-License-Identifier: Apache-2.0
/**
 * Aliases: ids that lead to other ids, as the id of a merged person leads to the person that was kept. They lie in a table that the service
 * declares for them and touches through these calls only. Every alias leads to its end in one step, however the merges came about:
 *
 *     01 | alias              → u64 where it leads, then what the caller keeps with it
 *     02 | where | alias      → nothing
 */
#ifndef COMMON_STORE_ALIAS_H
#define COMMON_STORE_ALIAS_H

#include "common/store/key.h"

enum { ALIAS_KEPT_BYTES = 256 };

/** Where the id leads: to itself when it is no alias. */
uint64_t alias_end(struct store_txn *txn, const struct store_table *table, uint64_t id);

/** What is kept with an alias; empty when nothing is, or the id is none. Borrows as store_get. */
struct bytes alias_kept(struct store_txn *txn, const struct store_table *table, uint64_t id);

/** Aliases that lead to `end`, those after `after`, ascending; the first `max`; returns how many. */
size_t alias_list(struct store_txn *txn, const struct store_table *table, uint64_t end, uint64_t after,
                  uint64_t *out_aliases, size_t max);

/** All aliases, those after `after`, ascending; the first `max`; returns how many. */
size_t alias_scan(struct store_txn *txn, const struct store_table *table, uint64_t after, uint64_t *out_aliases,
                  size_t max);

/** Reads a row of the table: an alias and where it leads. False: it is another kind of row. */
bool alias_read(struct bytes key, struct bytes value, uint64_t *out_alias, uint64_t *out_end);

/**
 * From now on `alias`, and all that leads to it, leads to where `to` leads; at most ALIAS_KEPT_BYTES of `kept` are kept with it. To lead an id to itself
 * is nothing.
 */
void alias_put(struct store_txn *txn, const struct store_table *table, uint64_t alias, uint64_t to, struct bytes kept);

#endif
