// SPDX-License-Identifier: Apache-2.0
#include "proto/counters.gen.h"

const struct counter_info counter_infos[COUNTER_COUNT] = {
    {
        .name = "books_lent",
        .kind = COUNTER_KIND_TOTAL,
        .unit = "1",
        .doc = "Books lent.",
    },
    {
        .name = "bytes_read",
        .kind = COUNTER_KIND_TOTAL,
        .unit = "bytes",
        .doc = "Bytes read from readers.",
    },
    {
        .name = "wait",
        .kind = COUNTER_KIND_GAUGE,
        .unit = "ms",
        .doc = "How long the next reader waits, now.",
    },
};
