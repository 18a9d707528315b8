// SPDX-License-Identifier: Apache-2.0
/** Random bytes as a port. The simulation brings a seeded one. */
#ifndef COMMON_BASE_RANDOM_H
#define COMMON_BASE_RANDOM_H

#include <stddef.h>

struct random_source {
    void (*fill)(void *self, void *out, size_t len);
    void *self;
};

/** The kernel's generator, through libsodium. Borrows: constant, usable from any thread. */
const struct random_source *random_system(void);

static inline void random_fill(const struct random_source *source, void *out, size_t len)
{
    source->fill(source->self, out, len);
}

#endif
