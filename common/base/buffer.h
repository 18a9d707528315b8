// SPDX-License-Identifier: Apache-2.0
/**
 * Buffer: bytes that grow at the end, under a bound, with a sticky error: after the first append that did not fit, every
 * append is a no-op and `failed` stays set, so that a writer is a straight line with one question at its end.
 */
#ifndef COMMON_BASE_BUFFER_H
#define COMMON_BASE_BUFFER_H

#include "common/base/text.h"

struct buffer {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t limit_bytes;
    bool failed;
};

void buffer_init(struct buffer *buffer, size_t limit_bytes);
void buffer_fini(struct buffer *buffer);

/** Empties it, forgets a failure, keeps the memory. */
void buffer_reset(struct buffer *buffer);

/** What buffer_append does when there is no room yet. */
void buffer_append_growing(struct buffer *buffer, const void *data, size_t len);

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (buffer->failed || len == 0 || len > buffer->capacity - buffer->len) {
        buffer_append_growing(buffer, data, len);
        return;
    }
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

static inline void buffer_byte(struct buffer *buffer, uint8_t byte)
{
    buffer_append(buffer, &byte, 1);
}

/** Big-endian, so that bytes compare as numbers do. */
void buffer_u16(struct buffer *buffer, uint16_t value);
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_u64(struct buffer *buffer, uint64_t value);

/** Borrows until the next append, reset or fini. Empty after a failure. */
struct bytes buffer_bytes(const struct buffer *buffer);

#endif
