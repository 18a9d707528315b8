// SPDX-License-Identifier: Apache-2.0
#include "common/base/wide.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CACHE_LINE_BYTES = 64,
    HUGE_PAGE_BYTES = 2 * 1024 * 1024, // on x86-64, and on arm64 with pages of 4 KiB
};

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

void *wide_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    if (bytes < HUGE_PAGE_BYTES)
        return aligned_alloc(CACHE_LINE_BYTES, round_up(bytes ? bytes : 1, CACHE_LINE_BYTES));
    bytes = round_up(bytes, HUGE_PAGE_BYTES);
    void *memory = aligned_alloc(HUGE_PAGE_BYTES, bytes);
    if (memory)
        (void)madvise(memory, bytes, MADV_HUGEPAGE); // without, it is as good, but slower
    return memory;
}

void *wide_alloc_zeroed(size_t count, size_t size)
{
    void *memory = wide_alloc(count, size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}
