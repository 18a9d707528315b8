// SPDX-License-Identifier: Apache-2.0
/** Progress: on a terminal, one line on stderr that tells how far a long run is, how fast, and how long still; elsewhere nothing. */
#ifndef SERVICES_PK_PROGRESS_H
#define SERVICES_PK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool is_shown;
    const char *what; // is being done, and to what: "checking", "lines"
    const char *unit;
    int64_t begun_ms;
    int64_t shown_ms;
    int64_t first; // of `count`, when it began
    double first_part;
};

/** Begins. `count` and `part` (0 to 1) are what is done already. The texts are borrowed. */
void progress_begin(struct progress *progress, const char *what, const char *unit, int64_t count, double part);

/** Tells how many are done and which part of all that is, -1 when nobody knows; cheap, and shown now and then only. */
void progress_show(struct progress *progress, int64_t count, double part);

/** Takes the line away. */
void progress_end(struct progress *progress);

#endif
