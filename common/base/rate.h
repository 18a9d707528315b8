// SPDX-License-Identifier: Apache-2.0
/**
 * Rate: a bound on log lines that others can cause. The first few of a period are written, the rest counted, and the count goes
 * with the next line that is. A rate belongs to one thread; zeroed is new.
 */
#ifndef COMMON_BASE_RATE_H
#define COMMON_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum { RATE_LINES = 10, RATE_PERIOD_MS = 10 * 1000 };

struct rate {
    int64_t from_ms; // monotonic; when the period began
    int written;     // in it
    int64_t left_out;
};

/** Whether one more line may be written; `out_left_out` gets how many were not since the last one that was. */
bool rate_allows(struct rate *rate, int64_t monotonic_ms, int64_t *out_left_out);

#endif
