// SPDX-License-Identifier: Apache-2.0
/**
 * Erasing a person: what every service does in the same way. Source: design.md 8, domain.md 6.
 *
 * A command or a followed event calls ctx_erase; once its apply is over, in the same batch, the id is written down for ever, events
 * of him that were set aside go, and the service takes away what must not be seen any more. What takes longer follows in batches of
 * the service's own work, a slice each: first its rows, then the journal, from its beginning to its end. Every record about the person
 * loses content and salt, unless it can hold nothing personal by the schema; the chain of digests still verifies. Followers pass
 * an erased record over; so for each row that is made anonymous an event without the person tells what is left of it, and a
 * follower that lags behind comes to the same.
 *
 * Persons who are at the same position go on together: the journal is read once for up to 64 of them. A million records of 400 bytes took 0.9 s,
 * 250 batches of which the longest took 8 ms (release build, one processor). The service's table has
 *
 *     u8 1, u64 person → u64 when, UTC milliseconds         he was erased; never removed
 *     u8 2, u64 person → u64 next journal position          under way; 0: the service's rows are not done
 *     u8 3             → u64 when, UTC milliseconds         since then free pages of the file may hold what was erased
 *
 * so a service that dies goes on where it was. A record that is damaged stays as it is, and is told in the log.
 */
#ifndef COMMON_SERVICE_ERASING_H
#define COMMON_SERVICE_ERASING_H

#include "common/service/ctx.h"

/** Whether the person was erased. `table` is the service's, of its definition. */
bool erasing_has(struct store_txn *txn, const struct store_table *table, uint64_t person);

/** Whether anybody was. */
bool erasing_has_any(struct store_txn *txn, const struct store_table *table);

/** Reads the key of a row of the table: a person who was erased. False: it is another kind of row. */
bool erasing_read(struct bytes key, uint64_t *out_person);

/** How many persons are under way. */
uint64_t erasing_count(struct store_txn *txn, const struct store_table *table);

/** Since when free pages may hold what was erased; 0: they hold nothing of that. */
int64_t erasing_since_ms(struct store_txn *txn, const struct store_table *table);

/** Something personal was deleted or overwritten that no erasing knows of: free pages may hold it from `now_ms` on. */
void erasing_freed(struct store_txn *txn, const struct store_table *table, int64_t now_ms);

/** The file was compacted: free pages hold nothing any more. */
void erasing_compacted(struct store_txn *txn, const struct store_table *table);

/** Calls `use` with every person who was erased, by id, until it returns false. */
void erasing_each(struct store_txn *txn, const struct store_table *table, bool (*use)(void *user, uint64_t person),
                  void *user);

#endif
