// SPDX-License-Identifier: Apache-2.0
/** Times as people write them: ISO 8601, local unless an offset is given. The zone is the process's (TZ). */
#ifndef SERVICES_PK_TIME_TEXT_H
#define SERVICES_PK_TIME_TEXT_H

#include "common/base/text.h"

enum { TIME_TEXT_BYTES = 32 };

/**
 * "2026-11-23 16:30", with T instead of the space, with seconds, with Z or +01:00 behind; "2026-11-23", its midnight; "now"; or
 * milliseconds since 1970, as JSON output has them. False: none of these, or a moment that does not exist.
 */
bool time_parse(const char *text, int64_t *out_ms);

/** Writes "2026-11-23 16:32:07", local, with its NUL. */
void time_format(int64_t ms, char out[TIME_TEXT_BYTES]);

#endif
