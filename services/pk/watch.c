// SPDX-License-Identifier: Apache-2.0
#include "services/pk/watch.h"

int watch_count_of(const struct pk *pk, struct watch_count *out_count)
{
    out_count->is_limited = arguments_has(&pk->arguments, OWN_COUNT);
    return arguments_number(&pk->arguments, OWN_COUNT, 1, INT64_MAX, INT64_MAX, &out_count->left);
}

bool watch_count_down(struct watch_count *count)
{
    return !count->is_limited || --count->left > 0;
}
