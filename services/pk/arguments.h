// SPDX-License-Identifier: Apache-2.0
/**
 * Arguments: a command line, read by the table of commands. Values are kept as they were typed; fill.h makes a message of them.
 *
 * What is wrong is said on stderr, by the option's name and never with its value: it could be personal data.
 */
#ifndef SERVICES_PK_ARGUMENTS_H
#define SERVICES_PK_ARGUMENTS_H

#include "services/pk/options.h"

/** One option or argument that was given. */
struct given {
    const struct option *option; // of a field; NULL: pk's own
    enum own own;
    const char *value; // borrows: argv; "" when it has none
};

struct arguments {
    const struct command *command; // NULL: no command was given; see `noun`
    const char *noun;              // NULL: not even that
    bool is_implied;               // the command is the noun's default, no verb was given
    struct option_list options;    // of the command
    size_t count;
    struct given *given; // in order
};

/** EXIT_DONE, and then arguments_fini; or EXIT_USAGE after saying why. Borrows argv. */
int arguments_parse(int argc, char **argv, struct arguments *out_arguments);
void arguments_fini(struct arguments *arguments);

/** The value of one of pk's own options, the last one given; "" when it has none; NULL when it was not given. */
const char *arguments_own(const struct arguments *arguments, enum own own);

/** Whether it was given. */
bool arguments_has(const struct arguments *arguments, enum own own);

/** A whole number from `least` to `most`, `otherwise` when not given. EXIT_USAGE after saying that it is none. */
int arguments_number(const struct arguments *arguments, enum own own, int64_t least, int64_t most, int64_t otherwise,
                     int64_t *out_number);

/** Seconds, with a fraction if need be, as milliseconds; otherwise as arguments_number. At most 600 seconds. */
int arguments_seconds(const struct arguments *arguments, enum own own, int64_t otherwise_ms, int64_t *out_ms);

/** Says where the command's use is told, and returns EXIT_USAGE. */
int arguments_usage(const struct arguments *arguments);

#endif
