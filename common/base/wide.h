// SPDX-License-Identifier: Apache-2.0
/**
 * Wide memory: for tables of megabytes that are read here and there. Where the system gives huge pages to who asks (Linux, transparent_hugepage at madvise
 * or always) it lies in such: the processor then finds it without looking for the page each time. Freed by free().
 */
#ifndef COMMON_BASE_WIDE_H
#define COMMON_BASE_WIDE_H

#include <stddef.h>

/** Gives `count` times `size` bytes, aligned for a line of the processor's cache, not zeroed; NULL: no memory. */
void *wide_alloc(size_t count, size_t size);

/** The same, zeroed. */
void *wide_alloc_zeroed(size_t count, size_t size);

#endif
