// SPDX-License-Identifier: Apache-2.0
/**
 * Listener: the bound end of an address, made by us and lent to libzmq. Internal to common/bus. On tcp the kernel sees to it that an
 * address has one living server; on ipc it does not:
 *
 * libzmq would take the path from a living process without a word, and remove it when a socket is closed, even though
 * its successor has bound it meanwhile. So the path is guarded by a lock file beside it (`<path>.lock`, which stays),
 * the stale socket of a killed process is removed under that lock, and libzmq gets a descriptor that already listens.
 */
#ifndef COMMON_BUS_LISTENER_H
#define COMMON_BUS_LISTENER_H

#include "common/base/fault.h"
#include "common/bus/address.h"

struct listener {
    int fd;
    int lock_fd;                       // ipc; -1 on tcp
    char path[ADDRESS_PATH_BYTES + 1]; // ipc; empty on tcp
};

/** FAULT_IN_USE when a living process has the address, FAULT_CONFIG when it cannot be bound; both are logged. */
enum fault listener_open(const char *address, struct listener *out_listener);

/** Gives the address free; on ipc the socket's file is removed. */
void listener_close(struct listener *listener);

#endif
