// SPDX-License-Identifier: Apache-2.0
/** Exit codes of pk: what scripts decide by. Refusals have theirs in proto/errors.toml, which keeps to this list. */
#ifndef SERVICES_PK_EXIT_CODE_H
#define SERVICES_PK_EXIT_CODE_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_CONFLICT = 4,
    EXIT_REFUSED = 5,
    EXIT_UNREACHABLE = 6,
    EXIT_NOT_ALLOWED = 7,
    EXIT_INTERRUPTED = 130,
};

struct exit_info {
    int code; // enum exit_code
    const char *doc;
};

enum { EXIT_INFO_COUNT = 9 };

/** By code. Constant. */
extern const struct exit_info exit_infos[EXIT_INFO_COUNT];

#endif
