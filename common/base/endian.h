// SPDX-License-Identifier: Apache-2.0
/** Big-endian numbers in bytes: how keys and records store them, so that byte order is number order. */
#ifndef COMMON_BASE_ENDIAN_H
#define COMMON_BASE_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put_u16(uint8_t *out, uint16_t value)
{
    uint16_t big = htobe16(value);
    memcpy(out, &big, sizeof big);
}

static inline void put_u32(uint8_t *out, uint32_t value)
{
    uint32_t big = htobe32(value);
    memcpy(out, &big, sizeof big);
}

static inline void put_u64(uint8_t *out, uint64_t value)
{
    uint64_t big = htobe64(value);
    memcpy(out, &big, sizeof big);
}

static inline uint16_t get_u16(const uint8_t *in)
{
    uint16_t big;
    memcpy(&big, in, sizeof big);
    return be16toh(big);
}

static inline uint32_t get_u32(const uint8_t *in)
{
    uint32_t big;
    memcpy(&big, in, sizeof big);
    return be32toh(big);
}

static inline uint64_t get_u64(const uint8_t *in)
{
    uint64_t big;
    memcpy(&big, in, sizeof big);
    return be64toh(big);
}

#endif
