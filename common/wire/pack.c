// SPDX-License-Identifier: Apache-2.0
#include "common/wire/pack.h"

#include <msgpack.h>

/** Heads of one byte, which most are, are written here; the others by msgpack-c. */
enum { SHORT_TEXT = 31, TEXT_HEAD = 0xa0, SHORT_NUMBER = 127 };

/** The buffer remembers a failure by itself, so msgpack-c is never told of one. */
static int append(void *buffer, const char *data, size_t len)
{
    buffer_append(buffer, data, len);
    return 0;
}

static msgpack_packer packer_of(struct buffer *buffer)
{
    return (msgpack_packer){.data = buffer, .callback = append};
}

void pack_nil(struct buffer *buffer)
{
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_nil(&packer);
}

void pack_bool(struct buffer *buffer, bool value)
{
    msgpack_packer packer = packer_of(buffer);
    if (value)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
}

void pack_int(struct buffer *buffer, int64_t value)
{
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_int64(&packer, value);
}

void pack_uint(struct buffer *buffer, uint64_t value)
{
    if (value <= SHORT_NUMBER) {
        buffer_byte(buffer, (uint8_t)value);
        return;
    }
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_uint64(&packer, value);
}

void pack_text(struct buffer *buffer, struct text text)
{
    if (text.len <= SHORT_TEXT && text.len < buffer->capacity - buffer->len && !buffer->failed) {
        buffer->data[buffer->len++] = (uint8_t)(TEXT_HEAD | text.len);
        buffer_append(buffer, text.data, text.len);
        return;
    }
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_str(&packer, text.len);
    msgpack_pack_str_body(&packer, text.data, text.len);
}

void pack_bin(struct buffer *buffer, struct bytes bytes)
{
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_bin(&packer, bytes.len);
    msgpack_pack_bin_body(&packer, bytes.data, bytes.len);
}

void pack_list(struct buffer *buffer, size_t count)
{
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_array(&packer, count);
}

void pack_map(struct buffer *buffer, size_t pairs)
{
    msgpack_packer packer = packer_of(buffer);
    msgpack_pack_map(&packer, pairs);
}
