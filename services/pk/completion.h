// SPDX-License-Identifier: Apache-2.0
/** Completion: what could stand where the last word of a command line is. */
#ifndef SERVICES_PK_COMPLETION_H
#define SERVICES_PK_COMPLETION_H

#include <stddef.h>

/** The hidden command that the scripts call. */
#define COMPLETION_WORD "__complete"

/** Prints candidates for the last of the words that were typed after pk. An exit code. */
int completion_offer(size_t count, char **words);

#endif
