// SPDX-License-Identifier: Apache-2.0
/**
 * Archive: every write set of a store in files, so that a backup can be brought forward to any later batch.
 *
 * A driver of replog.h: a set is written and synced to the archive before the batch is committed, so the archive has all
 * that was ever acknowledged, at the price of a second sync a batch (adr/0003). The files of a chain lie in a folder of
 * its name, each named after its first set, 20 digits, and ".sets"; none is changed once the next has begun. Those whose
 * successor begins at or before the set after the oldest backup's are not needed any more, and may be removed.
 *
 * Numbers are big-endian. A file begins with
 *
 *      0  u32  crc32c of the 52 bytes after this field
 *      4  [8]  "pksets" 00 01
 *     12  [16] store id
 *     28  [16] chain
 *     44  u32  schema version
 *     48  u64  number of its first set
 *
 * and goes on with sets:
 *
 *      0  u32  crc32c of the 44 bytes after this field
 *      4  u32  the first field of the set before this one, or of the file
 *      8  u64  number
 *     16  i64  time_ms, when the batch was committed
 *     24  u64  first journal position     32  u64  last journal position (replog.h)
 *     40  u32  length of the set          44  u32  crc32c of the set
 *     48  the set
 */
#ifndef COMMON_STORE_ARCHIVE_H
#define COMMON_STORE_ARCHIVE_H

#include "common/store/replog.h"

struct archive;

/** Makes the folder when absent; the folder it is in must be there. One store a folder. Gives: archive_close. */
enum fault archive_open(const char *directory, struct archive **out_archive);

/** After the store is closed. NULL is fine. */
void archive_close(struct archive *archive);

/** The driver for the store's config. Borrows: the archive. */
struct replog *archive_replog(struct archive *archive);

/** Where a store is brought forward to: the last batch within both. */
struct archive_limit {
    uint64_t until_seq; // journal position that is not passed; 0: none
    int64_t until_ms;   // time that is not passed, UTC milliseconds; 0: none
};

/** What was read of an archive. */
struct archive_progress {
    uint64_t sets;    // applied or checked
    int64_t time_ms;  // of the last one; 0: none
    const char *what; // constant; what is wrong after it. NULL: nothing
};

/**
 * Applies what follows the store's own count, in order. FAULT_CORRUPT: the archive is damaged or has a gap before the
 * limit, and `what` says so; FAULT_VERSION: it was written with another schema. What was applied until then stays.
 */
enum fault archive_replay(const char *directory, struct store *store, const struct archive_limit *limit,
                          struct archive_progress *out_progress);

/** Checks every set of a chain after `at` as far as the archive goes: dense, whole, chained. FAULT_CORRUPT as above. */
enum fault archive_check(const char *directory, const struct replog_position *at,
                         struct archive_progress *out_progress);

#endif
