// SPDX-License-Identifier: Apache-2.0
/**
 * Import report: what is wrong with a file, told as it is found; and what its lines have in common, found by sorting in bounded memory.
 *
 * Goes to stdout: a line a problem, or one JSON document of which the problems are the beginning.
 */
#ifndef SERVICES_PK_IMPORT_REPORT_H
#define SERVICES_PK_IMPORT_REPORT_H

#include <jansson.h>

#include "proto/person.gen.h"
#include "services/pk/import_header.h"
#include "services/pk/progress.h"

struct sorter;

struct import_report {
    bool is_json;
    const struct import_header *header;
    struct progress *progress; // its line is taken away before something is told
    size_t column_count;
    const struct text *columns; // the fields' paths, in the order of the columns that are sent
    int64_t errors;
    int64_t warnings;
    int64_t lines;
    bool has_told;
    struct sorter *marks;
};

/** Begins; what is given is borrowed. */
void import_report_begin(struct import_report *report, bool is_json, const struct import_header *header,
                         struct progress *progress);

/** Tells of problems that the service found, and takes its marks. */
void import_report_take(struct import_report *report, const struct import_check_reply *reply);

/** Tells which lines have what an earlier one has, once all are in. EXIT_FAILED after saying why when that cannot be found out. */
int import_report_compare(struct import_report *report);

/** Ends the document, with further members; of text nothing is left to say. Takes `members` (an object; NULL: none). */
void import_report_end(struct import_report *report, json_t *members);

#endif
