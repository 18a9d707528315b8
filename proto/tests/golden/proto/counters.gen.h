// SPDX-License-Identifier: Apache-2.0
/**
 * Every counter of the system. The table is constant and may be read from any thread.
 *
 * Written by proto/generate from sample/counters.toml, never by hand.
 */
#ifndef PROTO_COUNTERS_GEN_H
#define PROTO_COUNTERS_GEN_H

enum counter {
    // Books lent.
    COUNTER_BOOKS_LENT,
    // Bytes read from readers.
    COUNTER_BYTES_READ,
    // How long the next reader waits, now.
    COUNTER_WAIT,
    COUNTER_COUNT,
};

enum counter_kind {
    // Only grows.
    COUNTER_KIND_TOTAL,
    // Moves both ways.
    COUNTER_KIND_GAUGE,
};

struct counter_info {
    const char *name;
    enum counter_kind kind;
    const char *unit; // "1", "bytes" or "ms"
    const char *doc;
};

/** By enum counter. */
extern const struct counter_info counter_infos[COUNTER_COUNT];

#endif
