// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/net.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "tests/sim/world.h"

void packet_fini(struct packet *packet)
{
    free(packet->data);
    packet->data = NULL;
}

void net_fini(struct net *net)
{
    for (size_t i = 0; i < net->count; i++)
        packet_fini(&net->packets[i]);
    free(net->packets);
    *net = (struct net){.count = 0};
}

void net_send(struct world *world, const struct packet *packet, struct bytes frame)
{
    struct net *net = &world->net;
    if (net->count == net->capacity) {
        net->capacity = net->capacity ? 2 * net->capacity : 64;
        net->packets = realloc(net->packets, net->capacity * sizeof *net->packets);
        must(net->packets);
    }
    struct packet *copy = &net->packets[net->count++];
    *copy = *packet;
    copy->len = frame.len;
    copy->data = malloc(frame.len + 1);
    must(copy->data);
    memcpy(copy->data, frame.data, frame.len);
}

static bool is_for(const struct packet *packet, enum packet_kind kind, int to)
{
    return packet->kind == kind && packet->to == to;
}

size_t net_waiting(const struct net *net, enum packet_kind kind, int to)
{
    size_t count = 0;
    for (size_t i = 0; i < net->count; i++)
        count += is_for(&net->packets[i], kind, to);
    return count;
}

/** Place of the packet of this kind after `skip` others. */
static size_t find(const struct net *net, enum packet_kind kind, int to, size_t skip)
{
    for (size_t i = 0; i < net->count; i++)
        if (is_for(&net->packets[i], kind, to) && skip-- == 0)
            return i;
    return SIZE_MAX;
}

/** The order of the others stays, so that it is the seed's alone. */
static void take_out(struct net *net, size_t place)
{
    net->count--;
    memmove(&net->packets[place], &net->packets[place + 1], (net->count - place) * sizeof *net->packets);
}

void net_drop(struct net *net, size_t place)
{
    packet_fini(&net->packets[place]);
    take_out(net, place);
}

static void copy_packet(const struct packet *packet, struct packet *out)
{
    *out = *packet;
    out->data = malloc(packet->len + 1);
    must(out->data);
    memcpy(out->data, packet->data, packet->len);
}

bool net_take(struct world *world, enum packet_kind kind, int to, struct packet *out_packet)
{
    struct net *net = &world->net;
    for (;;) {
        size_t waiting = net_waiting(net, kind, to);
        if (waiting == 0)
            return false;
        size_t place = find(net, kind, to, rng_below(&world->rng, waiting));
        if (!world->calm && rng_chance(&world->rng, world->habits.lost)) {
            trace(world, "  a message is lost");
            net_drop(net, place);
            continue;
        }
        if (!world->calm && rng_chance(&world->rng, world->habits.repeated)) {
            copy_packet(&net->packets[place], out_packet);
            return true;
        }
        *out_packet = net->packets[place];
        take_out(net, place);
        return true;
    }
}

void net_node_died(struct world *world, int node)
{
    struct net *net = &world->net;
    for (size_t i = net->count; i-- > 0;) {
        const struct packet *packet = &net->packets[i];
        bool from_it = (packet->kind == PACKET_REPLY || packet->kind == PACKET_PAGE || packet->kind == PACKET_ASK) &&
                       packet->from == node;
        bool to_it = packet->kind != PACKET_REPLY && packet->to == node;
        if ((from_it || to_it) && rng_chance(&world->rng, 500))
            net_drop(net, i);
    }
}
