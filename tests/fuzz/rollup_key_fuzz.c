// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the keys of figures. Input: a key, as the store of the statistics has it.
 *
 * At most one roll-up reads it, the one whose it is said to be, and the key of what was read is the same.
 */
#include "services/stats/rollups.h"

#include "common/base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes bytes = bytes_of(data, size);
    const struct rollup *owner = rollup_of_key(bytes);
    for (size_t i = 0; i < rollup_count; i++) {
        struct cell_key cell;
        if (!rollup_read_key(&rollups[i], bytes, &cell))
            continue;
        struct key again = rollup_key(&rollups[i], rollup_cube_of(bytes), &cell);
        must(owner == &rollups[i] && bytes_equal(key_bytes(&again), bytes));
    }
    return 0;
}
