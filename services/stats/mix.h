// SPDX-License-Identifier: Apache-2.0
/** Mixing of numbers for hash tables and checksums of our own data: splitmix64's last step. No defence against chosen keys. */
#ifndef SERVICES_STATS_MIX_H
#define SERVICES_STATS_MIX_H

#include <stdint.h>

static inline uint64_t mix64(uint64_t number)
{
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

#endif
