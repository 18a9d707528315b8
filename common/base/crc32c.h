// SPDX-License-Identifier: Apache-2.0
/** CRC-32C (Castagnoli; RFC 3720, appendix B.4): the checksum of journal records. */
#ifndef COMMON_BASE_CRC32C_H
#define COMMON_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** Checksum of `data`; check value of "123456789" is 0xe3069283. */
uint32_t crc32c(const void *data, size_t len);

#endif
