// SPDX-License-Identifier: Apache-2.0
/**
 * Erasure ledger: who was erased, in a file beside the store that no backup holds, so that a store restored from an older backup
 * erases them again before it opens its doors. Ids and the store's identity alone, one line each, appended and synced:
 *
 *     6f1c2a9e4b7d4c0f8a3e5d7b9c1f2e04 17
 *
 * It lies in the service's folder, which a restore leaves there. Where a whole machine is restored, the file has to come from where it was
 * kept. The command side's thread.
 */
#ifndef COMMON_SERVICE_ERASURE_LEDGER_H
#define COMMON_SERVICE_ERASURE_LEDGER_H

#include "common/store/store.h"

struct erasure_ledger;

/** Opens or makes DIRECTORY/erased.ledger and reads it. FAULT_CORRUPT: a line makes no sense. Gives: erasure_ledger_close. */
enum fault erasure_ledger_open(const char *directory, struct erasure_ledger **out_ledger);
void erasure_ledger_close(struct erasure_ledger *ledger);

/** Whether the ledger says that the store erased the person. */
bool erasure_ledger_has(const struct erasure_ledger *ledger, const struct store_identity *store, uint64_t person);

/** Adds a person; durable once erasure_ledger_sync has returned. */
void erasure_ledger_add(struct erasure_ledger *ledger, const struct store_identity *store, uint64_t person);

/** FAULT_IO, FAULT_MEMORY, or FAULT_STORAGE_FULL, logged: some that were added are not in the file; they are tried again by the next. */
enum fault erasure_ledger_sync(struct erasure_ledger *ledger);

/** Calls `use` with every person that the store erased, until it returns false. */
void erasure_ledger_each(const struct erasure_ledger *ledger, const struct store_identity *store,
                         bool (*use)(void *user, uint64_t person), void *user);

#endif
