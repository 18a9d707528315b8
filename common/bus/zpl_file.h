// SPDX-License-Identifier: Apache-2.0
/** What the readers of ZPL files share: the file's text, and the nearest name to a misspelt one. Internal to common/bus. */
#ifndef COMMON_BUS_ZPL_FILE_H
#define COMMON_BUS_ZPL_FILE_H

#include "common/base/text.h"

enum { ZPL_NAME_BYTES = 32 };

/**
 * Reads a file of at most 64 KiB. Gives its text, ended by a NUL that `out_len` does not count: free. NULL: `out_problem`
 * (borrows: constant) says why.
 */
char *zpl_read_file(const char *path, size_t *out_len, const char **out_problem);

/** Levenshtein's distance: characters to insert, delete or replace. `b` has at most ZPL_NAME_BYTES. */
size_t zpl_distance(const char *a, const char *b);

#endif
