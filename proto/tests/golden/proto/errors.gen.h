// SPDX-License-Identifier: Apache-2.0
/**
 * Every refusal a service can answer with. The table is constant and may be read from any thread.
 *
 * Written by proto/generate from sample/errors.toml, never by hand.
 */
#ifndef PROTO_ERRORS_GEN_H
#define PROTO_ERRORS_GEN_H

#include <stdbool.h>
#include <stddef.h>

enum error_code {
    // Not an error.
    ERROR_NONE = 0,
    // There is none of that name.
    ERROR_NOT_FOUND = 1,
    // Full; send the same again.
    ERROR_BUSY = 10,
};

struct error_info {
    enum error_code code;
    const char *name;
    bool retry; // the same message, sent again, may succeed
    int exit;   // exit code of pk
    const char *doc;
};

enum { ERROR_INFO_COUNT = 2 };

/** Sorted by code. */
extern const struct error_info error_infos[ERROR_INFO_COUNT];

/** NULL for ERROR_NONE and for what is not a code. */
const struct error_info *error_info(enum error_code code);

/** `name` need not end with NUL and is borrowed for the call. ERROR_NONE when no error is called so. */
enum error_code error_code_of(const char *name, size_t len);

#endif
