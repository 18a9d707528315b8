// SPDX-License-Identifier: Apache-2.0
/**
 * Backlog: bytes of large replies that were handed to libzmq and not yet read by their peers. Internal to common/bus.
 *
 * libzmq's high-water mark counts messages, so that a peer which asks for pages of a megabyte and never reads could hold
 * thousands of them. Large replies are therefore counted in bytes until libzmq lets them go, a peer's and everybody's, and one past
 * the budget is not sent. A small reply is bounded by the high-water mark alone. Counts are taken off on libzmq's thread.
 */
#ifndef COMMON_BUS_BACKLOG_H
#define COMMON_BUS_BACKLOG_H

#include <stdatomic.h>
#include <zmq.h>

#include "common/bus/bus.h"

enum {
    BACKLOG_LARGE_BYTES = 8 * 1024,        // a reply from this size on is counted
    BACKLOG_PEER_BYTES = 16 * 1024 * 1024, // of one peer: four of the largest replies
    BACKLOG_ALL_BYTES = 256 * 1024 * 1024, // of all peers
    BACKLOG_PLACES = 256,                  // peers are told apart by a hash: two may share a place, and its budget
};

/** Belongs to a bus, and must outlive its libzmq context. Zeroed is empty. */
struct backlog {
    atomic_size_t all_bytes;
    atomic_size_t bytes[BACKLOG_PLACES];
};

/** Makes a message of `payload`, which is copied and counted until libzmq has closed it. False: past the budget, or no memory. */
bool backlog_message(struct backlog *backlog, const struct bus_peer *peer, struct bytes payload,
                     zmq_msg_t *out_message);

#endif
