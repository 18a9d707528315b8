// SPDX-License-Identifier: Apache-2.0
/** pk: one run of the operator's command line, from the arguments to the exit code. */
#ifndef SERVICES_PK_PK_H
#define SERVICES_PK_PK_H

#include "common/base/arena.h"
#include "services/pk/arguments.h"
#include "services/pk/exit_code.h"
#include "services/pk/session.h"

/** What a command's function is given. */
struct pk {
    struct arguments arguments;
    struct arena arena; // lives as long as the run
    void *body;         // of the command's message, filled in; NULL without a message
    struct session session;
};

/** Runs a command line and returns its exit code. */
int pk_main(int argc, char **argv);

#endif
