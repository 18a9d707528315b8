// SPDX-License-Identifier: Apache-2.0
#include "common/base/random.h"

#include <sodium.h>

static void system_fill(void *self, void *out, size_t len)
{
    (void)self;
    randombytes_buf(out, len);
}

const struct random_source *random_system(void)
{
    static const struct random_source system = {system_fill, NULL};
    return &system;
}
