// SPDX-License-Identifier: Apache-2.0
/**
 * Backup and restore of a store. A backup is a directory with one compacted LMDB file: a snapshot, taken while the
 * store serves. Restoring verifies the whole journal chain first and gives the restored store a new epoch.
 */
#ifndef COMMON_STORE_BACKUP_H
#define COMMON_STORE_BACKUP_H

#include "common/store/journal.h"

/**
 * Copies a snapshot into `directory`, which must not exist (FAULT_IN_USE); synced when it returns. On a fault nothing
 * is left. Any thread; holds a snapshot as long as it takes, which store_usage counts among the readers.
 */
enum fault store_backup(struct store *store, const char *directory);

/**
 * Makes a store at `config->path`, which must not hold one, from a backup: copies, verifies every record, lifts the
 * epoch by one and every sequence by 2^24 (design.md, 5); migrations are left to store_open. Faults are those of
 * store_open, IN_USE when a store is there. `out_problem` says what failed on FAULT_CORRUPT only, its seq is 0 when
 * that is no record; nothing is left behind.
 */
enum fault store_restore(const char *directory, const struct store_config *config, struct journal_problem *out_problem);

#endif
