// SPDX-License-Identifier: Apache-2.0
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum {
    BLOCK_BYTES = 64 * 1024,
    BLOCKS_KEPT = 16, // by a reset: what a busy arena takes again at once
};

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

static void free_chain(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_fini(struct arena *arena)
{
    free_chain(arena->first);
    *arena = (struct arena){.limit_bytes = arena->limit_bytes};
}

/** Makes a block with room for `size` the current one. */
static bool add_block(struct arena *arena, size_t size)
{
    size_t block_size = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    struct arena_block *block = malloc(sizeof *block + block_size);
    if (!block)
        return false;
    *block = (struct arena_block){.size = block_size};
    if (arena->current) {
        block->next = arena->current->next;
        arena->current->next = block;
    } else {
        arena->first = block;
    }
    arena->current = block;
    return true;
}

static bool has_room(const struct arena_block *block, size_t size)
{
    return block && block->size - block->used >= size;
}

/** As arena_alloc, with whatever was there before. */
static void *take(struct arena *arena, size_t size, size_t *out_rounded)
{
    const size_t alignment = alignof(max_align_t);
    if (size > arena->limit_bytes)
        return NULL;
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (rounded == 0)
        rounded = alignment;
    if (arena->used_bytes + rounded > arena->limit_bytes)
        return NULL;
    if (!has_room(arena->current, rounded)) {
        struct arena_block *next = arena->current ? arena->current->next : NULL;
        if (has_room(next, rounded))
            arena->current = next;
        else if (!add_block(arena, rounded))
            return NULL;
    }
    void *memory = arena->current->data + arena->current->used;
    arena->current->used += rounded;
    arena->used_bytes += rounded;
    *out_rounded = rounded;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded;
    void *memory = take(arena, size, &rounded);
    return memory ? memset(memory, 0, rounded) : NULL;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_alloc(arena, total);
}

struct bytes arena_bytes(struct arena *arena, struct bytes bytes)
{
    size_t rounded;
    uint8_t *copy = take(arena, bytes.len, &rounded);
    if (!copy)
        return (struct bytes){NULL, 0};
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return bytes_of(copy, bytes.len);
}

struct text arena_text(struct arena *arena, struct text text)
{
    return bytes_text(arena_bytes(arena, text_bytes(text)));
}

void arena_reset(struct arena *arena)
{
    if (!arena->first)
        return;
    struct arena_block *block = arena->first;
    for (size_t kept = 1; kept < BLOCKS_KEPT && block->next && block->next->size == BLOCK_BYTES; kept++)
        block = block->next;
    free_chain(block->next);
    block->next = NULL;
    for (block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
    arena->used_bytes = 0;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->current, arena->current ? arena->current->used : 0, arena->used_bytes};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.block) {
        arena_reset(arena);
        return;
    }
    free_chain(mark.block->next);
    mark.block->next = NULL;
    mark.block->used = mark.block_used;
    arena->current = mark.block;
    arena->used_bytes = mark.used_bytes;
}
