// SPDX-License-Identifier: Apache-2.0
#include "common/client/requests.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/wire/frame.h"

enum { KEPT_FRAME_BYTES = 16 * 1024 }; // a place that carried a larger frame gives its memory back

bool requests_init(struct requests *requests, size_t capacity)
{
    size_t chains = 1;
    while (chains < capacity)
        chains *= 2;
    *requests = (struct requests){.capacity = capacity, .chain_mask = chains - 1};
    requests->all = calloc(capacity, sizeof *requests->all);
    requests->chains = calloc(chains, sizeof(struct request *));
    requests->heap = calloc(capacity + 1, sizeof(struct request *));
    if (!requests->all || !requests->chains || !requests->heap) {
        free(requests->all);
        free(requests->chains);
        free(requests->heap);
        return false;
    }
    for (size_t i = capacity; i-- > 0;) {
        buffer_init(&requests->all[i].frame, FRAME_CLIENT_BYTES);
        requests->all[i].next = requests->free;
        requests->free = &requests->all[i];
    }
    return true;
}

void requests_fini(struct requests *requests)
{
    for (size_t i = 0; i < requests->capacity; i++)
        buffer_fini(&requests->all[i].frame);
    free(requests->all);
    free(requests->chains);
    free(requests->heap);
}

struct request *requests_take(struct requests *requests)
{
    struct request *request = requests->free;
    if (!request)
        return NULL;
    struct buffer frame = request->frame;
    requests->free = request->next;
    requests->count++;
    *request = (struct request){.frame = frame};
    return request;
}

/** FNV-1a: ids are this program's own, or those of the file it reads. */
static struct request **chain_of(const struct requests *requests, struct text id)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (uint8_t)id.data[i]) * 1099511628211u;
    return &requests->chains[(hash ^ hash >> 32) & requests->chain_mask];
}

static struct text id_of(const struct request *request)
{
    return (struct text){request->id, request->id_len};
}

struct request *requests_find(const struct requests *requests, struct text id)
{
    struct request *request = *chain_of(requests, id);
    while (request && !text_equal(id_of(request), id))
        request = request->next;
    return request;
}

bool requests_name(struct requests *requests, struct request *request, struct text id)
{
    must(request->id_len == 0 && id.len > 0 && id.len <= REQUEST_ID_BYTES);
    if (requests_find(requests, id))
        return false;
    struct request **chain = chain_of(requests, id);
    memcpy(request->id, id.data, id.len);
    request->id_len = id.len;
    request->next = *chain;
    *chain = request;
    return true;
}

static void place(struct requests *requests, size_t at, struct request *request)
{
    requests->heap[at] = request;
    request->heap_place = at;
}

static void sift_up(struct requests *requests, size_t at, struct request *request)
{
    for (; at > 1 && requests->heap[at / 2]->due_ms > request->due_ms; at /= 2)
        place(requests, at, requests->heap[at / 2]);
    place(requests, at, request);
}

static void sift_down(struct requests *requests, size_t at, struct request *request)
{
    for (size_t child; (child = 2 * at) <= requests->heap_count; at = child) {
        if (child < requests->heap_count && requests->heap[child + 1]->due_ms < requests->heap[child]->due_ms)
            child++;
        if (requests->heap[child]->due_ms >= request->due_ms)
            break;
        place(requests, at, requests->heap[child]);
    }
    place(requests, at, request);
}

void requests_schedule(struct requests *requests, struct request *request, int64_t due_ms)
{
    bool is_earlier = request->heap_place == 0 || due_ms < request->due_ms;
    if (request->heap_place == 0)
        request->heap_place = ++requests->heap_count;
    request->due_ms = due_ms;
    if (is_earlier)
        sift_up(requests, request->heap_place, request);
    else
        sift_down(requests, request->heap_place, request);
}

struct request *requests_first(const struct requests *requests)
{
    return requests->heap_count > 0 ? requests->heap[1] : NULL;
}

static void unschedule(struct requests *requests, struct request *request)
{
    struct request *last = requests->heap[requests->heap_count--];
    if (last == request)
        return;
    if (last->due_ms < request->due_ms)
        sift_up(requests, request->heap_place, last);
    else
        sift_down(requests, request->heap_place, last);
}

void requests_release(struct requests *requests, struct request *request)
{
    if (request->heap_place > 0)
        unschedule(requests, request);
    if (request->id_len > 0) {
        struct request **link = chain_of(requests, id_of(request));
        while (*link != request)
            link = &(*link)->next;
        *link = request->next;
    }
    if (request->frame.capacity > KEPT_FRAME_BYTES) {
        buffer_fini(&request->frame);
        buffer_init(&request->frame, FRAME_CLIENT_BYTES);
    }
    buffer_reset(&request->frame);
    request->next = requests->free;
    requests->free = request;
    requests->count--;
}
