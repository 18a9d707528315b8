// SPDX-License-Identifier: Apache-2.0
/**
 * Sorter: any number of small records in the order of their bytes, in a few MiB of memory; what does not fit there waits in temporary files that nobody else
 * sees. First all are added, then all are taken.
 */
#ifndef SERVICES_PK_SORTER_H
#define SERVICES_PK_SORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SORTER_RECORD_BYTES = 32,
    SORTER_RECORDS = 128 * 1024, // in memory: 4 MiB
};

struct sorter;

/** So many records may be in memory: SORTER_RECORDS, in tests fewer, at least 64. Gives: sorter_free. */
struct sorter *sorter_new(size_t records);
void sorter_free(struct sorter *sorter);

void sorter_add(struct sorter *sorter, const uint8_t record[SORTER_RECORD_BYTES]);

/** The next record; false: that was all, or sorter_failed. */
bool sorter_next(struct sorter *sorter, uint8_t out_record[SORTER_RECORD_BYTES]);

/** A temporary file could not be made, written or read; errno says why. */
bool sorter_failed(const struct sorter *sorter);

#endif
