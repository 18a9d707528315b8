// SPDX-License-Identifier: Apache-2.0
/** Help: the table of commands as text. */
#ifndef SERVICES_PK_HELP_H
#define SERVICES_PK_HELP_H

#include <stdio.h>

#include "services/pk/options.h"

/** Tells about a command; without one, about a noun's commands; without that, about all. */
void help_print(FILE *out, const char *noun, const struct command *command);

/** "pk person get [PERSON] [OPTION…]", without a line break. */
void help_print_usage(FILE *out, const struct command *command);

enum { HELP_DOC_BYTES = 2560 };

/** What an option does, and whether it is needed, can be repeated, or has a default. */
void help_option_doc(const struct option *option, char out[HELP_DOC_BYTES]);

/** The paragraphs that say what the command does. */
const char *help_about(const struct command *command);

/** The table of commands, of the global options and of the exit codes as one JSON document on stdout. */
void help_print_json(void);

/** How values are written that are not plain. */
#define HELP_TIMES                                                                                                     \
    "A TIME is local, as '2026-11-23 16:30', or has an offset, as 2026-11-23T15:30Z; or it is now; or milliseconds."
#define HELP_FILES "A TEXT that can also come from a file is read from standard input when it is a dash."

#endif
