// SPDX-License-Identifier: Apache-2.0
/**
 * Import file: a file of text as UTF-8, read as often as it takes, in bounded memory. Before anything else it is looked through once: for its digest, by
 * which the service knows it again, and for what it is written in. Standard input is kept in a temporary file meanwhile.
 */
#ifndef SERVICES_PK_IMPORT_FILE_H
#define SERVICES_PK_IMPORT_FILE_H

#include <iconv.h>
#include <stdint.h>
#include <stdio.h>

#include "services/pk/csv.h"

enum encoding {
    ENCODING_GUESSED, // UTF-8 when it is that, otherwise Windows-1252
    ENCODING_UTF_8,
    ENCODING_WINDOWS_1252,
};

enum { IMPORT_DIGEST_BYTES = 32, IMPORT_HELD_BYTES = 64 * 1024 };

struct import_file {
    const char *name; // for people: without its folder
    FILE *file;
    int64_t size;
    uint8_t digest[IMPORT_DIGEST_BYTES];
    enum encoding encoding; // not guessed any more
    size_t mark_bytes;      // of a byte order mark at its beginning
    iconv_t converter;      // from Windows-1252
    char held[IMPORT_HELD_BYTES];
    size_t held_len;
};

/** Opens and looks through it: import_file_close in any case. An exit code; anything but EXIT_DONE was said, with the line. */
int import_file_open(struct import_file *file, const char *path, enum encoding encoding);
void import_file_close(struct import_file *file);

/** Goes back to its beginning, behind a byte order mark. */
void import_file_rewind(struct import_file *file);

/** Its text, as a source for csv_reader_new. Borrows. */
struct csv_source import_file_source(struct import_file *file);

/** Which part of it was read, 0 to 1. */
double import_file_part(const struct import_file *file);

const char *encoding_name(enum encoding encoding);

#endif
