// SPDX-License-Identifier: Apache-2.0
/**
 * CSV: records of RFC 4180, read as a stream in bounded memory, each with the line of the file on which it begins; and cells written so.
 *
 * Cells stand in quotes when they hold the delimiter, quotes (doubled) or line breaks; lines end with LF or CRLF; blank lines are passed over. A
 * record that cannot be read is given with the reason, and reading goes on behind it. UTF-8 is the caller's concern.
 */
#ifndef SERVICES_PK_CSV_H
#define SERVICES_PK_CSV_H

#include <stdio.h>
#include <sys/types.h>

#include "common/base/text.h"

enum {
    CSV_RECORD_BYTES = 1024 * 1024, // of a record's cells together
    CSV_CELLS_MOST = 512,
};

/** Where the bytes come from: how many were read, 0 at the end, -1 when that fails. */
struct csv_source {
    ssize_t (*read)(void *self, char *out, size_t size);
    void *self;
};

struct csv_record {
    int64_t line; // on which it begins, the first being 1
    size_t count;
    const struct text *cells; // borrow until the next record
    const char *problem;      // why it could not be read, for people; then it has no cells. NULL: it could
};

struct csv_reader;

/** Gives: csv_reader_free. Until the first record is read the delimiter may be set. NULL: no memory. */
struct csv_reader *csv_reader_new(const struct csv_source *source);
void csv_reader_free(struct csv_reader *reader);

/** Which of , ; and tab the first line has most of, outside of quotes; a comma when it has none. */
char csv_guess_delimiter(struct csv_reader *reader);
void csv_set_delimiter(struct csv_reader *reader, char delimiter);

/** The next record; false: there is none, or the source failed. */
bool csv_read(struct csv_reader *reader, struct csv_record *out_record);

/** Whether the source failed. */
bool csv_failed(const struct csv_reader *reader);

/** A delimiter by its name, `otherwise` for NULL; false, after saying so, when it is none. And its name. */
bool csv_delimiter_of(const char *name, char otherwise, char *out_delimiter);
const char *csv_delimiter_name(char delimiter);

/** Writes a cell, in quotes where it needs them, behind the delimiter unless it is the first of its record. */
void csv_write_cell(FILE *out, char delimiter, bool is_first, struct text cell);

/**
 * Spreadsheets run what begins with = + - @, a tab or a carriage return as a formula, even in a file that came by mail. So such a text is written with an
 * apostrophe before it, and an apostrophe before such a text is taken away when it is read: `csv_unguard` is the inverse of `csv_guard`. A phone
 * number in E.164 is no formula and stays.
 */
bool csv_needs_guard(struct text cell);
struct text csv_unguard(struct text cell);

#endif
