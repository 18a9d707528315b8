// SPDX-License-Identifier: Apache-2.0
#include "common/service/access_queue.h"

#include <stdlib.h>

#include "common/base/must.h"

enum {
    TEXTS_BYTES = ACCESS_QUEUE_ACTS * 1024,
    PLACES = 2 * ACCESS_QUEUE_ACTS,
};

bool access_batch_init(struct access_batch *list)
{
    arena_init(&list->texts, TEXTS_BYTES);
    list->entries = calloc(ACCESS_QUEUE_ENTRIES, sizeof *list->entries);
    return list->entries != NULL;
}

void access_batch_fini(struct access_batch *list)
{
    arena_fini(&list->texts);
    free(list->entries);
}

void access_batch_reset(struct access_batch *list)
{
    arena_reset(&list->texts);
    memset(list->places, 0, sizeof list->places);
    list->act_count = list->count = 0;
}

/** FNV-1a. */
static uint32_t hash_text(uint32_t hash, struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * 16777619;
    return (hash ^ (uint32_t)text.len) * 16777619;
}

static bool same_act(const struct access_act *a, const struct access_act *b)
{
    return a->kind == b->kind && text_equal(a->type, b->type) && text_equal(a->actor, b->actor) &&
           text_equal(a->sender, b->sender);
}

static bool fits_row(const struct access_act *act)
{
    return act->type.len <= ACCESS_TEXT_BYTES && act->actor.len <= ACCESS_TEXT_BYTES &&
           act->sender.len <= ACCESS_TEXT_BYTES;
}

/** The act's place in the list, where it is put; false: there is no room. */
static bool place_act(struct access_batch *list, const struct access_act *act, uint32_t *out_place)
{
    uint32_t hash = hash_text(hash_text(hash_text(2166136261U, act->type), act->actor), act->sender) + act->kind;
    uint16_t *place = &list->places[hash % PLACES];
    while (*place && !same_act(&list->acts[*place - 1], act))
        place = &list->places[++hash % PLACES];
    if (!*place) {
        struct access_act copy = {act->kind, arena_text(&list->texts, act->type), arena_text(&list->texts, act->actor),
                                  arena_text(&list->texts, act->sender)};
        if (list->act_count == ACCESS_QUEUE_ACTS || !copy.type.data || !copy.actor.data || !copy.sender.data)
            return false;
        list->acts[list->act_count++] = copy;
        *place = (uint16_t)list->act_count;
    }
    *out_place = *place - 1U;
    return true;
}

bool access_batch_add(struct access_batch *list, const struct access_act *act, const uint64_t *persons, size_t count,
                      int64_t time_ms)
{
    uint32_t place;
    if (count > ACCESS_QUEUE_ENTRIES - list->count || !fits_row(act) || !place_act(list, act, &place))
        return false;
    for (size_t i = 0; i < count; i++)
        list->entries[list->count++] = (struct access_entry){persons[i], time_ms, place, 1};
    return true;
}

bool access_queue_init(struct access_queue *queue)
{
    *queue = (struct access_queue){.filled = &queue->lists[0], .taken = &queue->lists[1]};
    must(pthread_mutex_init(&queue->lock, NULL) == 0);
    bool first = access_batch_init(&queue->lists[0]), second = access_batch_init(&queue->lists[1]);
    return first && second;
}

void access_queue_fini(struct access_queue *queue)
{
    access_batch_fini(&queue->lists[0]);
    access_batch_fini(&queue->lists[1]);
    pthread_mutex_destroy(&queue->lock);
}

static bool is_urgent(const struct access_batch *list)
{
    return list->count >= ACCESS_QUEUE_ENTRIES / 2 || list->act_count >= ACCESS_QUEUE_ACTS / 2;
}

bool access_queue_add(struct access_queue *queue, const struct access_act *act, const uint64_t *persons, size_t count,
                      int64_t time_ms, int64_t monotonic_ms, bool *out_wakes)
{
    pthread_mutex_lock(&queue->lock);
    struct access_batch *list = queue->filled;
    bool is_first = list->count == 0, was_urgent = is_urgent(list);
    bool fits = access_batch_add(list, act, persons, count, time_ms);
    if (fits && is_first)
        queue->first_ms = monotonic_ms;
    *out_wakes = fits && (is_first || (!was_urgent && is_urgent(list)));
    pthread_mutex_unlock(&queue->lock);
    return fits;
}

int64_t access_queue_due_ms(struct access_queue *queue, int64_t most_ms)
{
    if (queue->taken->count > 0)
        return INT64_MIN;
    pthread_mutex_lock(&queue->lock);
    const struct access_batch *list = queue->filled;
    int64_t due_ms = list->count == 0 ? INT64_MAX : is_urgent(list) ? INT64_MIN : queue->first_ms + most_ms;
    pthread_mutex_unlock(&queue->lock);
    return due_ms;
}

struct access_batch *access_queue_take(struct access_queue *queue)
{
    if (queue->taken->count > 0)
        return queue->taken;
    pthread_mutex_lock(&queue->lock);
    struct access_batch *taken = queue->filled;
    queue->filled = queue->taken;
    pthread_mutex_unlock(&queue->lock);
    queue->taken = taken;
    return taken;
}

void access_queue_logged(struct access_queue *queue)
{
    access_batch_reset(queue->taken);
}
