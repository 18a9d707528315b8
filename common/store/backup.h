// SPDX-License-Identifier: Apache-2.0
/**
 * Backup and restore of a store. A backup is a directory with one compacted LMDB file: a snapshot, taken while the
 * store serves. Restoring verifies the whole journal chain first, can bring the copy forward by an archive (archive.h),
 * and gives the restored store a new epoch.
 */
#ifndef COMMON_STORE_BACKUP_H
#define COMMON_STORE_BACKUP_H

#include <stdatomic.h>

#include "common/store/archive.h"
#include "common/store/journal.h"

/** How fast a backup may read, and what others see of it meanwhile. All zeros: as fast as it goes, nothing. */
struct store_pace {
    uint64_t bytes_per_second;  // 0: no bound
    _Atomic uint64_t *progress; // bytes done so far are added here; NULL: nobody asks
    const _Atomic bool *cancel; // once true, the work ends with FAULT_UNREACHABLE; NULL: never
};

/** What a backup holds, to tell one from another and whether its file is still what was written. */
struct store_facts {
    struct store_identity identity;
    uint32_t schema_version;
    struct journal_position last;
    bool has_sets; // an archive can bring it forward
    struct replog_position sets;
    uint64_t bytes;
    uint8_t checksum[STORE_DIGEST_BYTES]; // BLAKE2b-256 of the file
};

/**
 * Copies a snapshot into `directory`, which must not exist (FAULT_IN_USE); synced when it returns. On a fault nothing
 * is left. Any thread; holds a snapshot as long as it takes, which store_usage counts among the readers.
 */
enum fault store_backup(struct store *store, const char *directory);

/** The same at a pace, telling what it holds. `pace` may be NULL. */
enum fault store_backup_paced(struct store *store, const char *directory, const struct store_pace *pace,
                              struct store_facts *out_facts);

/** Reads the file of a backup: its size and checksum alone are told. Any thread. `pace` may be NULL. */
enum fault store_backup_checksum(const char *directory, const struct store_pace *pace, struct store_facts *out_facts);

/**
 * Copies a backup to the empty or absent directory `config->path`, opens the copy and reads all of it: every record,
 * every row, the log of indexes. Leaves nothing there. Faults and problem as store_restore.
 */
enum fault store_backup_check(const char *directory, const struct store_config *config,
                              struct journal_problem *out_problem);

/**
 * Makes a store at `config->path`, which must not hold one, from a backup: copies, verifies every record, lifts the
 * epoch by one and every sequence by 2^24 (design.md, 5); migrations are left to store_open. Faults are those of
 * store_open, IN_USE when a store is there. `out_problem` says what failed on FAULT_CORRUPT only, its seq is 0 when
 * that is no record; nothing is left behind.
 */
enum fault store_restore(const char *directory, const struct store_config *config, struct journal_problem *out_problem);

struct store_restore_plan {
    const char *directory;      // of the backup
    const char *archive;        // folder of the store's archive; NULL: the backup as it is
    struct archive_limit limit; // how far the archive brings it
    uint64_t epoch_above;       // of the store that it replaces: the new epoch is above this one too
};

struct store_restored {
    uint64_t epoch;
    uint64_t seq;
    uint64_t sets;   // applied from the archive
    int64_t time_ms; // of the last of them; 0: none
};

/** store_restore by a plan. FAULT_VERSION too sets the problem, when it is the archive's. */
enum fault store_restore_by(const struct store_restore_plan *plan, const struct store_config *config,
                            struct store_restored *out_restored, struct journal_problem *out_problem);

/**
 * Fills in what the store in a directory says of itself, size and checksum apart. Its file must be whole, and nobody may
 * have it open. Writes nothing there.
 */
enum fault store_read_facts(const char *directory, struct store_facts *facts);

/** FAULT_IN_USE when somebody has the store in this directory open, or it does not let itself be locked. */
enum fault store_is_free(const char *directory);

#endif
