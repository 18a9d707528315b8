// SPDX-License-Identifier: Apache-2.0
/**
 * Access queue: what the query side has shown to whom, on its way to the command side, which logs it (access_log.h).
 *
 * One thread adds, another takes; neither waits for the other. Bounded: what does not fit is not shown. What was taken stays until
 * it is known to be durable, so that a batch that fails loses nothing.
 */
#ifndef COMMON_SERVICE_ACCESS_QUEUE_H
#define COMMON_SERVICE_ACCESS_QUEUE_H

#include <pthread.h>

#include "common/base/arena.h"
#include "common/service/access_log.h"

enum {
    ACCESS_QUEUE_ENTRIES = 65536, // that wait at most
    ACCESS_QUEUE_ACTS = 512,      // that these are of at most
};

/** Accesses that are logged together. */
struct access_batch {
    struct access_act acts[ACCESS_QUEUE_ACTS];
    size_t act_count;
    uint16_t places[2 * ACCESS_QUEUE_ACTS]; // of the acts, by hash, from 1; 0: none
    struct arena texts;                     // of the acts
    struct access_entry *entries;           // may be sorted by who logs them
    size_t count;
};

/** False: there is no memory. access_batch_fini in either case. */
bool access_batch_init(struct access_batch *list);
void access_batch_fini(struct access_batch *list);
void access_batch_reset(struct access_batch *list);

/** Adds that an act, whose texts are copied, concerned persons: all of them, or none and false when there is no room. */
bool access_batch_add(struct access_batch *list, const struct access_act *act, const uint64_t *persons, size_t count,
                      int64_t time_ms);

struct access_queue {
    pthread_mutex_t lock; // of `filled` and its list
    struct access_batch lists[2];
    struct access_batch *filled;
    int64_t first_ms;           // monotonic; when the first of `filled` came
    struct access_batch *taken; // the taker's
};

/** As access_batch_init. */
bool access_queue_init(struct access_queue *queue);
void access_queue_fini(struct access_queue *queue);

/** As access_batch_add. `out_wakes`: the first that waits, or the one that makes it urgent. The adder's thread. */
bool access_queue_add(struct access_queue *queue, const struct access_act *act, const uint64_t *persons, size_t count,
                      int64_t time_ms, int64_t monotonic_ms, bool *out_wakes);

/** When what waits has to be logged, none of it later than `most_ms` after it came: at once when there is much, or when some was
 *  taken and is not logged yet; INT64_MAX when there is none. Monotonic. The taker's thread. */
int64_t access_queue_due_ms(struct access_queue *queue, int64_t most_ms);

/** Takes what waits, or what was taken before and is not logged yet. The taker's thread. */
struct access_batch *access_queue_take(struct access_queue *queue);

/** What was taken is durable. The taker's thread. */
void access_queue_logged(struct access_queue *queue);

#endif
