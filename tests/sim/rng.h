// SPDX-License-Identifier: Apache-2.0
/** Rng: the numbers a seed makes (splitmix64). Everything that a simulation decides comes from one of these. */
#ifndef TESTS_SIM_RNG_H
#define TESTS_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/** From 0 to `count` - 1; `count` is at least 1. */
static inline uint64_t rng_below(struct rng *rng, uint64_t count)
{
    return rng_next(rng) % count;
}

/** True so many times in a thousand. */
static inline bool rng_chance(struct rng *rng, unsigned permille)
{
    return rng_below(rng, 1000) < permille;
}

#endif
