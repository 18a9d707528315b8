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
