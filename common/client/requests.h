// SPDX-License-Identifier: Apache-2.0
/**
 * Requests: those under way, found by id when an answer comes and by time when something is due. Internal to
 * common/client.
 *
 * A fixed number of places, made once; a hash of chains for the ids, a binary heap for the times. Requests point
 * nowhere and stay where they are until released.
 */
#ifndef COMMON_CLIENT_REQUESTS_H
#define COMMON_CLIENT_REQUESTS_H

#include "common/base/buffer.h"
#include "common/client/client.h"

enum { REQUEST_ID_BYTES = 64 };

struct door;

struct request {
    char id[REQUEST_ID_BYTES];
    size_t id_len; // 0: not named
    struct door *door;
    const struct message_desc *message;
    void *user;
    struct buffer frame; // as sent, and sent again
    int64_t due_ms;      // when something is to be done about it
    int64_t end_ms;      // when it has been unreachable
    int64_t pause_ms;    // after the last refusal that says to try again
    bool is_settled;     // its outcome was found here, without asking anybody
    enum client_outcome outcome;
    struct refusal refusal; // of the outcome, or the last that said to try again

    size_t heap_place;    // in requests.heap, from 1; 0: not in it
    struct request *next; // in its chain, or of the free ones
};

struct requests {
    struct request *all;
    struct request *free;
    struct request **chains;
    struct request **heap; // heap[1] is due first
    size_t capacity;
    size_t chain_mask;
    size_t count;
    size_t heap_count;
};

/** False: no memory. */
bool requests_init(struct requests *requests, size_t capacity);
void requests_fini(struct requests *requests);

/** A request that is neither named nor scheduled; NULL when all are taken. Borrows until it is released. */
struct request *requests_take(struct requests *requests);

/** Makes it known by its id of 1 to REQUEST_ID_BYTES bytes. False: another one has it. */
bool requests_name(struct requests *requests, struct request *request, struct text id);

/** NULL when none has that id. */
struct request *requests_find(const struct requests *requests, struct text id);

/** Sets when it is due, for the first time or anew. */
void requests_schedule(struct requests *requests, struct request *request, int64_t due_ms);

/** The one that is due first; NULL when none is scheduled. */
struct request *requests_first(const struct requests *requests);

/** Takes it back, with all that is known of it. */
void requests_release(struct requests *requests, struct request *request);

#endif
