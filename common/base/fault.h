// SPDX-License-Identifier: Apache-2.0
/**
 * Faults: what the environment does to a program (a full disk, a peer that is gone), as one list.
 *
 * Functions that can meet one return `enum fault`, FAULT_NONE being success. A fault is logged once where it is met,
 * the batch it hits is not acknowledged, health says degraded, and the program recovers by itself or restarts.
 */
#ifndef COMMON_BASE_FAULT_H
#define COMMON_BASE_FAULT_H

enum fault {
    FAULT_NONE = 0,
    FAULT_MEMORY,       // an allocation failed, or passed its bound
    FAULT_STORAGE_FULL, // the disk or the quota is full; reads go on, writes may be tried again
    FAULT_IO,           // the disk failed; the store must be closed and the program restarted
    FAULT_CORRUPT,      // stored bytes fail their checksum or make no sense
    FAULT_VERSION,      // the store was written by a newer program
    FAULT_IN_USE,       // another process, or this one, has the store open
    FAULT_FENCED,       // another writer has taken over the replicated log
    FAULT_CONFIG,       // a configuration file is missing or wrong; the log line says where
    FAULT_UNREACHABLE,  // a peer does not answer
    FAULT_TOO_LARGE,    // more than a limit allows
};

/** Name of a fault for logs, as "storage_full". Borrows: constant. */
const char *fault_name(enum fault fault);

#endif
