// SPDX-License-Identifier: Apache-2.0
/** Backup stream: a store's file read at a bounded rate, with its checksum. Internal to common/store. */
#ifndef COMMON_STORE_BACKUP_STREAM_H
#define COMMON_STORE_BACKUP_STREAM_H

#include <lmdb.h>

#include "common/store/backup.h"

/** Writes a compacted snapshot to the new file `path`, synced; gives its size and checksum. */
enum fault backup_stream_copy(MDB_env *env, const char *path, const struct store_pace *pace, struct store_facts *facts);

#endif
