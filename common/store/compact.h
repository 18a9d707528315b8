// SPDX-License-Identifier: Apache-2.0
/**
 * Compaction: a store's file is written anew from its rows, and takes the place of the old one in one step. What was erased is in no
 * page any more, used or free; the file is as small as its rows. Nothing of what the store says changes: identity, epoch, positions,
 * ids and its place in a log of write sets.
 *
 * LMDB's own compacting copy is not enough: it takes pages as they are, and between the rows of a page that is in use old bytes stay
 * where rows were deleted or became shorter.
 *
 * Whenever it is cut off the old store or the new one is there, whole; what is left of the making of the new one goes when the store
 * is opened next.
 */
#ifndef COMMON_STORE_COMPACT_H
#define COMMON_STORE_COMPACT_H

#include "common/store/store.h"

struct store_compaction {
    uint64_t rows;
    uint64_t bytes_before; // of the file
    uint64_t bytes_after;
};

/**
 * Compacts the store of the config, which nobody may have open (FAULT_IN_USE), and of which deferred entries are merged first: their
 * log holds keys, too. Needs as much free space as the rows take, or FAULT_STORAGE_FULL. Calls `goes_on`, unless it is NULL,
 * several times a second. On a fault the old store is there, as it was. Faults of store_open.
 */
enum fault store_compact(const struct store_config *config, void (*goes_on)(void),
                         struct store_compaction *out_compaction);

#endif
