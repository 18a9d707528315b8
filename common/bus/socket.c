// SPDX-License-Identifier: Apache-2.0
#include "common/bus/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"

enum {
    CONTEXT_SOCKETS = 256,
    HANDSHAKE_MS = 5000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    ROUTER_LINGER_MS = 1000, // the last replies leave at a shutdown
    HANDSHAKE_BYTES = 512,   // handshake commands and subscriptions fit

    // On tcp anybody with a key may fill a router's queue with the largest frames there are: at 256 KiB, 128 MiB of them a connection.
    TCP_RECEIVED = 512,

    CURVE_BYTES = 64, // what CURVE adds to a frame, and a little more

    // A peer that says nothing is asked by the kernel, and given up after 3 + 4 × 1 seconds; one that does not confirm what it was sent,
    // after 8: half-open connections end.
    KEEPALIVE_IDLE_S = 3,
    KEEPALIVE_INTERVAL_S = 1,
    KEEPALIVE_COUNT = 4,
    UNCONFIRMED_MS = 8000,

    // libzmq takes subscriptions off a connection as long as any are waiting, in one call; a short queue ends that call
    // early.
    SUBSCRIPTION_QUEUE = 16,
};

/** How the roles differ. */
static const struct role_defaults {
    int type;
    int linger_ms;
} roles[] = {
    [SOCKET_ROUTER] = {ZMQ_ROUTER, ROUTER_LINGER_MS},
    [SOCKET_DEALER] = {ZMQ_DEALER, 0},
    [SOCKET_PUBLISHER] = {ZMQ_XPUB, 0},
    [SOCKET_SUBSCRIBER] = {ZMQ_SUB, 0},
};

/** libzmq 4.3.4 aborts when accepting an ipc connection finds no free descriptor, so there have to be as many as may be
 * had. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

enum fault bus_open(struct bus **out_bus)
{
    raise_descriptor_limit();
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return FAULT_MEMORY;
    bus->context = zmq_ctx_new();
    if (!bus->context) {
        LOG(LOG_LEVEL_ERROR, "bus cannot be opened", log_name("error", zmq_strerror(errno)));
        free(bus);
        return FAULT_MEMORY;
    }
    must(zmq_ctx_set(bus->context, ZMQ_IO_THREADS, 1) == 0);
    must(zmq_ctx_set(bus->context, ZMQ_MAX_SOCKETS, CONTEXT_SOCKETS) == 0);
    must(zmq_ctx_set(bus->context, ZMQ_IPV6, 0) == 0);
    *out_bus = bus;
    return FAULT_NONE;
}

void bus_close(struct bus *bus)
{
    must(bus->sockets == 0); // libzmq would wait for them for ever
    guard_close(bus->guard);
    while (zmq_ctx_term(bus->context) != 0 && errno == EINTR)
        continue;
    key_pair_wipe(&bus->key);
    free(bus);
}

static void set_int(void *zmq, int option, int value)
{
    must(zmq_setsockopt(zmq, option, &value, sizeof value) == 0);
}

enum fault bus_take_key(struct bus *bus, const char *key_path, const char *server_key)
{
    char problem[512];
    if (server_key && !key_is_valid(text_of(server_key))) {
        LOG(LOG_LEVEL_ERROR, "the services' public key has 40 characters, as pk key show prints it",
            log_name("setting", "server_public in the section curve of the bus file"));
        return FAULT_CONFIG;
    }
    if (key_pair_load(key_path, &bus->key, problem, sizeof problem) != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "the key file cannot be used", log_name("problem", problem));
        return FAULT_CONFIG;
    }
    memcpy(bus->server_key, server_key ? server_key : bus->key.public_key, KEY_TEXT_BYTES);
    bus->has_key = true;
    return FAULT_NONE;
}

enum fault bus_guard(struct bus *bus, const char *key_path, const char *allow_path, struct counters *counters)
{
    must(!bus->guard);
    enum fault fault = bus_take_key(bus, key_path, NULL);
    return fault == FAULT_NONE ? guard_open(bus->context, allow_path, counters, &bus->guard) : fault;
}

static void set_text(void *zmq, int option, const char *value)
{
    must(zmq_setsockopt(zmq, option, value, strlen(value) + 1) == 0);
}

/** What tcp needs: each end proves its key, and ends that are gone are found out. */
static void set_tcp_options(const struct bus_socket *socket, void *zmq)
{
    const struct bus *bus = socket->bus;
    struct address_tcp tcp;
    address_split_tcp(socket->address, &tcp);
    set_int(zmq, ZMQ_IPV6, tcp.is_ipv6);
    if (socket->role == SOCKET_ROUTER && socket->limits.messages > TCP_RECEIVED)
        set_int(zmq, ZMQ_RCVHWM, TCP_RECEIVED);
    set_int(zmq, ZMQ_TCP_KEEPALIVE, 1);
    set_int(zmq, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
    set_int(zmq, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S);
    set_int(zmq, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT);
    set_int(zmq, ZMQ_TCP_MAXRT, UNCONFIRMED_MS);
    set_text(zmq, ZMQ_CURVE_SECRETKEY, bus->key.secret_key);
    if (socket->is_bound) {
        set_int(zmq, ZMQ_CURVE_SERVER, 1);
        guard_set_options(zmq);
        return;
    }
    set_text(zmq, ZMQ_CURVE_PUBLICKEY, bus->key.public_key);
    set_text(zmq, ZMQ_CURVE_SERVERKEY, bus->server_key);
}

static void set_options(const struct bus_socket *socket, void *zmq)
{
    enum socket_role role = socket->role;
    struct bus_limits limits = socket->limits;
    bool is_publisher = role == SOCKET_PUBLISHER;
    size_t frame_bytes = is_publisher || limits.frame_bytes < HANDSHAKE_BYTES ? HANDSHAKE_BYTES : limits.frame_bytes;
    int64_t most_bytes = (int64_t)frame_bytes + (socket->is_tcp ? CURVE_BYTES : 0);
    must(zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &most_bytes, sizeof most_bytes) == 0);
    set_int(zmq, ZMQ_LINGER, roles[role].linger_ms);
    set_int(zmq, ZMQ_SNDHWM, limits.messages);
    set_int(zmq, ZMQ_RCVHWM, is_publisher ? SUBSCRIPTION_QUEUE : limits.messages);
    set_int(zmq, ZMQ_IPV6, 0);
    set_int(zmq, ZMQ_IMMEDIATE, 0);
    // No heartbeats: the kernel tells when a peer has gone, on ipc at once and on tcp by keepalive, and in libzmq 4.3.4 a heartbeat to
    // a peer that has gone while its queue was full aborts the process ("Assertion failed: !_io_error").
    set_int(zmq, ZMQ_HEARTBEAT_IVL, 0);
    set_int(zmq, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    set_int(zmq, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    set_int(zmq, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    if (role == SOCKET_ROUTER) {
        set_int(zmq, ZMQ_ROUTER_MANDATORY, 1); // a reply that cannot be delivered is known, and never waited for
        set_int(zmq, ZMQ_ROUTER_HANDOVER, 0);
    }
    if (is_publisher)
        set_int(zmq, ZMQ_XPUB_VERBOSER, 1); // every subscription is seen, so that they can be counted
    if (socket->is_tcp)
        set_tcp_options(socket, zmq);
}

enum fault socket_make(const struct bus_socket *socket, void **out_zmq)
{
    struct bus_limits limits = socket->limits;
    must(limits.messages > 0 && limits.frame_bytes > 0 && limits.frame_bytes <= INT32_MAX);
    void *zmq = zmq_socket(socket->bus->context, roles[socket->role].type);
    if (!zmq) {
        LOG(LOG_LEVEL_ERROR, "bus socket cannot be made", log_name("error", zmq_strerror(errno)));
        return FAULT_MEMORY;
    }
    set_options(socket, zmq);
    *out_zmq = zmq;
    return FAULT_NONE;
}

enum fault socket_listen(void *zmq, const char *address, const struct listener *listener)
{
    int fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        address_log(address, "no descriptor is free", errno);
        return FAULT_MEMORY;
    }
    set_int(zmq, ZMQ_USE_FD, fd);
    if (zmq_bind(zmq, address) != 0) {
        address_log(address, "libzmq cannot bind it", errno);
        close(fd);
        return FAULT_CONFIG;
    }
    return FAULT_NONE;
}

static enum fault connect_to(void *zmq, const char *address)
{
    enum fault fault = address_path(address) ? address_check_directory(address, ADDRESS_CONNECT) : FAULT_NONE;
    if (fault == FAULT_NONE && zmq_connect(zmq, address) != 0) {
        address_log(address, "libzmq cannot connect to it", errno);
        fault = FAULT_CONFIG;
    }
    return fault;
}

static enum fault check_form(const struct bus *bus, const char *address, bool is_bound)
{
    const char *problem = address_problem(address);
    if (!problem && !address_path(address) && is_bound && !bus->guard)
        problem =
            "tcp is refused without CURVE: give server_key and allow in the section curve of the bus file, or use ipc";
    else if (!problem && !address_path(address) && !bus->has_key)
        problem = "tcp is refused without CURVE: a key of one's own is needed, and server_public in the section curve "
                  "of the bus "
                  "file; pk key generate makes a key";
    if (!problem)
        return FAULT_NONE;
    address_log(address, problem, 0);
    return FAULT_CONFIG;
}

static enum fault attach(struct bus_socket *socket)
{
    if (!socket->is_bound)
        return connect_to(socket->zmq, socket->address);
    enum fault fault = listener_open(socket->address, &socket->listener);
    if (fault != FAULT_NONE)
        return fault;
    fault = socket_listen(socket->zmq, socket->address, &socket->listener);
    if (fault != FAULT_NONE)
        listener_close(&socket->listener);
    return fault;
}

/** Everything but the topics, which publishers and subscribers bring. */
static enum fault socket_open(struct bus *bus, enum socket_role role, const char *address, struct bus_limits limits,
                              struct bus_socket **out_socket)
{
    bool is_bound = role == SOCKET_ROUTER || role == SOCKET_PUBLISHER;
    enum fault fault = check_form(bus, address, is_bound);
    if (fault != FAULT_NONE)
        return fault;
    struct bus_socket *socket = calloc(1, sizeof *socket);
    char *own_address = strdup(address);
    if (!socket || !own_address) {
        free(own_address);
        free(socket);
        return FAULT_MEMORY;
    }
    *socket = (struct bus_socket){.bus = bus, .role = role, .limits = limits, .address = own_address};
    socket->is_bound = is_bound;
    socket->is_tcp = !address_path(address);
    fault = socket_make(socket, &socket->zmq);
    if (fault == FAULT_NONE && (fault = attach(socket)) != FAULT_NONE)
        zmq_close(socket->zmq);
    if (fault != FAULT_NONE) {
        free(own_address);
        free(socket);
        return fault;
    }
    zmq_msg_init(&socket->scratch);
    atomic_fetch_add(&bus->sockets, 1);
    *out_socket = socket;
    return FAULT_NONE;
}

/** The lowest descriptor that is free tells about how many are not. */
static bool has_room(const struct bus_socket *socket)
{
    struct rlimit limit = {.rlim_cur = 0};
    int fd = fcntl(socket->listener.fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return false;
    close(fd);
    getrlimit(RLIMIT_NOFILE, &limit);
    return (rlim_t)fd < limit.rlim_cur / 2;
}

/** Takes libzmq's end of the listener away; connections wait in the kernel. */
static bool shut(struct bus_socket *socket)
{
    char endpoint[512];
    size_t len = sizeof endpoint;
    return zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, endpoint, &len) == 0 &&
           zmq_unbind(socket->zmq, endpoint) == 0;
}

void bus_keep_room(struct bus_socket *socket)
{
    if (!socket->is_bound || !socket->is_tcp)
        return;
    bool is_shut = !has_room(socket);
    if (is_shut == socket->is_shut)
        return;
    if (is_shut ? !shut(socket) : socket_listen(socket->zmq, socket->address, &socket->listener) != FAULT_NONE)
        return;
    socket->is_shut = is_shut;
    LOG(is_shut ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
        is_shut ? "half of the descriptors are in use; new connections over tcp have to wait"
                : "new connections over tcp are taken again",
        log_name("address", socket->address));
}

void bus_socket_close(struct bus_socket *socket)
{
    if (!socket)
        return;
    zmq_msg_close(&socket->scratch);
    must(zmq_close(socket->zmq) == 0);
    if (socket->is_bound)
        listener_close(&socket->listener);
    atomic_fetch_sub(&socket->bus->sockets, 1);
    free(socket->address);
    free(socket);
}

enum fault bus_bind_router(struct bus *bus, const char *address, struct bus_limits limits,
                           struct bus_socket **out_socket)
{
    return socket_open(bus, SOCKET_ROUTER, address, limits, out_socket);
}

enum fault bus_connect_dealer(struct bus *bus, const char *address, struct bus_limits limits,
                              struct bus_socket **out_socket)
{
    return socket_open(bus, SOCKET_DEALER, address, limits, out_socket);
}

enum fault bus_bind_publisher(struct bus *bus, const char *address, struct bus_limits limits, const char *const *topics,
                              size_t topic_count, struct bus_socket **out_socket)
{
    struct bus_socket *socket = NULL;
    enum fault fault = socket_open(bus, SOCKET_PUBLISHER, address, limits, &socket);
    if (fault != FAULT_NONE)
        return fault;
    socket->topics = topics;
    socket->topic_count = topic_count;
    if (socket->is_tcp)
        socket->revocations = guard_revocations(bus->guard);
    *out_socket = socket;
    return FAULT_NONE;
}

enum fault bus_connect_subscriber(struct bus *bus, const char *address, struct bus_limits limits,
                                  const char *const *topics, size_t topic_count, struct bus_socket **out_socket)
{
    struct bus_socket *socket = NULL;
    enum fault fault = socket_open(bus, SOCKET_SUBSCRIBER, address, limits, &socket);
    if (fault != FAULT_NONE)
        return fault;
    for (size_t i = 0; i < topic_count; i++) {
        size_t len = strlen(topics[i]);
        must(len <= BUS_TOPIC_BYTES);
        must(zmq_setsockopt(socket->zmq, ZMQ_SUBSCRIBE, topics[i], len) == 0);
    }
    *out_socket = socket;
    return FAULT_NONE;
}
