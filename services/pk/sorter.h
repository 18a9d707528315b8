// SPDX-License-Identifier: Apache-2.0
/**
 * Sorter: any number of small records in the order of their bytes, in 4 MiB of memory; what does not fit there waits in temporary files that nobody else
 * sees. First all are added, then all are taken.
 */
#ifndef SERVICES_PK_SORTER_H
#define SERVICES_PK_SORTER_H

#include <stdbool.h>
#include <stdint.h>

enum { SORTER_RECORD_BYTES = 32 };

struct sorter;

/** Gives: sorter_free. */
struct sorter *sorter_new(void);
void sorter_free(struct sorter *sorter);

void sorter_add(struct sorter *sorter, const uint8_t record[SORTER_RECORD_BYTES]);

/** The next record; false: that was all, or sorter_failed. */
bool sorter_next(struct sorter *sorter, uint8_t out_record[SORTER_RECORD_BYTES]);

/** A temporary file could not be made, written or read; errno says why. */
bool sorter_failed(const struct sorter *sorter);

#endif
