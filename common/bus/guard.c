// SPDX-License-Identifier: Apache-2.0
#include "common/bus/guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/rate.h"

/** The frames of a request to the handler, in their order. */
enum {
    ZAP_VERSION,
    ZAP_REQUEST_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_CREDENTIALS,
    ZAP_FRAMES,
};

enum {
    ZAP_ENFORCE_DOMAIN = 93, // ZMQ_ZAP_ENFORCE_DOMAIN, which zmq.h of 4.3 shows to users of its draft API alone
    KEY_BYTES = 32,
    METADATA_BYTES = 64,
};

static const char zap_endpoint[] = "inproc://zeromq.zap.01";
static const char zap_domain[] = "personkort";
static const char zap_version[] = "1.0";
static const char key_property[] = "X-Key"; // of a message: the sender's public key

struct guard {
    struct allow_list *list;
    struct counters *counters;
    void *zap; // the handler's thread's
    int stop_fd;
    bool is_running;
    pthread_t thread;
    struct rate refusals;
};

/** One request; frames beyond those that are expected are counted, not kept. */
struct request {
    size_t count;
    zmq_msg_t frames[ZAP_FRAMES];
};

static struct text frame_text(const struct request *request, size_t frame)
{
    zmq_msg_t *message = (zmq_msg_t *)&request->frames[frame]; // libzmq reads it only, and does not say so
    return (struct text){zmq_msg_data(message), zmq_msg_size(message)};
}

static bool next_frame(void *zap, zmq_msg_t *frame)
{
    while (zmq_msg_recv(frame, zap, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return false;
        must(errno == EINTR);
    }
    return true;
}

/** False: none waits. */
static bool receive(void *zap, struct request *out_request)
{
    zmq_msg_t extra;
    bool more = true;
    zmq_msg_init(&extra);
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_init(&out_request->frames[i]);
    for (out_request->count = 0; more; out_request->count++) {
        zmq_msg_t *frame = out_request->count < ZAP_FRAMES ? &out_request->frames[out_request->count] : &extra;
        if (!next_frame(zap, frame))
            break;
        more = zmq_msg_more(frame);
    }
    zmq_msg_close(&extra);
    return out_request->count > 0;
}

static void close_frames(struct request *request)
{
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_close(&request->frames[i]);
}

/** Whether it is ours to answer, and which key it is about. */
static bool read_key(const struct request *request, char out_key[KEY_TEXT_BYTES])
{
    struct text key = frame_text(request, ZAP_CREDENTIALS);
    if (request->count != ZAP_FRAMES || !text_equal(frame_text(request, ZAP_VERSION), text_of(zap_version)) ||
        !text_equal(frame_text(request, ZAP_DOMAIN), text_of(zap_domain)) ||
        !text_equal(frame_text(request, ZAP_MECHANISM), TEXT("CURVE")) || key.len != KEY_BYTES)
        return false;
    return zmq_z85_encode(out_key, (const uint8_t *)key.data, key.len) != NULL;
}

/** The property that marks messages, as ZMTP writes metadata: length, name, length in four bytes, value. */
static size_t write_metadata(const char *key, uint8_t out[METADATA_BYTES])
{
    size_t name_len = strlen(key_property), value_len = strlen(key), len = 0;
    must(1 + name_len + 4 + value_len <= METADATA_BYTES);
    out[len++] = (uint8_t)name_len;
    memcpy(out + len, key_property, name_len);
    len += name_len;
    memcpy(out + len, "\0\0\0", 3);
    len += 3;
    out[len++] = (uint8_t)value_len;
    memcpy(out + len, key, value_len);
    return len + value_len;
}

static void send_frame(void *zap, const void *data, size_t len, int flags)
{
    while (zmq_send(zap, data, len, flags) < 0)
        must(errno == EINTR);
}

/**
 * `entry` NULL: the connection is refused, as for now (300). The word that it is for good (400) would make a libzmq client that has it
 * never come again by itself: not when its key is put on the list, nor when the list can be read again.
 */
static void reply(void *zap, struct text request_id, const struct allow_entry *entry)
{
    uint8_t metadata[METADATA_BYTES];
    const char *user = entry ? entry->name : "";
    send_frame(zap, zap_version, strlen(zap_version), ZMQ_SNDMORE);
    send_frame(zap, request_id.data, request_id.len, ZMQ_SNDMORE);
    send_frame(zap, entry ? "200" : "300", 3, ZMQ_SNDMORE);
    send_frame(zap, entry ? "OK" : "No access", entry ? 2 : 9, ZMQ_SNDMORE);
    send_frame(zap, user, strlen(user), ZMQ_SNDMORE);
    send_frame(zap, metadata, entry ? write_metadata(entry->public_key, metadata) : 0, 0);
}

/** For those who look later: who was refused. A public key is nobody's secret, and no personal data. */
static void audit(struct guard *guard, struct text address, const char *key)
{
    int64_t left_out = 0;
    if (guard->counters)
        counter_add(guard->counters, COUNTER_CONNECTIONS_REFUSED, 1);
    if (rate_allows(&guard->refusals, clock_monotonic_ms(clock_system()), &left_out))
        LOG(LOG_LEVEL_WARNING, "a connection was refused: its key is not on the list of allowed keys",
            log_text("address", address), log_name("public_key", key), log_int("left_out", left_out));
}

static void serve(struct guard *guard)
{
    struct request request;
    while (receive(guard->zap, &request)) {
        char key[KEY_TEXT_BYTES] = "";
        struct allow_entry entry;
        bool is_allowed = read_key(&request, key) && allow_list_find(guard->list, text_of(key), &entry);
        reply(guard->zap, frame_text(&request, ZAP_REQUEST_ID), is_allowed ? &entry : NULL);
        if (!is_allowed)
            audit(guard, frame_text(&request, ZAP_ADDRESS), key);
        close_frames(&request);
    }
    close_frames(&request);
}

static void *run(void *argument)
{
    struct guard *guard = argument;
    zmq_pollitem_t items[] = {{.socket = guard->zap, .events = ZMQ_POLLIN},
                              {.fd = guard->stop_fd, .events = ZMQ_POLLIN}};
    while (items[1].revents == 0) {
        if (zmq_poll(items, 2, -1) < 0)
            must(errno == EINTR);
        else if (items[0].revents)
            serve(guard);
    }
    must(zmq_close(guard->zap) == 0);
    return NULL;
}

/** The handler's socket, ready to be asked before its thread runs. */
static bool open_socket(struct guard *guard, void *zmq_context)
{
    int none = 0;
    guard->zap = zmq_socket(zmq_context, ZMQ_REP);
    if (!guard->zap)
        return false;
    must(zmq_setsockopt(guard->zap, ZMQ_LINGER, &none, sizeof none) == 0);
    if (zmq_bind(guard->zap, zap_endpoint) == 0)
        return true;
    zmq_close(guard->zap);
    return false;
}

enum fault guard_open(void *zmq_context, const char *allow_path, struct counters *counters, struct guard **out_guard)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return FAULT_MEMORY;
    guard->counters = counters;
    guard->stop_fd = -1;
    enum fault fault = allow_list_open(allow_path, &guard->list);
    if (fault == FAULT_NONE && (guard->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        fault = FAULT_MEMORY;
    if (fault == FAULT_NONE && !open_socket(guard, zmq_context))
        fault = FAULT_MEMORY;
    if (fault == FAULT_NONE && pthread_create(&guard->thread, NULL, run, guard) != 0) {
        zmq_close(guard->zap);
        fault = FAULT_MEMORY;
    }
    guard->is_running = fault == FAULT_NONE;
    if (fault != FAULT_NONE) {
        guard_close(guard);
        return fault;
    }
    *out_guard = guard;
    return FAULT_NONE;
}

void guard_stop(struct guard *guard)
{
    static const uint64_t one = 1;
    if (!guard->is_running)
        return;
    ssize_t written = write(guard->stop_fd, &one, sizeof one);
    must(written == sizeof one);
    pthread_join(guard->thread, NULL);
    guard->is_running = false;
}

void guard_close(struct guard *guard)
{
    if (!guard)
        return;
    guard_stop(guard);
    if (guard->stop_fd >= 0)
        close(guard->stop_fd);
    allow_list_close(guard->list);
    free(guard);
}

void guard_set_options(void *zmq)
{
    int on = 1;
    must(zmq_setsockopt(zmq, ZMQ_ZAP_DOMAIN, zap_domain, strlen(zap_domain)) == 0);
    must(zmq_setsockopt(zmq, ZAP_ENFORCE_DOMAIN, &on, sizeof on) == 0);
}

bool guard_find_sender(struct guard *guard, zmq_msg_t *payload, struct allow_entry *out_entry)
{
    const char *key = zmq_msg_gets(payload, key_property);
    return key && allow_list_find(guard->list, text_of(key), out_entry);
}

uint64_t guard_revocations(struct guard *guard)
{
    return allow_list_revocations(guard->list);
}
