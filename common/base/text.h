// SPDX-License-Identifier: Apache-2.0
/**
 * Text and bytes as a pointer and a length. Neither owns what it points to: whoever hands one out says how long it lives.
 * Text is not NUL-terminated.
 */
#ifndef COMMON_BASE_TEXT_H
#define COMMON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t len;
};

struct bytes {
    const uint8_t *data;
    size_t len;
};

/** A literal as text. At file scope, where C wants constants: `{"x", 1}`. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

/** Borrows `cstring` for as long as it lives; NULL is the empty text. */
static inline struct text text_of(const char *cstring)
{
    return (struct text){cstring, cstring ? strlen(cstring) : 0};
}

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){data, len};
}

static inline struct bytes text_bytes(struct text text)
{
    return bytes_of(text.data, text.len);
}

static inline struct text bytes_text(struct bytes bytes)
{
    return (struct text){(const char *)bytes.data, bytes.len};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool text_equal(struct text a, struct text b)
{
    return bytes_equal(text_bytes(a), text_bytes(b));
}

/** As #rrggbb. */
static inline bool text_is_colour(struct text text)
{
    bool good = text.len == 7 && text.data[0] == '#';
    for (size_t i = 1; good && i < text.len; i++)
        good = text.data[i] && strchr("0123456789abcdefABCDEF", text.data[i]);
    return good;
}

/** Byte order, the shorter first when one begins the other: <0, 0, >0. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline int text_compare(struct text a, struct text b)
{
    return bytes_compare(text_bytes(a), text_bytes(b));
}

static inline bool text_starts_with(struct text text, struct text start)
{
    return text.len >= start.len && (start.len == 0 || memcmp(text.data, start.data, start.len) == 0);
}

#endif
