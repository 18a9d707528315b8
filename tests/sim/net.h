// SPDX-License-Identifier: Apache-2.0
/** Net: messages under way. They come in any order, late, twice or never: whoever takes one takes any. */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include "common/base/text.h"

struct world;

enum packet_kind {
    PACKET_COMMAND, // from a client to a service's command door
    PACKET_REPLY,   // back
    PACKET_ASK,     // from a follower to its source's query door
    PACKET_PAGE,    // back
};

enum { PACKET_COMMANDS = 6 };

struct packet {
    enum packet_kind kind;
    int to;                           // node, or client
    int from;                         // the same
    size_t source;                    // which of the follower's sources it is about
    unsigned incarnation;             // of the follower: a socket's name dies with it, and so do answers to it
    size_t commands[PACKET_COMMANDS]; // numbers of the client's commands in it
    size_t command_count;
    bool impostor; // an old command's id with another body
    uint8_t *data;
    size_t len;
};

struct net {
    struct packet *packets;
    size_t count;
    size_t capacity;
};

void net_fini(struct net *net);

/** Sends a copy of `frame`; `packet` says the rest. */
void net_send(struct world *world, const struct packet *packet, struct bytes frame);

/**
 * Takes one of the packets of this kind for `to`, any of them: packet_fini. False: there is none. It may stay under way
 * as well, and some vanish on this occasion.
 */
bool net_take(struct world *world, enum packet_kind kind, int to, struct packet *out_packet);

/** Lets the packet at this place vanish. */
void net_drop(struct net *net, size_t place);

size_t net_waiting(const struct net *net, enum packet_kind kind, int to);

/** Every message from or to a node that died is lost, or is not: what its peers hold they send again. */
void net_node_died(struct world *world, int node);

void packet_fini(struct packet *packet);

#endif
