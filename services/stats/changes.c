// SPDX-License-Identifier: Apache-2.0
#include "services/stats/changes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "services/stats/mix.h"

enum {
    MAX_CHANGES = 8192,
    SLOTS = 2 * MAX_CHANGES, // a power of two
};

/** Each figure once. */
struct change_set {
    size_t count;
    bool missed;
    struct change items[MAX_CHANGES];
    uint16_t slots[SLOTS]; // index of the item plus one; 0: free
};

struct changes {
    struct change_set sets[3];
    struct change_set *batch; // the command loop's
    struct change_set *taken; // the query loop's
    pthread_mutex_t lock;
    struct change_set *handed; // under the lock
};

struct changes *changes_new(void)
{
    struct changes *changes = calloc(1, sizeof *changes);
    if (!changes)
        return NULL;
    must(pthread_mutex_init(&changes->lock, NULL) == 0);
    changes->batch = &changes->sets[0];
    changes->handed = &changes->sets[1];
    changes->taken = &changes->sets[2];
    return changes;
}

void changes_free(struct changes *changes)
{
    if (changes)
        pthread_mutex_destroy(&changes->lock);
    free(changes);
}

static void empty(struct change_set *set)
{
    if (set->count > 0)
        memset(set->slots, 0, sizeof set->slots);
    set->count = 0;
    set->missed = false;
}

static uint16_t *slot_of(struct change_set *set, const struct change *change)
{
    size_t at = (size_t)mix64(change->id * 8 + change->figure) % SLOTS;
    while (set->slots[at]) {
        const struct change *item = &set->items[set->slots[at] - 1];
        if (item->figure == change->figure && item->id == change->id)
            break;
        at = (at + 1) % SLOTS;
    }
    return &set->slots[at];
}

static void put(struct change_set *set, const struct change *change)
{
    uint16_t *slot = slot_of(set, change);
    if (*slot)
        return;
    if (set->count == MAX_CHANGES) {
        empty(set); // the newest are worth more: what was dropped may have changed again
        set->missed = true;
        slot = slot_of(set, change);
    }
    set->items[set->count++] = *change;
    *slot = (uint16_t)set->count;
}

void changes_note(struct changes *changes, enum figure figure, uint64_t id)
{
    put(changes->batch, &(struct change){figure, id});
}

void changes_commit(struct changes *changes)
{
    struct change_set *batch = changes->batch;
    if (batch->count == 0)
        return;
    pthread_mutex_lock(&changes->lock);
    struct change_set *handed = changes->handed;
    for (size_t i = 0; i < batch->count; i++)
        put(handed, &batch->items[i]);
    handed->missed = handed->missed || batch->missed;
    pthread_mutex_unlock(&changes->lock);
    empty(batch);
}

void changes_abort(struct changes *changes)
{
    empty(changes->batch);
}

size_t changes_take(struct changes *changes, const struct change **out_items, bool *out_missed)
{
    empty(changes->taken);
    pthread_mutex_lock(&changes->lock);
    struct change_set *taken = changes->handed;
    changes->handed = changes->taken;
    pthread_mutex_unlock(&changes->lock);
    changes->taken = taken;
    *out_items = taken->items;
    *out_missed = taken->missed;
    return taken->count;
}
