// SPDX-License-Identifier: Apache-2.0
/**
 * Words: short runs of bytes looked at eight at a time. Internal to common/wire.
 *
 * Keys and most texts of a message are so short that calling memcmp or memcpy for them costs more than their work. Words are
 * in the machine's byte order: only good for questions that do not depend on it.
 */
#ifndef COMMON_WIRE_WORDS_H
#define COMMON_WIRE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_OF_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t word_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t word_load_4(const char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/** Fewer than eight bytes as a word, in which a byte may stand twice; the room left over is filled with spaces. */
static inline uint64_t word_load_few(const char *at, size_t len)
{
    if (len >= 4)
        return (uint64_t)word_load_4(at) << 32 | word_load_4(at + len - 4);
    if (len == 0)
        return WORD_OF_EACH(' ');
    uint64_t bytes = (uint64_t)(uint8_t)at[0] << 16 | (uint64_t)(uint8_t)at[len / 2] << 8 | (uint8_t)at[len - 1];
    return WORD_OF_EACH(' ') << 24 | bytes;
}

static inline bool words_equal(const char *a, const char *b, size_t len)
{
    if (len < 8)
        return word_load_few(a, len) == word_load_few(b, len);
    if (len <= 16)
        return word_load(a) == word_load(b) && word_load(a + len - 8) == word_load(b + len - 8);
    return memcmp(a, b, len) == 0;
}

/** Whether every byte is 0x01–0x7f: taking 1 from a NUL borrows from its high bit, and the others have none. */
static inline bool word_is_ascii(uint64_t word)
{
    return ((word | (word - WORD_OF_EACH(0x01))) & WORD_OF_EACH(0x80)) == 0;
}

/** Whether any byte is below 0x20, or is 0x7f. */
static inline bool word_has_control(uint64_t word)
{
    uint64_t below_space = (word - WORD_OF_EACH(0x20)) & ~word;
    uint64_t zero_for_delete = word ^ WORD_OF_EACH(0x7f);
    uint64_t is_delete = (zero_for_delete - WORD_OF_EACH(0x01)) & ~zero_for_delete;
    return ((below_space | is_delete) & WORD_OF_EACH(0x80)) != 0;
}

#endif
