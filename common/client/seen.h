// SPDX-License-Identifier: Apache-2.0
/** Seen: the journal positions a client has heard of, the newest of each service. Internal to common/client. */
#ifndef COMMON_CLIENT_SEEN_H
#define COMMON_CLIENT_SEEN_H

#include "proto/envelope.gen.h"

enum { SEEN_SERVICES = 8, SEEN_NAME_BYTES = 32 }; // as an envelope takes them (proto/envelope.toml)

struct seen_service {
    char name[SEEN_NAME_BYTES];
    size_t name_len;
    int64_t seq;
};

struct seen {
    struct seen_service services[SEEN_SERVICES]; // the one raised last stands first
    size_t count;
};

/** Raises a service's position; a lower one changes nothing. Past SEEN_SERVICES the one not raised for longest is
 * forgotten. */
void seen_raise(struct seen *seen, struct text service, uint64_t seq);

/** Lists them for an envelope; returns how many. Borrows: seen, until it is raised. */
size_t seen_list(const struct seen *seen, struct seen_position out_positions[SEEN_SERVICES]);

#endif
