// SPDX-License-Identifier: Apache-2.0
#include "common/base/buffer.h"

#include <stdlib.h>

#include "common/base/endian.h"

void buffer_init(struct buffer *buffer, size_t limit_bytes)
{
    *buffer = (struct buffer){.limit_bytes = limit_bytes};
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->limit_bytes);
}

void buffer_reset(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

static bool reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed || more > buffer->limit_bytes - buffer->len) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->len + more;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    if (capacity < needed)
        capacity = needed;
    if (capacity > buffer->limit_bytes)
        capacity = buffer->limit_bytes;
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append_growing(struct buffer *buffer, const void *data, size_t len)
{
    if (!reserve(buffer, len) || len == 0)
        return;
    memcpy(buffer->data + buffer->len, data, len);
    buffer->len += len;
}

void buffer_u16(struct buffer *buffer, uint16_t value)
{
    uint8_t bytes[2];
    put_u16(bytes, value);
    buffer_append(buffer, bytes, sizeof bytes);
}

void buffer_u32(struct buffer *buffer, uint32_t value)
{
    uint8_t bytes[4];
    put_u32(bytes, value);
    buffer_append(buffer, bytes, sizeof bytes);
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    uint8_t bytes[8];
    put_u64(bytes, value);
    buffer_append(buffer, bytes, sizeof bytes);
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    return buffer->failed ? (struct bytes){NULL, 0} : bytes_of(buffer->data, buffer->len);
}
