// SPDX-License-Identifier: Apache-2.0
#include "services/stats/topics.h"

#include <stdlib.h>
#include <string.h>

#include "services/stats/mix.h"

enum { SLOTS = 2 * TOPICS_MAX }; // a power of two

struct topics {
    size_t count;
    size_t waiting_count;
    size_t kept_count;            // of those seen in this round, how many go on waiting
    size_t next;                  // place in `waiting` of this round
    int wait_ms;                  // of this round
    int64_t first_number;         // the first message of a new topic has the next one
    int64_t highest_number;       // of any message
    int64_t forgot_ms;            // a forgotten topic may have been sent until then
    uint32_t waiting[TOPICS_MAX]; // slots
    struct topic slots[SLOTS];
};

struct topics *topics_new(void)
{
    struct topics *topics = calloc(1, sizeof *topics);
    if (topics)
        topics->forgot_ms = INT64_MIN / 2;
    return topics;
}

void topics_free(struct topics *topics)
{
    free(topics);
}

void topics_forget(struct topics *topics, int64_t now_ms)
{
    memset(topics->slots, 0, sizeof topics->slots);
    topics->count = 0;
    topics->waiting_count = 0;
    topics->first_number = topics->highest_number + 1; // skipped, so that the number after it shows a gap
    topics->forgot_ms = now_ms;
}

static uint32_t slot_of(const struct topics *topics, const struct change *change)
{
    uint32_t at = (uint32_t)mix64(change->id * 8 + change->figure) % SLOTS;
    while (topics->slots[at].used && (topics->slots[at].figure != change->figure || topics->slots[at].id != change->id))
        at = (at + 1) % SLOTS;
    return at;
}

bool topics_change(struct topics *topics, const struct change *change, int64_t now_ms)
{
    bool kept = true;
    uint32_t at = slot_of(topics, change);
    if (!topics->slots[at].used && topics->count == TOPICS_MAX) {
        topics_forget(topics, now_ms);
        at = slot_of(topics, change);
        kept = false;
    }
    struct topic *topic = &topics->slots[at];
    if (!topic->used) {
        *topic = (struct topic){
            .figure = change->figure,
            .id = change->id,
            .number = topics->first_number,
            .sent_ms = topics->forgot_ms,
            .used = true,
        };
        topics->count++;
    }
    if (!topic->waits)
        topics->waiting[topics->waiting_count++] = at;
    topic->waits = true;
    return kept;
}

void topics_begin(struct topics *topics)
{
    topics->next = 0;
    topics->kept_count = 0;
    topics->wait_ms = -1;
}

/** How long the topic must wait still. A clock that was set back makes nobody wait. */
static int pause_left(const struct topic *topic, int64_t now_ms)
{
    int64_t since_ms = now_ms - topic->sent_ms;
    return since_ms < 0 || since_ms >= TOPIC_PAUSE_MS ? 0 : (int)(TOPIC_PAUSE_MS - since_ms);
}

const struct topic *topics_next(struct topics *topics, int64_t now_ms)
{
    while (topics->next < topics->waiting_count) {
        uint32_t at = topics->waiting[topics->next++];
        struct topic *topic = &topics->slots[at];
        int left_ms = pause_left(topic, now_ms);
        if (left_ms > 0) {
            topics->waiting[topics->kept_count++] = at;
            if (topics->wait_ms < 0 || left_ms < topics->wait_ms)
                topics->wait_ms = left_ms;
            continue;
        }
        topic->waits = false;
        topic->sent_ms = now_ms;
        topic->number++;
        if (topic->number > topics->highest_number)
            topics->highest_number = topic->number;
        return topic;
    }
    return NULL;
}

int topics_end(struct topics *topics)
{
    size_t rest = topics->waiting_count - topics->next; // not looked at
    memmove(topics->waiting + topics->kept_count, topics->waiting + topics->next, rest * sizeof *topics->waiting);
    topics->waiting_count = topics->kept_count + rest;
    return rest > 0 ? 0 : topics->wait_ms;
}
