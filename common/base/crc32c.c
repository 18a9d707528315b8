// SPDX-License-Identifier: Apache-2.0
#include "common/base/crc32c.h"

#include <pthread.h>
#include <string.h>

static const uint32_t POLYNOMIAL_REVERSED = 0x82f63b78;

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL_REVERSED : crc >> 1;
        table[byte] = crc;
    }
}

static uint32_t by_table(const uint8_t *data, size_t len)
{
    pthread_once(&table_once, fill_table);
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < len; i++)
        crc = table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t by_instruction(const uint8_t *data, size_t len)
{
    uint64_t crc = 0xffffffff;
    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, data, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    uint32_t rest = (uint32_t)crc;
    for (; len > 0; data++, len--)
        rest = _mm_crc32_u8(rest, *data);
    return ~rest;
}

uint32_t crc32c(const void *data, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(data, len) : by_table(data, len);
}
#else
uint32_t crc32c(const void *data, size_t len)
{
    return by_table(data, len);
}
#endif
