// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <errno.h>

#include "common/base/must.h"
#include "common/bus/socket.h"

static_assert((int)BUS_KEY_NAME_BYTES == (int)ALLOW_NAME_BYTES, "a name fits");
static_assert(sizeof(zmq_msg_t) <= sizeof(((struct bus_message *)0)->opaque), "a message holds libzmq's");

static zmq_msg_t *held(struct bus_message *message)
{
    return (zmq_msg_t *)message->opaque;
}

bool socket_next_frame(struct bus_socket *socket, zmq_msg_t *frame)
{
    while (zmq_msg_recv(frame, socket->zmq, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return false;
        must(errno == EINTR);
    }
    return true;
}

bool socket_send_frame(struct bus_socket *socket, const void *data, size_t len, int flags)
{
    // Sent again after a signal: a message with only its first frames would leave the rest to the next one.
    while (zmq_send(socket->zmq, data, len, flags | ZMQ_DONTWAIT) < 0) {
        if (errno != EINTR) {
            must(errno == EAGAIN || errno == EHOSTUNREACH);
            return false;
        }
    }
    return true;
}

/** Reads the rest of a message that has the wrong frames, keeping none. */
static enum bus_received drop(struct bus_socket *socket, bool more)
{
    while (more && socket_next_frame(socket, &socket->scratch))
        more = zmq_msg_more(&socket->scratch);
    return BUS_DROPPED;
}

/** The frames before the payload: the scratch frame is the first; true when the payload comes next. */
static bool take_first_frames(struct bus_socket *socket, struct bus_message *message, bool *out_more)
{
    zmq_msg_t *frame = &socket->scratch;
    size_t len = zmq_msg_size(frame);
    *out_more = zmq_msg_more(frame);
    message->peer.len = 0;
    message->topic = TEXT("");
    if (socket->role == SOCKET_SUBSCRIBER) {
        if (len > BUS_TOPIC_BYTES)
            return false;
        memcpy(message->topic_data, zmq_msg_data(frame), len);
        message->topic = (struct text){(const char *)message->topic_data, len};
        return *out_more;
    }
    if (socket->role == SOCKET_ROUTER) {
        memcpy(message->peer.routing_id, zmq_msg_data(frame), len); // ZMTP lets it have 255 bytes at most
        message->peer.len = (uint8_t)len;
        if (!*out_more || !socket_next_frame(socket, frame))
            return false;
        *out_more = zmq_msg_more(frame);
    }
    return *out_more && zmq_msg_size(frame) == 0;
}

enum bus_received bus_receive(struct bus_socket *socket, struct bus_message *out_message)
{
    must(socket->role != SOCKET_PUBLISHER);
    bool more = false;
    if (!socket_next_frame(socket, &socket->scratch))
        return BUS_NOTHING;
    if (!take_first_frames(socket, out_message, &more))
        return drop(socket, more);
    zmq_msg_t *payload = held(out_message);
    zmq_msg_init(payload);
    bool is_read = socket_next_frame(socket, payload);
    if (!is_read || zmq_msg_more(payload)) {
        zmq_msg_close(payload);
        return drop(socket, is_read);
    }
    if (zmq_msg_size(payload) > socket->limits.frame_bytes) { // room was made for what CURVE adds
        zmq_msg_close(payload);
        return BUS_DROPPED;
    }
    out_message->socket = socket;
    out_message->payload = bytes_of(zmq_msg_data(payload), zmq_msg_size(payload));
    return BUS_MESSAGE;
}

void bus_message_close(struct bus_message *message)
{
    zmq_msg_close(held(message));
}

struct bus_sender bus_sender_of(const struct bus_message *message)
{
    struct bus_sender sender = {.is_local = !message->socket->is_tcp};
    struct allow_entry entry;
    must(message->socket->role == SOCKET_ROUTER);
    if (sender.is_local) {
        sender.role_mask = UINT32_MAX;
        return sender;
    }
    zmq_msg_t *payload = (zmq_msg_t *)message->opaque; // libzmq reads it only
    if (guard_find_sender(message->socket->bus->guard, payload, &entry)) {
        memcpy(sender.key_name, entry.name, sizeof sender.key_name);
        sender.role_mask = role_infos[entry.role].acts_as;
    }
    return sender;
}

/** Sends a message made before, and closes it when it did not go. */
static bool send_message(struct bus_socket *socket, zmq_msg_t *message)
{
    while (zmq_msg_send(message, socket->zmq, ZMQ_DONTWAIT) < 0) {
        if (errno != EINTR) {
            must(errno == EAGAIN || errno == EHOSTUNREACH);
            zmq_msg_close(message);
            return false;
        }
    }
    return true;
}

static bool address_reply(struct bus_socket *router, const struct bus_peer *peer)
{
    return socket_send_frame(router, peer->routing_id, peer->len, ZMQ_SNDMORE) &&
           socket_send_frame(router, NULL, 0, ZMQ_SNDMORE);
}

bool bus_reply(struct bus_socket *router, const struct bus_peer *peer, struct bytes payload)
{
    must(router->role == SOCKET_ROUTER);
    if (payload.len < BACKLOG_LARGE_BYTES)
        return address_reply(router, peer) && socket_send_frame(router, payload.data, payload.len, 0);
    zmq_msg_t message;
    if (!backlog_message(&router->bus->backlog, peer, payload, &message))
        return false;
    if (!address_reply(router, peer)) {
        zmq_msg_close(&message);
        return false;
    }
    return send_message(router, &message);
}

bool bus_send(struct bus_socket *dealer, struct bytes payload)
{
    must(dealer->role == SOCKET_DEALER);
    return socket_send_frame(dealer, NULL, 0, ZMQ_SNDMORE) && socket_send_frame(dealer, payload.data, payload.len, 0);
}
