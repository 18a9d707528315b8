// SPDX-License-Identifier: Apache-2.0
/**
 * The roles, and which of them stand for others. The table is constant and may be read from any thread.
 *
 * Written by proto/generate from sample/roles.toml, never by hand.
 */
#ifndef PROTO_ROLES_GEN_H
#define PROTO_ROLES_GEN_H

#include <stdint.h>

enum role {
    // Reads.
    ROLE_READER = 0,
    // Keeps books.
    ROLE_KEEPER = 1,
    // Everything.
    ROLE_ADMIN = 2,
    // Reads, and little else.
    ROLE_AUDITOR = 3,
};

enum { ROLE_COUNT = 4 };

struct role_info {
    const char *name;
    uint32_t acts_as; // bit of each role whose messages it may send, its own too
    const char *doc;
};

/** By enum role. */
extern const struct role_info role_infos[ROLE_COUNT];

#endif
