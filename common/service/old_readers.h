// SPDX-License-Identifier: Apache-2.0
/**
 * Old readers: whether another program reads one state of the store for so long that its file grows beyond reason. Such a program
 * cannot be stopped from here; somebody has to be told.
 */
#ifndef COMMON_SERVICE_OLD_READERS_H
#define COMMON_SERVICE_OLD_READERS_H

#include "common/store/store.h"

enum { OLD_READER_MS = 10 * 1000 };

struct old_readers {
    bool has_reader;
    uint64_t txn; // that the oldest one sees
    int64_t since_ms;
};

/** Looks again; monotonic milliseconds. Whether one is there that has been reading the same for OLD_READER_MS, and is behind. */
bool old_readers_look(struct old_readers *old, const struct store_readers *readers, int64_t now_ms);

#endif
