// SPDX-License-Identifier: Apache-2.0
/** Socket: what stands behind `struct bus_socket`, shared by the files of common/bus. Internal to common/bus. */
#ifndef COMMON_BUS_SOCKET_H
#define COMMON_BUS_SOCKET_H

#include <zmq.h>

#include "common/bus/backlog.h"
#include "common/bus/bus.h"
#include "common/bus/guard.h"
#include "common/bus/listener.h"

enum socket_role {
    SOCKET_ROUTER,
    SOCKET_DEALER,
    SOCKET_PUBLISHER,
    SOCKET_SUBSCRIBER,
};

struct bus {
    void *context;
    _Atomic int sockets;
    struct backlog backlog;
    bool has_key; // for tcp
    struct key_pair key;
    char server_key[KEY_TEXT_BYTES]; // public key of those that are connected to
    struct guard *guard;             // NULL: nothing is bound on tcp
};

struct bus_socket {
    struct bus *bus;
    void *zmq;
    enum socket_role role;
    struct bus_limits limits;
    zmq_msg_t scratch; // for frames that are looked at and not kept
    char *address;
    bool is_bound;
    bool is_tcp;
    bool is_shut;             // bound on tcp, and accepts nobody at the moment
    struct listener listener; // when is_bound

    // Publisher: what it publishes, and what peers have asked for since it was last made anew.
    const char *const *topics;
    size_t topic_count;
    size_t subscriptions;
    size_t subscription_bytes;
    size_t renewals;
    uint64_t revocations; // of keys, on tcp; when the publisher was last made anew
    char wanted[512];     // of a publisher: topics asked for, each its length and its bytes
    size_t wanted_bytes;
    bool wants_all; // more than fit there, or everything
};

/** Makes a libzmq socket for `socket`, with every option set, not yet bound or connected. FAULT_MEMORY when there are no more;
 * logged. */
enum fault socket_make(const struct bus_socket *socket, void **out_zmq);

/** Lets a libzmq socket accept connections from the listener, which stays open. FAULT_CONFIG when libzmq refuses;
 * logged. */
enum fault socket_listen(void *zmq, const char *address, const struct listener *listener);

/** Takes the next waiting frame into `frame` (initialised), never waits. False: none is there. */
bool socket_next_frame(struct bus_socket *socket, zmq_msg_t *frame);

/** Sends one frame, never waits; `flags` may be ZMQ_SNDMORE. */
bool socket_send_frame(struct bus_socket *socket, const void *data, size_t len, int flags);

#endif
