// SPDX-License-Identifier: Apache-2.0
/**
 * Map lines: a look at the lines of a ZPL file before CZMQ parses it. Internal to common/bus.
 *
 * CZMQ tells of a mistake by printing to stdout, and its tree has no line numbers. So what it would reject is found
 * here first, and the number of each line that makes an item is kept, in the order of the tree.
 */
#ifndef COMMON_BUS_MAP_LINES_H
#define COMMON_BUS_MAP_LINES_H

#include "common/base/text.h"

enum { MAP_LINES = 256 };

struct map_lines {
    int numbers[MAP_LINES]; // of the items, from 1
    size_t count;
};

/** False: `out_line` gets the number of the wrong line and `out_problem` (borrows: constant) what to do about it. */
bool map_lines_check(struct text file, struct map_lines *out_lines, int *out_line, const char **out_problem);

#endif
