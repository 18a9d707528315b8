// SPDX-License-Identifier: Apache-2.0
/** Import header: which field each column of a file is for, by its own header or by what --map and --ignore say of it. */
#ifndef SERVICES_PK_IMPORT_HEADER_H
#define SERVICES_PK_IMPORT_HEADER_H

#include "services/pk/csv.h"
#include "services/pk/pk.h"

enum { IMPORT_COLUMNS_MOST = 64 };

struct import_header {
    size_t count;                             // cells of a line
    struct text *names;                       // of the columns, as the file has them
    int *sent;                                // of each cell, its place among those that are sent; -1: it is ignored
    size_t sent_count;                        // at most IMPORT_COLUMNS_MOST
    struct text columns[IMPORT_COLUMNS_MOST]; // what the service is told that those are
    size_t cells[IMPORT_COLUMNS_MOST];        // which cell each of them is
};

/** Reads the header of a file; `path` is for people. Copies into the run's arena. EXIT_FAILED or EXIT_USAGE after saying what is wrong, with its line. */
int import_header_read(struct pk *pk, const char *file, const struct csv_record *record,
                       struct import_header *out_header);

#endif
