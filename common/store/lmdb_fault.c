// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "common/store/internal.h"

/** Below this much free space a failed write is taken for a full disk: LMDB 0.9 reports a short write as EIO. */
static const uint64_t FULL_BELOW_BYTES = 1 << 20;

static const struct {
    int rc;
    enum fault fault;
} faults[] = {
    {0, FAULT_NONE},
    {MDB_MAP_FULL, FAULT_STORAGE_FULL},
    {ENOSPC, FAULT_STORAGE_FULL},
    {EDQUOT, FAULT_STORAGE_FULL},
    {EFBIG, FAULT_STORAGE_FULL},
    {MDB_PANIC, FAULT_IO},
    {MDB_CORRUPTED, FAULT_CORRUPT},
    {MDB_PAGE_NOTFOUND, FAULT_CORRUPT},
    {MDB_INVALID, FAULT_CORRUPT},
    {MDB_INCOMPATIBLE, FAULT_CORRUPT},
    {MDB_VERSION_MISMATCH, FAULT_VERSION},
    {ENOMEM, FAULT_MEMORY},
    {EAGAIN, FAULT_MEMORY},
    {EMFILE, FAULT_MEMORY},
    {ENFILE, FAULT_MEMORY},
    {MDB_READERS_FULL, FAULT_MEMORY},
    {MDB_DBS_FULL, FAULT_MEMORY},
    {MDB_TLS_FULL, FAULT_MEMORY},
    {MDB_CURSOR_FULL, FAULT_MEMORY},
    {MDB_TXN_FULL, FAULT_TOO_LARGE},
    {MDB_BAD_VALSIZE, FAULT_TOO_LARGE},
    {ENAMETOOLONG, FAULT_TOO_LARGE},
    {EBUSY, FAULT_IN_USE},
    {EEXIST, FAULT_IN_USE},
};

enum fault store_fault_of(int rc, const char *path)
{
    if (rc == EIO)
        return store_free_bytes(path) < FULL_BELOW_BYTES ? FAULT_STORAGE_FULL : FAULT_IO;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].rc == rc)
            return faults[i].fault;
    return FAULT_IO;
}
