// SPDX-License-Identifier: Apache-2.0
/**
 * Arena: memory that is given out piece by piece and taken back all at once, under a bound.
 *
 * For what lives as long as one batch, one query or one page: decoded messages, plans, replies. Not safe for several
 * threads. Blocks are kept over a reset, so a loop that has warmed up does not allocate.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include "common/base/text.h"

struct arena_block;

struct arena {
    struct arena_block *first;
    struct arena_block *current;
    size_t used_bytes;  // since the last reset
    size_t limit_bytes; // arena_alloc gives NULL beyond it
};

/** A place in an arena to go back to. */
struct arena_mark {
    struct arena_block *block;
    size_t block_used;
    size_t used_bytes;
};

/** `limit_bytes` bounds what is given out between two resets. */
void arena_init(struct arena *arena, size_t limit_bytes);
void arena_fini(struct arena *arena);

/** Zeroed memory, aligned for any type; borrows until arena_reset. NULL when the bound or the machine's memory is reached. */
void *arena_alloc(struct arena *arena, size_t size);

/** As arena_alloc, `count` times `size`; NULL also when that overflows. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/** A copy that lives in the arena. Its data is NULL (and len 0) when there is no memory, and non-NULL otherwise. */
struct text arena_text(struct arena *arena, struct text text);
struct bytes arena_bytes(struct arena *arena, struct bytes bytes);

/** Takes everything back; keeps the first blocks, some of them. */
void arena_reset(struct arena *arena);

/** arena_rewind takes back what was given out since the mark, which must be of this arena and since its last reset. */
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

#endif
