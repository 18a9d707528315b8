// SPDX-License-Identifier: Apache-2.0
/**
 * Keys: bytes whose order is the order of what they are made of. Numbers are big-endian; a text that is not the last
 * part is ended by a zero byte, which no text contains. A key that would be too long is marked failed, and from then on
 * is no key: one byte longer than any, so that it finds nothing and cannot be put.
 */
#ifndef COMMON_STORE_KEY_H
#define COMMON_STORE_KEY_H

#include "common/base/endian.h"
#include "common/store/store.h"

struct key {
    uint8_t data[STORE_MAX_KEY_BYTES + 1];
    size_t len;
    bool failed;
};

static inline void key_bytes_add(struct key *key, struct bytes part)
{
    if (key->failed || part.len > STORE_MAX_KEY_BYTES - key->len) {
        key->failed = true;
        key->len = sizeof key->data;
        return;
    }
    if (part.len)
        memcpy(key->data + key->len, part.data, part.len);
    key->len += part.len;
}

static inline void key_u8(struct key *key, uint8_t number)
{
    key_bytes_add(key, bytes_of(&number, 1));
}

static inline void key_u32(struct key *key, uint32_t number)
{
    uint8_t part[4];
    put_u32(part, number);
    key_bytes_add(key, bytes_of(part, sizeof part));
}

static inline void key_u64(struct key *key, uint64_t number)
{
    uint8_t part[8];
    put_u64(part, number);
    key_bytes_add(key, bytes_of(part, sizeof part));
}

/** Signed numbers, negative ones first. */
static inline void key_i64(struct key *key, int64_t number)
{
    key_u64(key, (uint64_t)number ^ ((uint64_t)1 << 63));
}

/** Signed numbers, the greatest first: newest-first lists. */
static inline void key_i64_descending(struct key *key, int64_t number)
{
    key_u64(key, ~((uint64_t)number ^ ((uint64_t)1 << 63)));
}

/** How many bytes a number has beyond its leading zeros; a negative one is looked at inverted. */
static inline unsigned key_number_bytes(int64_t number)
{
    uint64_t magnitude = (uint64_t)(number < 0 ? ~number : number);
    return magnitude ? (unsigned)(71 - __builtin_clzll(magnitude)) / 8 : 0;
}

/**
 * Signed numbers, negative ones first, small ones short: how many bytes follow (0x80 and up; of a negative one 0x7f and
 * down), then these.
 */
static inline void key_number(struct key *key, int64_t number)
{
    unsigned bytes = key_number_bytes(number);
    uint8_t part[1 + 8];
    part[0] = (uint8_t)(number < 0 ? 0x7f - bytes : 0x80 + bytes);
    put_u64(part + 1, (uint64_t)number << (bytes ? 64 - 8 * bytes : 0));
    key_bytes_add(key, bytes_of(part, 1 + bytes));
}

/** Takes such a number off the beginning of `rest`; false: there is none, or it is not written as key_number does. */
static inline bool key_take_number(struct bytes *rest, int64_t *out_number)
{
    if (rest->len == 0)
        return false;
    uint8_t head = rest->data[0];
    unsigned bytes = head >= 0x80 ? head - 0x80u : 0x7fu - head;
    if (bytes > 8 || bytes > rest->len - 1)
        return false;
    const uint8_t sign = head >= 0x80 ? 0 : 0xff;
    uint64_t number = sign ? UINT64_MAX : 0;
    for (unsigned i = 1; i <= bytes; i++)
        number = number << 8 | rest->data[i];
    if (bytes > 0 && (rest->data[1] == sign || (bytes == 8 && (rest->data[1] ^ sign) & 0x80)))
        return false; // a byte too many, or none that has the sign
    *out_number = (int64_t)number;
    *rest = bytes_of(rest->data + 1 + bytes, rest->len - 1 - bytes);
    return true;
}

/** A text that something follows. */
static inline void key_text(struct key *key, struct text text)
{
    key_bytes_add(key, text_bytes(text));
    key_u8(key, 0);
}

/** Borrows `key`. */
static inline struct bytes key_bytes(const struct key *key)
{
    return bytes_of(key->data, key->len);
}

/** The key of a row that is numbered. */
static inline struct key key_of_id(uint64_t id)
{
    struct key key = {.len = 0};
    key_u64(&key, id);
    return key;
}

static inline int64_t key_read_i64(const uint8_t *part)
{
    return (int64_t)(get_u64(part) ^ ((uint64_t)1 << 63));
}

static inline int64_t key_read_i64_descending(const uint8_t *part)
{
    return (int64_t)(~get_u64(part) ^ ((uint64_t)1 << 63));
}

#endif
