// SPDX-License-Identifier: Apache-2.0
/** Wrap: text broken into lines of at most 100 columns, for help. */
#ifndef SERVICES_PK_WRAP_H
#define SERVICES_PK_WRAP_H

#include <stdio.h>

/**
 * Prints the words of a text, line breaks taken as spaces, and a line break behind them. `column` is where the first line stands
 * already; each begins at `indent`. A letter counts as one column, whatever its width.
 */
void wrap_text(FILE *out, const char *text, size_t indent, size_t column);

/** Number of letters. */
size_t wrap_width(const char *text);

#endif
