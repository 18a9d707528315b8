// SPDX-License-Identifier: Apache-2.0
/**
 * Token reader: the head of one msgpack value at a time, from bytes that nobody has checked.
 *
 * The one place that reads msgpack. Used by the frame check, the decoder, and services/pk. Never reads outside
 * the bytes, never allocates, never recurses. Text and bytes borrow the input. UTF-8 is not looked at here (utf8.h).
 */
#ifndef COMMON_WIRE_TOKEN_H
#define COMMON_WIRE_TOKEN_H

#include "common/base/text.h"

enum token_type {
    TOKEN_TRUNCATED, // the input ends inside it, or its count is larger than what follows
    TOKEN_FORBIDDEN, // an ext type or the unused byte 0xc1
    TOKEN_NIL,
    TOKEN_BOOL,
    TOKEN_WHOLE,    // an integer ≥ 0, however it was written
    TOKEN_NEGATIVE, // an integer < 0
    TOKEN_REAL,
    TOKEN_TEXT,
    TOKEN_BIN,
    TOKEN_LIST, // the head alone; its elements follow
    TOKEN_MAP,  // the head alone; keys and values follow
};

struct token {
    enum token_type type;
    union {
        bool truth;        // TOKEN_BOOL
        uint64_t whole;    // TOKEN_WHOLE
        int64_t negative;  // TOKEN_NEGATIVE
        double real;       // TOKEN_REAL
        struct bytes body; // TOKEN_TEXT, TOKEN_BIN
        size_t count;      // TOKEN_LIST: elements; TOKEN_MAP: pairs; at most the bytes that follow
    };
};

struct token_reader {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct token_reader token_reader_of(struct bytes bytes)
{
    // An empty input may have no address at all; a pointer to something keeps the arithmetic defined.
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.len ? bytes.data : nothing;
    return (struct token_reader){start, start + bytes.len};
}

static inline size_t token_bytes_left(const struct token_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/** The rest of token_read: heads of several bytes. */
struct token token_read_long(struct token_reader *reader);

/** Text or bin of `len` bytes whose head has `head_len`; truncated when they are not there. */
static inline struct token token_body(struct token_reader *reader, enum token_type type, size_t head_len, size_t len)
{
    if (len > token_bytes_left(reader) - head_len)
        return (struct token){.type = TOKEN_TRUNCATED};
    struct token token = {.type = type, .body = {reader->at + head_len, len}};
    reader->at += head_len + len;
    return token;
}

/** List or map of `count` elements or pairs; every element takes at least a byte, every pair two. */
static inline struct token token_container(struct token_reader *reader, enum token_type type, size_t head_len,
                                           size_t count)
{
    size_t left = token_bytes_left(reader) - head_len;
    if (count > (type == TOKEN_MAP ? left / 2 : left))
        return (struct token){.type = TOKEN_TRUNCATED};
    reader->at += head_len;
    return (struct token){.type = type, .count = count};
}

/**
 * Reads one head, with the body of a text or bin. When truncated or forbidden the reader stays where it was. Always inline: as
 * a call, returning a token through memory, it makes the frame check a third slower.
 */
__attribute__((always_inline)) static inline struct token token_read(struct token_reader *reader)
{
    if (reader->at == reader->end)
        return (struct token){.type = TOKEN_TRUNCATED};
    uint8_t head = *reader->at;
    if ((head & 0xe0) == 0xa0) // first, for every key is one
        return token_body(reader, TOKEN_TEXT, 1, head & 0x1fu);
    if (head <= 0x7f) {
        reader->at++;
        return (struct token){.type = TOKEN_WHOLE, .whole = head};
    }
    if (head <= 0x8f)
        return token_container(reader, TOKEN_MAP, 1, head & 0x0fu);
    if (head <= 0x9f)
        return token_container(reader, TOKEN_LIST, 1, head & 0x0fu);
    if (head >= 0xe0) {
        reader->at++;
        return (struct token){.type = TOKEN_NEGATIVE, .negative = (int8_t)head};
    }
    // By a copy: a caller's reader whose address goes nowhere stays in registers.
    struct token_reader copy = *reader;
    struct token token = token_read_long(&copy);
    *reader = copy;
    return token;
}

/** Passes over one whole value. False, the reader where it was, when it is truncated or holds something forbidden. */
bool token_skip(struct token_reader *reader);

/** The token as an integer by value: 1 and 1.0 are the same. False when it is none, or lies outside int64_t. */
bool token_integer(const struct token *token, int64_t *out_value);

#endif
