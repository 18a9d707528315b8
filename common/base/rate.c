// SPDX-License-Identifier: Apache-2.0
#include "common/base/rate.h"

bool rate_allows(struct rate *rate, int64_t monotonic_ms, int64_t *out_left_out)
{
    if (rate->written == 0 || monotonic_ms - rate->from_ms >= RATE_PERIOD_MS) {
        rate->from_ms = monotonic_ms;
        rate->written = 0;
    }
    if (rate->written == RATE_LINES) {
        rate->left_out++;
        return false;
    }
    rate->written++;
    *out_left_out = rate->left_out;
    rate->left_out = 0;
    return true;
}
