// SPDX-License-Identifier: Apache-2.0
#include "services/notification/transport.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/base/must.h"

enum { HELD_BYTES = 32 * 1024 * 1024 }; // nothing more is taken while messages inside have as many

struct worker {
    struct transport *transport;
    void *own; // the kind's
    pthread_t thread;
};

struct transport {
    struct transport_config config;
    struct worker *workers;
    size_t worker_count;
    _Atomic int pace; // enum transport_pace

    pthread_mutex_t lock;
    pthread_cond_t work;   // a message waits, or the end has come
    pthread_cond_t idle;   // a worker came to rest
    struct message *first; // waiting
    struct message **last;
    size_t taken;      // messages whose outcome was not collected
    size_t held_bytes; // of the messages inside
    size_t running;    // workers that hand something over
    bool ended;
    struct outcome *outcomes; // not collected, a ring of config.slots
    size_t outcome_first;
    size_t outcome_count;
};

static void ring(const struct transport *transport)
{
    static const uint64_t one = 1;
    ssize_t written = write(transport->config.wake_fd, &one, sizeof one);
    (void)written; // full means rung already
}

/** Under the lock. */
static void put_outcome(struct transport *transport, const struct outcome *outcome)
{
    must(transport->outcome_count < transport->config.slots);
    size_t place = (transport->outcome_first + transport->outcome_count) % transport->config.slots;
    transport->outcomes[place] = *outcome;
    transport->outcome_count++;
}

/** Under the lock; NULL: none waits. */
static struct message *take_message(struct transport *transport)
{
    struct message *message = transport->first;
    if (!message)
        return NULL;
    transport->first = message->next;
    if (!transport->first)
        transport->last = &transport->first;
    return message;
}

/** Hands one message over; called and left under the lock. */
static void perform(struct transport *transport, void *worker, struct message *message)
{
    struct outcome outcome = {.recipient = message->recipient};
    transport->running++;
    pthread_mutex_unlock(&transport->lock);
    transport->config.kind->hand_over(worker, message, &transport->pace, &outcome);
    size_t bytes = message->arena.used_bytes;
    message_free(message);
    pthread_mutex_lock(&transport->lock);
    transport->held_bytes -= bytes;
    put_outcome(transport, &outcome);
    transport->running--;
    pthread_cond_signal(&transport->idle);
    ring(transport);
}

/** One worker's thread. */
static void *work(void *argument)
{
    const struct worker *worker = argument;
    struct transport *transport = worker->transport;
    pthread_mutex_lock(&transport->lock);
    while (!transport->ended) {
        struct message *message = take_message(transport);
        if (message)
            perform(transport, worker->own, message);
        else
            pthread_cond_wait(&transport->work, &transport->lock);
    }
    pthread_mutex_unlock(&transport->lock);
    return NULL;
}

static bool start_worker(struct transport *transport)
{
    struct worker *worker = &transport->workers[transport->worker_count];
    worker->transport = transport;
    worker->own = transport->config.kind->worker_open(transport->config.options);
    if (!worker->own)
        return false;
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
        transport->config.kind->worker_close(worker->own);
        return false;
    }
    transport->worker_count++;
    return true;
}

static void init_locks(struct transport *transport)
{
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_mutex_init(&transport->lock, NULL) == 0);
    must(pthread_cond_init(&transport->work, &monotonic) == 0);
    must(pthread_cond_init(&transport->idle, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
}

enum fault transport_open(const struct transport_config *config, struct transport **out_transport)
{
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return FAULT_MEMORY;
    transport->config = *config;
    transport->last = &transport->first;
    init_locks(transport);
    transport->outcomes = calloc(config->slots, sizeof *transport->outcomes);
    transport->workers = calloc(config->workers, sizeof *transport->workers);
    bool started = transport->outcomes && transport->workers;
    while (started && transport->worker_count < config->workers)
        started = start_worker(transport);
    if (!started) {
        transport_close(transport);
        return FAULT_MEMORY;
    }
    *out_transport = transport;
    return FAULT_NONE;
}

size_t transport_free_slots(struct transport *transport)
{
    pthread_mutex_lock(&transport->lock);
    bool full = transport->ended || transport->held_bytes >= HELD_BYTES;
    size_t free_slots = full ? 0 : transport->config.slots - transport->taken;
    pthread_mutex_unlock(&transport->lock);
    return free_slots;
}

void transport_hand_over(struct transport *transport, struct message *message)
{
    message->next = NULL;
    pthread_mutex_lock(&transport->lock);
    must(transport->taken < transport->config.slots && !transport->ended);
    transport->taken++;
    transport->held_bytes += message->arena.used_bytes;
    *transport->last = message;
    transport->last = &message->next;
    pthread_cond_signal(&transport->work);
    pthread_mutex_unlock(&transport->lock);
}

size_t transport_collect(struct transport *transport, struct outcome *out_outcomes, size_t max)
{
    pthread_mutex_lock(&transport->lock);
    size_t count = transport->outcome_count < max ? transport->outcome_count : max;
    for (size_t i = 0; i < count; i++) {
        out_outcomes[i] = transport->outcomes[transport->outcome_first];
        transport->outcome_first = (transport->outcome_first + 1) % transport->config.slots;
    }
    transport->outcome_count -= count;
    transport->taken -= count;
    pthread_mutex_unlock(&transport->lock);
    return count;
}

/** Under the lock: waits until no worker hands anything over, or the time is over. */
static void wait_idle(struct transport *transport, int grace_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += grace_ms / 1000;
    until.tv_nsec += grace_ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (transport->running > 0 && pthread_cond_timedwait(&transport->idle, &transport->lock, &until) != ETIMEDOUT) {
    }
}

void transport_stop(struct transport *transport, int grace_ms)
{
    pthread_mutex_lock(&transport->lock);
    transport->ended = true;
    for (struct message *message; (message = take_message(transport)) != NULL;) {
        struct outcome outcome = {.recipient = message->recipient, .kind = OUTCOME_GIVEN_BACK};
        put_outcome(transport, &outcome);
        message_free(message);
    }
    atomic_store(&transport->pace, PACE_GIVE_BACK);
    pthread_cond_broadcast(&transport->work);
    wait_idle(transport, grace_ms);
    atomic_store(&transport->pace, PACE_END);
    while (transport->running > 0)
        pthread_cond_wait(&transport->idle, &transport->lock);
    pthread_mutex_unlock(&transport->lock);
}

void transport_close(struct transport *transport)
{
    if (!transport)
        return;
    if (transport->outcomes)
        transport_stop(transport, 0);
    for (size_t i = 0; i < transport->worker_count; i++) {
        pthread_join(transport->workers[i].thread, NULL);
        transport->config.kind->worker_close(transport->workers[i].own);
    }
    pthread_mutex_destroy(&transport->lock);
    pthread_cond_destroy(&transport->work);
    pthread_cond_destroy(&transport->idle);
    free(transport->workers);
    free(transport->outcomes);
    free(transport);
}
