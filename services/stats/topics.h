// SPDX-License-Identifier: Apache-2.0
/**
 * Topics: which number each live figure's next message has, and when it may be sent — the first change at once, then at most one
 * message a topic every TOPIC_PAUSE_MS, the newest figure winning.
 *
 * Numbers of a topic go up by one with each message. They are kept for TOPICS_MAX topics; when there are more, or when changes
 * were missed, all are forgotten, and every topic goes on above the highest number there ever was: so whoever may have missed a
 * figure sees a gap. One thread.
 */
#ifndef SERVICES_STATS_TOPICS_H
#define SERVICES_STATS_TOPICS_H

#include "services/stats/changes.h"

enum {
    TOPIC_PAUSE_MS = 100,
    TOPICS_MAX = 65536,
};

struct topic {
    enum figure figure;
    uint64_t id;
    int64_t number;  // of the last message
    int64_t sent_ms; // when it left
    bool waits;      // changed since
    bool used;
};

struct topics;

/** Gives; NULL: no memory. */
struct topics *topics_new(void);
void topics_free(struct topics *topics);

/** The figure changed; false when that made all topics be forgotten, those that wait included. */
bool topics_change(struct topics *topics, const struct change *change, int64_t now_ms);

/** Forgets all topics, those that wait included. */
void topics_forget(struct topics *topics, int64_t now_ms);

/* A round: begin, next as often as wanted, end. */

void topics_begin(struct topics *topics);

/**
 * The next topic that waits and may be sent at `now_ms`; it counts as sent, and `number` is its message's. What is sent has to be read from a view that
 * was opened after its change was noted here. NULL: none is left in this round. Borrows until the next call.
 */
const struct topic *topics_next(struct topics *topics, int64_t now_ms);

/** How many milliseconds until a topic that still waits may be sent; -1: none waits. */
int topics_end(struct topics *topics);

#endif
