// SPDX-License-Identifier: Apache-2.0
/**
 * Scratch: files for the targets of decoders that read files, where they cost no disk; and silence, since these log each
 * refusal. Not for several threads.
 */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include "common/base/text.h"

/** A folder of this process, in memory where there is such a place; made by the first call, removed at exit, left by a crash.
 *  Nothing is logged from then on. Borrows: constant. */
const char *scratch_folder(void);

/** Path of a file, in no folder, that holds these bytes until the next call; only its owner may read it. Borrows: constant. */
const char *scratch_file(struct bytes content);

/** Makes or replaces a file. */
void scratch_write(const char *path, struct bytes content);

#endif
