// SPDX-License-Identifier: Apache-2.0
/** Grow: arrays on the heap that get longer, by half again as much each time. */
#ifndef COMMON_BASE_GROW_H
#define COMMON_BASE_GROW_H

#include <stdint.h>
#include <stdlib.h>

enum { GROW_FIRST = 16 };

/**
 * The array with room for `count` elements of `size` bytes, which may be another one than before: keep the result. `items` is NULL, `*capacity` 0,
 * for one that there is not yet. NULL: no memory; the array is as it was.
 */
static inline void *grow(void *items, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return items;
    size_t wanted = *capacity < GROW_FIRST ? GROW_FIRST : *capacity + *capacity / 2;
    if (wanted < count)
        wanted = count;
    void *grown = wanted <= SIZE_MAX / size ? realloc(items, wanted * size) : NULL;
    if (grown)
        *capacity = wanted;
    return grown;
}

#endif
