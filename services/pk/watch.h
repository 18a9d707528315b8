// SPDX-License-Identifier: Apache-2.0
/** Watch: what `pk watch` commands share. */
#ifndef SERVICES_PK_WATCH_H
#define SERVICES_PK_WATCH_H

#include "services/pk/pk.h"

/** How many are still to be shown. */
struct watch_count {
    bool is_limited;
    int64_t left;
};

/** --count. EXIT_USAGE, said, when it is no number. */
int watch_count_of(const struct pk *pk, struct watch_count *out_count);

/** One was shown; false when it was the last. */
bool watch_count_down(struct watch_count *count);

#endif
