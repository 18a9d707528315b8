// SPDX-License-Identifier: Apache-2.0
/** Fill: arguments become the struct of a message, by the descriptors of its fields. */
#ifndef SERVICES_PK_FILL_H
#define SERVICES_PK_FILL_H

#include "common/base/arena.h"
#include "services/pk/arguments.h"

/**
 * Makes the body of the command's message in the arena, whose memory and argv it borrows. Values from standard input and files are
 * read here. EXIT_USAGE, or EXIT_FAILED for a file that cannot be read, after saying why. Limits are left to codec_valid.
 */
int fill_body(const struct arguments *arguments, struct arena *arena, void **out_body);

/** Reads a whole file of at most `most` bytes into the arena; "-" is standard input. EXIT_FAILED after saying why. */
int fill_read_file(const char *path, size_t most, struct arena *arena, struct bytes *out_content);

#endif
