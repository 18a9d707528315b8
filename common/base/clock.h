// SPDX-License-Identifier: Apache-2.0
/**
 * Clock: time as a port. The shell reads it and hands times on; handlers never do. Tests and the simulation bring their own.
 */
#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    /** UTC milliseconds since 1970; may jump either way. */
    int64_t (*utc_ms)(void *self);
    /** Milliseconds since some moment; never goes back. Timers use this one. */
    int64_t (*monotonic_ms)(void *self);
    void *self;
};

/** The machine's clocks. Borrows: constant, usable from any thread. */
const struct clock *clock_system(void);

static inline int64_t clock_utc_ms(const struct clock *clock)
{
    return clock->utc_ms(clock->self);
}

static inline int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->self);
}

#endif
