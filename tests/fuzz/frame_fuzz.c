// SPDX-License-Identifier: Apache-2.0
/** Fuzz target of the frame check. Input: a byte whose lowest bit says "a stored row", then the frame. */
#include "tests/fuzz/frame_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        oracle_check(bytes_of(data + 1, size - 1), data[0] & 1);
    return 0;
}
