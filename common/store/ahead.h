// SPDX-License-Identifier: Apache-2.0
/**
 * Ahead: the data file is written, as zeros, some way beyond LMDB's last page, so that a commit changes bytes that are
 * there and not the file's length: to sync the latter costs about twice as much (adr/0004). Internal to common/store;
 * the writer's thread, as a transaction begins: then LMDB has written all of the last one and nothing of this one.
 */
#ifndef COMMON_STORE_AHEAD_H
#define COMMON_STORE_AHEAD_H

#include "common/base/fault.h"

#include <stddef.h>
#include <stdint.h>

struct store;

struct store_ahead {
    int fd;           // past the page cache; -1: this store does without
    uint64_t end;     // bytes of the file that are written
    uint64_t used;    // up to LMDB's last page, when this was last looked at
    int64_t again_ms; // monotonic; not before, after the disk was found full
    void *zeros;
};

/** Without what it needs (a file system without direct writes, memory) the store does without. */
void store_ahead_open(struct store *store);
void store_ahead_close(struct store *store);

/** Writes on when the last page has come near the end, not past the quota. FAULT_IO: the disk failed; a full one is no fault. */
enum fault store_ahead_keep(struct store *store);

#endif
