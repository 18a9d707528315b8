// SPDX-License-Identifier: Apache-2.0
/**
 * Counters: what the program has done since it started, one number each. They are declared once, with their
 * documentation, in proto/counters.toml; a counter that is not there does not exist.
 *
 * Any thread may add and read; a reader sees each number whole, not all of them at one moment.
 */
#ifndef COMMON_BASE_COUNTERS_H
#define COMMON_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "proto/counters.gen.h"

struct counters {
    _Atomic int64_t values[COUNTER_COUNT];
};

static inline void counter_add(struct counters *counters, enum counter counter, int64_t amount)
{
    atomic_fetch_add_explicit(&counters->values[counter], amount, memory_order_relaxed);
}

/** For gauges. */
static inline void counter_set(struct counters *counters, enum counter counter, int64_t value)
{
    atomic_store_explicit(&counters->values[counter], value, memory_order_relaxed);
}

static inline int64_t counter_get(const struct counters *counters, enum counter counter)
{
    return atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
}

#endif
