// SPDX-License-Identifier: Apache-2.0
/*
 * A publisher's memory grows with what its peers ask for, and libzmq has no bound on that: it keeps a tree node for
 * each byte of each subscription, and cannot cut off one peer. So subscriptions are counted, and a publisher that has
 * seen too many is made anew on the same listening descriptor: the old socket's memory goes with it, and honest
 * subscribers connect and subscribe again by themselves within about 100 ms. What was published meanwhile they miss, as
 * any subscriber may at any time.
 *
 * ZMQ_XPUB_MANUAL is not used. It would bound nothing (refused subscriptions are kept as well), and in libzmq 4.3.4 a
 * peer that subscribes and is gone before its subscription is read leaves a pointer to freed memory behind.
 */
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/bus/socket.h"

enum {
    SUBSCRIPTIONS = 10000,
    SUBSCRIPTION_BYTES = 128 * 1024, // of their topics together; libzmq takes 30 to 50 times that
    SERVED_AT_ONCE = 1000,
};

/** Keeps a topic that was asked for, as its length and its bytes; when they get too many, all are wanted. */
static void want(struct bus_socket *publisher, const unsigned char *topic, size_t len)
{
    const struct text wanted = {(const char *)topic, len};
    if (publisher->wants_all || (publisher->wanted_bytes > 0 && bus_publisher_wants(publisher, wanted)))
        return;
    publisher->wants_all = len == 0 || len > UINT8_MAX || len + 1 > sizeof publisher->wanted - publisher->wanted_bytes;
    if (publisher->wants_all)
        return;
    publisher->wanted[publisher->wanted_bytes] = (char)len;
    memcpy(publisher->wanted + publisher->wanted_bytes + 1, topic, len);
    publisher->wanted_bytes += len + 1;
}

bool bus_publisher_wants(const struct bus_socket *publisher, struct text topic)
{
    must(publisher->role == SOCKET_PUBLISHER);
    bool wanted = publisher->wants_all;
    for (size_t at = 0; at < publisher->wanted_bytes && !wanted; at += 1 + (unsigned char)publisher->wanted[at])
        wanted =
            text_starts_with(topic, (struct text){publisher->wanted + at + 1, (unsigned char)publisher->wanted[at]});
    return wanted;
}

/** Replaces the socket by a new one without subscriptions. On a fault the old one stays, and the next subscription
 * tries again. */
static bool replace(struct bus_socket *publisher)
{
    void *fresh = NULL;
    if (socket_make(publisher, &fresh) != FAULT_NONE)
        return false;
    if (socket_listen(fresh, publisher->address, &publisher->listener) != FAULT_NONE) {
        zmq_close(fresh);
        return false;
    }
    must(zmq_close(publisher->zmq) == 0);
    publisher->zmq = fresh;
    publisher->is_shut = false;
    return true;
}

static void forget_subscriptions(struct bus_socket *publisher)
{
    publisher->subscriptions = 0;
    publisher->subscription_bytes = 0;
    publisher->wanted_bytes = 0;
    publisher->wants_all = false;
}

static void renew(struct bus_socket *publisher)
{
    if (!replace(publisher))
        return;
    publisher->renewals++;
    if ((publisher->renewals & (publisher->renewals - 1)) == 0) // a flood that goes on does not fill the log
        LOG(LOG_LEVEL_WARNING, "publisher dropped all subscriptions, there were too many",
            log_name("address", publisher->address), log_int("subscriptions", (int64_t)publisher->subscriptions),
            log_int("bytes", (int64_t)publisher->subscription_bytes), log_int("times", (int64_t)publisher->renewals));
    forget_subscriptions(publisher);
}

/**
 * libzmq cannot cut off one peer whose key was taken away, and what is published nobody asks for, so that nothing could be refused.
 * So all are cut off, and those whose key is still on the list come back. False: it cannot be done now.
 */
static bool cut_off_revoked(struct bus_socket *publisher)
{
    if (!publisher->is_tcp)
        return true;
    uint64_t revocations = guard_revocations(publisher->bus->guard);
    if (revocations == publisher->revocations)
        return true;
    if (!replace(publisher))
        return false;
    publisher->revocations = revocations;
    forget_subscriptions(publisher);
    LOG(LOG_LEVEL_INFO, "publisher dropped all subscriptions, since a key was taken away",
        log_name("address", publisher->address));
    return true;
}

void bus_publisher_serve(struct bus_socket *publisher)
{
    must(publisher->role == SOCKET_PUBLISHER);
    zmq_msg_t *frame = &publisher->scratch;
    cut_off_revoked(publisher);
    for (int i = 0; i < SERVED_AT_ONCE && socket_next_frame(publisher, frame); i++) {
        // Only what is added counts: a peer can take back what it never asked for, so nothing is learnt from that.
        const unsigned char *data = zmq_msg_data(frame);
        if (zmq_msg_size(frame) == 0 || data[0] != 1)
            continue;
        publisher->subscriptions++;
        publisher->subscription_bytes += zmq_msg_size(frame);
        want(publisher, data + 1, zmq_msg_size(frame) - 1);
        if (publisher->subscriptions > SUBSCRIPTIONS || publisher->subscription_bytes > SUBSCRIPTION_BYTES) {
            renew(publisher);
            return;
        }
    }
}

static bool is_ours(const struct bus_socket *publisher, struct text topic)
{
    for (size_t i = 0; i < publisher->topic_count; i++)
        if (text_starts_with(topic, text_of(publisher->topics[i])))
            return true;
    return false;
}

void bus_publish(struct bus_socket *publisher, struct text topic, struct bytes payload)
{
    must(publisher->role == SOCKET_PUBLISHER);
    // Topics may come from a journal that another version wrote, so one that is not on the list is no defect.
    if (topic.len <= BUS_TOPIC_BYTES && is_ours(publisher, topic) && cut_off_revoked(publisher) &&
        socket_send_frame(publisher, topic.data, topic.len, ZMQ_SNDMORE))
        socket_send_frame(publisher, payload.data, payload.len, 0);
}

bool bus_publisher_has_subscribers(const struct bus_socket *publisher)
{
    must(publisher->role == SOCKET_PUBLISHER);
    return publisher->subscriptions > 0;
}
