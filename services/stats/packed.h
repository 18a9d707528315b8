// SPDX-License-Identifier: Apache-2.0
/**
 * Packed: a list of numbers in few bytes. First how many bytes a number takes, 0 to 8, and the least of them; then what each is above the least:
 *
 *     02 | 00 00 00 00 00 0f 42 40 | 01 10 | 00 00 | 00 07
 *     two bytes each, from 1000000 on: 1000272, 1000000, 1000007
 *
 * How many numbers there are stands elsewhere. The last list of a value is followed by PACKED_END, so that a number may be read by its eight bytes.
 */
#ifndef SERVICES_STATS_PACKED_H
#define SERVICES_STATS_PACKED_H

#include "common/base/buffer.h"

enum {
    PACKED_HEAD = 9,
    PACKED_END = 7, // bytes
};

/** Appends the list; none when `count` is 0. */
void packed_write(struct buffer *out, const int64_t *numbers, size_t count);

/** Ends the last list. */
void packed_end(struct buffer *out);

/** A list at the beginning of `rest`, which is then what follows it. False: it is none, and nothing was read. */
bool packed_read(struct bytes *rest, int64_t *out_numbers, size_t count);

/** As packed_read, for whom only one of them is wanted, or with `out_number` NULL none; `at` < `count`. */
bool packed_read_one(struct bytes *rest, size_t at, size_t count, int64_t *out_number);

/** The least and an upper bound of the numbers, without reading them; false as packed_read. `count` > 0. */
bool packed_range(struct bytes rest, int64_t *out_least, int64_t *out_most);

#endif
