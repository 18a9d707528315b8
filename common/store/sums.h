// SPDX-License-Identifier: Apache-2.0
/**
 * Sums: what a write transaction has added to counters and not yet written. A batch adds to few cells very often (a total, a day),
 * and to many once: gathered and written in key order at the end, each costs one read and one write. Internal to common/store.
 */
#ifndef COMMON_STORE_SUMS_H
#define COMMON_STORE_SUMS_H

#include "common/store/index.h"

enum {
    SUMS_MOST = 32 * 1024,            // counters held; then they are written
    SUMS_KEY_BYTES = 2 * 1024 * 1024, // and of their keys
};

/** One counter: what is to be added to it. */
struct pending_sum {
    const struct index *index; // NULL: a free place
    uint32_t key_at;           // in the keys
    uint32_t key_len;
    int64_t amount;
};

/** Belongs to a store's writer. Zeroed is empty; places and keys are taken with the first add and kept. */
struct sums {
    struct pending_sum *places; // open addressing, twice SUMS_MOST
    uint32_t *used;             // the places taken, so that few sums cost little
    uint8_t *keys;
    size_t key_bytes;
    size_t count;
};

void sums_fini(struct sums *sums);

/** Forgets all: the transaction was aborted. */
void sums_clear(struct sums *sums);

/** False: full, or no memory; nothing was added. An overflow is a defect of the caller. */
bool sums_add(struct sums *sums, const struct index *index, struct bytes key, int64_t amount);

/** What is to be added to the counter; 0 when nothing is. */
int64_t sums_get(const struct sums *sums, const struct index *index, struct bytes key);

/** Gives every counter, by table and key, and empties the sums. `write` must not add to them. */
void sums_drain(struct sums *sums,
                void (*write)(void *user, const struct index *index, struct bytes key, int64_t amount), void *user);

#endif
