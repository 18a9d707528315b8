// SPDX-License-Identifier: Apache-2.0
/** Lines: each figure that is another, as one line of JSON on standard output, for programs that read a stream. */
#ifndef SERVICES_WEB_LINES_H
#define SERVICES_WEB_LINES_H

#include "common/client/live.h"

/** Prints it; the line is handed on at once. */
void lines_print(const struct live_value *value);

#endif
