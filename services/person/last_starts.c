// SPDX-License-Identifier: Apache-2.0
#include "services/person/last_starts.h"

#include <stdlib.h>

enum {
    // The index is asked for the others. So many take more than 32 MiB: such a block glibc has from the kernel and gives back, always.
    PERSONS_MOST = 9 * 1000 * 1000,
    SECOND_MS = 1000,
};

struct last_starts {
    // Since 1970, by person; 0: unknown. Pages that nobody wrote to take no memory.
    uint32_t *seconds;
};

struct last_starts *last_starts_new(void)
{
    struct last_starts *starts = calloc(1, sizeof *starts);
    if (!starts)
        return NULL;
    starts->seconds = calloc(PERSONS_MOST, sizeof *starts->seconds);
    if (starts->seconds)
        return starts;
    free(starts);
    return NULL;
}

void last_starts_free(struct last_starts *starts)
{
    if (!starts)
        return;
    free(starts->seconds);
    free(starts);
}

/** 0 for a time that is not told: before 1970, or after 2106. */
static uint32_t second_of(int64_t ms)
{
    return ms >= SECOND_MS && ms / SECOND_MS <= UINT32_MAX ? (uint32_t)(ms / SECOND_MS) : 0;
}

enum last_starts_order last_starts_compare(const struct last_starts *starts, uint64_t person, int64_t start_ms)
{
    uint32_t second = second_of(start_ms);
    uint32_t last = starts->seconds && person < PERSONS_MOST ? starts->seconds[person] : 0;
    if (!second || !last || second == last)
        return LAST_STARTS_UNKNOWN;
    return second < last ? LAST_STARTS_EARLIER : LAST_STARTS_LATER;
}

void last_starts_set(struct last_starts *starts, uint64_t person, bool has_last, int64_t last_ms)
{
    if (starts->seconds && person < PERSONS_MOST)
        starts->seconds[person] = has_last ? second_of(last_ms) : 0;
}

void last_starts_forget(struct last_starts *starts)
{
    free(starts->seconds);
    starts->seconds = calloc(PERSONS_MOST, sizeof *starts->seconds); // NULL: nothing is known from now on
}
