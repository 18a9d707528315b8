// SPDX-License-Identifier: Apache-2.0
#include "common/wire/token.h"

#include "common/base/endian.h"

/** Bytes of the argument that follows heads 0xc0–0xdf: a length, a count or the number itself. */
static const uint8_t argument_bytes[32] = {
    [0x04] = 1, [0x05] = 2, [0x06] = 4,             // bin
    [0x0a] = 4, [0x0b] = 8,                         // float
    [0x0c] = 1, [0x0d] = 2, [0x0e] = 4, [0x0f] = 8, // unsigned
    [0x10] = 1, [0x11] = 2, [0x12] = 4, [0x13] = 8, // signed
    [0x19] = 1, [0x1a] = 2, [0x1b] = 4,             // text
    [0x1c] = 2, [0x1d] = 4,                         // list
    [0x1e] = 2, [0x1f] = 4,                         // map
};

static uint64_t read_argument(const uint8_t *at, size_t width)
{
    switch (width) {
    case 1:
        return *at;
    case 2:
        return get_u16(at);
    case 4:
        return get_u32(at);
    default:
        return get_u64(at);
    }
}

static struct token real_token(uint64_t bits, size_t width)
{
    struct token token = {.type = TOKEN_REAL};
    if (width == 4) {
        uint32_t narrow_bits = (uint32_t)bits;
        float narrow;
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        token.real = narrow;
    } else {
        memcpy(&token.real, &bits, sizeof token.real);
    }
    return token;
}

static int64_t sign_extended(uint64_t bits, size_t width)
{
    switch (width) {
    case 1:
        return (int8_t)bits;
    case 2:
        return (int16_t)bits;
    case 4:
        return (int32_t)bits;
    default:
        return (int64_t)bits;
    }
}

static struct token signed_token(uint64_t bits, size_t width)
{
    int64_t value = sign_extended(bits, width);
    if (value < 0)
        return (struct token){.type = TOKEN_NEGATIVE, .negative = value};
    return (struct token){.type = TOKEN_WHOLE, .whole = (uint64_t)value};
}

static bool is_forbidden(uint8_t head)
{
    return head == 0xc1 || (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8);
}

struct token token_read_long(struct token_reader *reader)
{
    uint8_t head = *reader->at;
    if (is_forbidden(head))
        return (struct token){.type = TOKEN_FORBIDDEN};
    size_t width = argument_bytes[head & 0x1f];
    if (token_bytes_left(reader) - 1 < width)
        return (struct token){.type = TOKEN_TRUNCATED};
    uint64_t argument = width ? read_argument(reader->at + 1, width) : 0;
    if (head >= 0xde)
        return token_container(reader, TOKEN_MAP, 1 + width, (size_t)argument);
    if (head >= 0xdc)
        return token_container(reader, TOKEN_LIST, 1 + width, (size_t)argument);
    if (head >= 0xd9)
        return token_body(reader, TOKEN_TEXT, 1 + width, (size_t)argument);
    if (head >= 0xc4 && head <= 0xc6)
        return token_body(reader, TOKEN_BIN, 1 + width, (size_t)argument);
    reader->at += 1 + width;
    if (head >= 0xd0)
        return signed_token(argument, width);
    if (head >= 0xcc)
        return (struct token){.type = TOKEN_WHOLE, .whole = argument};
    if (head >= 0xca)
        return real_token(argument, width);
    if (head >= 0xc2)
        return (struct token){.type = TOKEN_BOOL, .truth = head == 0xc3};
    return (struct token){.type = TOKEN_NIL};
}

bool token_skip(struct token_reader *reader)
{
    // Cannot wrap: a count is at most the input's length, and each token takes at least a byte of it.
    uint64_t pending = 1;
    struct token_reader ahead = *reader;
    while (pending > 0) {
        struct token token = token_read(&ahead);
        if (token.type == TOKEN_TRUNCATED || token.type == TOKEN_FORBIDDEN)
            return false;
        pending--;
        if (token.type == TOKEN_LIST)
            pending += token.count;
        else if (token.type == TOKEN_MAP)
            pending += 2 * (uint64_t)token.count;
    }
    *reader = ahead;
    return true;
}

static bool real_integer(double real, int64_t *out_value)
{
    const double limit = 0x1p63;
    if (!(real >= -limit && real < limit))
        return false;
    int64_t value = (int64_t)real;
    if ((double)value < real || (double)value > real)
        return false;
    *out_value = value;
    return true;
}

bool token_integer(const struct token *token, int64_t *out_value)
{
    if (token->type == TOKEN_WHOLE && token->whole <= INT64_MAX) {
        *out_value = (int64_t)token->whole;
        return true;
    }
    if (token->type == TOKEN_NEGATIVE) {
        *out_value = token->negative;
        return true;
    }
    return token->type == TOKEN_REAL && real_integer(token->real, out_value);
}
