// SPDX-License-Identifier: Apache-2.0
/**
 * Bus: the sockets between services and their clients, with every default set in code and every bound kept. Nothing
 * else in the system knows that it is ZeroMQ.
 *
 * Frames on the wire: to and from a router ["", payload] (the caller's routing id in front is ZeroMQ's own); from a
 * publisher [topic, payload]. Anything else is drained and dropped, and counted by the caller. A socket is used by one
 * thread at a time. Nothing here blocks but bus_poll and, for at most a second, bus_close: a peer that does not read
 * costs its own replies, nobody else's. What is sent is not bounded here: a frame larger than the receiver takes gets
 * the sender cut off, so senders check.
 *
 * Not promised: a bound on one message of very many frames (libzmq queues it whole before it can be dropped), and that
 * a publisher's messages arrive.
 *
 * Lifetime: open one bus a process, before any other thread starts and after signals are blocked (bus_block_signals);
 * close the sockets, then the bus. Never fork after a bus was opened.
 */
#ifndef COMMON_BUS_BUS_H
#define COMMON_BUS_BUS_H

#include <stdalign.h>

#include "common/base/fault.h"
#include "common/base/text.h"

struct bus;
struct bus_socket;
struct counters;

enum {
    BUS_ROUTING_ID_BYTES = 255,
    BUS_TOPIC_BYTES = 200, // libzmq 4.3.4 mis-encodes topics of 246 bytes and more
    BUS_POLL_ITEMS = 32,
    BUS_KEY_NAME_BYTES = 32,
};

/** Bounds of a socket; memory per peer and direction is at most about messages × frame_bytes. */
struct bus_limits {
    size_t frame_bytes; // a larger frame cuts the peer off
    int messages;       // queued per peer and direction
};

/** Blocks SIGINT and SIGTERM (and ignores SIGPIPE) in the calling thread and those it starts; read them from
 * bus_signal_fd. */
void bus_block_signals(void);

/** A descriptor that is readable when SIGINT or SIGTERM has come; -1 on a fault. The caller closes it. */
int bus_signal_fd(void);

/** Gives a bus: bus_close. Raises the process's limit of open descriptors to what it may have. FAULT_MEMORY, logged. */
enum fault bus_open(struct bus **out_bus);

/*
 * tcp: both ends prove a CURVE key, and what is said is encrypted. All services of an installation have one key pair (key_pair.h has
 * its file); whoever connects has one of his own. Before sockets are opened:
 */

/**
 * Whoever connects: the file with his own pair, and the services' public key (40 characters; NULL: one's own pair is the services').
 * FAULT_CONFIG, logged.
 */
enum fault bus_take_key(struct bus *bus, const char *key_path, const char *server_key);

/**
 * A service that binds: the file with the services' pair, and the list of who may come in (allow_list.h). It connects to other
 * services with the same pair. Starts a thread, so signals are blocked before. `counters` are borrowed; NULL: none. FAULT_CONFIG,
 * FAULT_MEMORY, logged. Once a bus.
 */
enum fault bus_guard(struct bus *bus, const char *key_path, const char *allow_path, struct counters *counters);

/** Takes the bus. Its sockets are closed; waits up to a second for the routers' last replies to leave. */
void bus_close(struct bus *bus);

/**
 * Each gives a socket: bus_socket_close. `address` is borrowed for the call. FAULT_CONFIG when the address is
 * malformed, or tcp without bus_guard (to bind) or bus_take_key (to connect), or ipc in a directory that belongs to another user or that others than its owner may
 * enter (bind makes a missing directory, mode 0700; root may connect to anybody's); FAULT_IN_USE when it is bound
 * already by a living process; FAULT_UNREACHABLE when the directory to connect in is missing, which a service that
 * starts later mends: try again; FAULT_MEMORY. All are logged with the address. Connecting does not wait for the peer
 * to be there.
 */
enum fault bus_bind_router(struct bus *bus, const char *address, struct bus_limits limits,
                           struct bus_socket **out_socket);
enum fault bus_connect_dealer(struct bus *bus, const char *address, struct bus_limits limits,
                              struct bus_socket **out_socket);

/**
 * A publisher publishes what begins with one of `topics` (borrowed as long as the socket) and nothing else, so a
 * subscription to anything else gets nothing. After 10,000 subscriptions, or 128 KiB of their topics, it drops all:
 * subscribers come back by themselves and miss what was published meanwhile. On tcp the same happens when a key was taken off the
 * list, before anything more is published: whose key that was does not come back.
 */
enum fault bus_bind_publisher(struct bus *bus, const char *address, struct bus_limits limits, const char *const *topics,
                              size_t topic_count, struct bus_socket **out_socket);
enum fault bus_connect_subscriber(struct bus *bus, const char *address, struct bus_limits limits,
                                  const char *const *topics, size_t topic_count, struct bus_socket **out_socket);

/**
 * Call it now and then on a bound socket: on tcp strangers may open connections as they like, and when they have taken half of the
 * process's descriptors, new connections have to wait until there are fewer again. Those there are go on. Without it the descriptors
 * run out, and libzmq aborts. Nothing to do on ipc.
 */
void bus_keep_room(struct bus_socket *socket);

/** Takes the socket, which may be NULL. An address on tcp is free a moment later, when libzmq's thread has let go of it. */
void bus_socket_close(struct bus_socket *socket);

/** Where a reply goes. An address, never an identity: it says nothing about who is there. */
struct bus_peer {
    uint8_t routing_id[BUS_ROUTING_ID_BYTES];
    uint8_t len;
};

/** One received message. Close it: payload and topic borrow from it, so it must not be copied or moved either. */
struct bus_message {
    alignas(8) unsigned char opaque[64];
    struct bus_socket *socket; // where it came in
    struct bus_peer peer;      // router
    struct text topic;         // subscriber
    struct bytes payload;
    unsigned char topic_data[BUS_TOPIC_BYTES];
};

enum bus_received {
    BUS_NOTHING, // none is waiting
    BUS_MESSAGE, // `out_message` must be closed
    BUS_DROPPED, // one was there that had the wrong frames; more may wait
};

/** Takes one waiting message, never waits. Routers, dealers and subscribers. `out_message` is undefined unless
 * BUS_MESSAGE. */
enum bus_received bus_receive(struct bus_socket *socket, struct bus_message *out_message);
void bus_message_close(struct bus_message *message);

/** Who sent a message to a router. */
struct bus_sender {
    bool is_local;                         // came over ipc: whoever may enter the directory
    char key_name[BUS_KEY_NAME_BYTES + 1]; // on tcp; empty when the key is not on the list any more
    uint32_t role_mask; // bits of the roles it may act as; none when the key is not on the list any more
};

/** Who that is as the list of allowed keys stands now: ask when the message is handled. */
struct bus_sender bus_sender_of(const struct bus_message *message);

/** Sends to one peer of a router. False: not delivered (the peer is gone, or does not read: at most 16 MiB of large replies wait for
 *  one peer, 256 MiB for all); it will ask again. */
bool bus_reply(struct bus_socket *router, const struct bus_peer *peer, struct bytes payload);

/** Sends from a dealer. False: its queue is full; nothing was sent. */
bool bus_send(struct bus_socket *dealer, struct bytes payload);

/** Publishes to those who subscribed; nobody there, or one too slow, is no fault. A topic that begins with none of the
 *  publisher's, or is longer than BUS_TOPIC_BYTES, goes to nobody. */
void bus_publish(struct bus_socket *publisher, struct text topic, struct bytes payload);

/** Counts waiting subscriptions; call it whenever a publisher polls readable, its bound on memory hangs on that. */
void bus_publisher_serve(struct bus_socket *publisher);

/** Whether anybody has subscribed to anything so far, as of the last bus_publisher_serve: until then publishing is in
 * vain. */
bool bus_publisher_has_subscribers(const struct bus_socket *publisher);

/** Whether anybody may have asked for this topic, as of the last bus_publisher_serve; what was taken back may still
 *  count. For who can spare the work of making a message. */
bool bus_publisher_wants(const struct bus_socket *publisher, struct text topic);

/** What to wait for: a socket, or a descriptor when socket is NULL (a negative one is never readable). */
struct bus_poll_item {
    struct bus_socket *socket;
    int fd;
    bool readable; // set by bus_poll
};

/** Waits until something is readable or `timeout_ms` (-1: for ever) is over; returns how many are; 0 after a signal,
 * too. `count` is at most BUS_POLL_ITEMS. */
int bus_poll(struct bus_poll_item *items, size_t count, int timeout_ms);

#endif
