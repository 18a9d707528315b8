// SPDX-License-Identifier: Apache-2.0
/**
 * Imports: their rows, and lines of them on the way to becoming cards. The checks are those of person.create; a line is an error where it
 * would have been refused. Source: domain.md 6.
 */
#ifndef SERVICES_PERSON_IMPORTS_H
#define SERVICES_PERSON_IMPORTS_H

#include "services/person/import_columns.h"
#include "services/person/person_create.h"

/** Reads an import; false: there is none, refused. */
bool import_get_row(struct ctx *ctx, uint64_t import, struct person_import *out_import);

/** Finds the import of a file that is open or finished; false: there is none. */
bool import_find_file(struct ctx *ctx, struct bytes digest, struct person_import *out_import);

/** Moves to the next import whose id is at least `from`; false: there is none, or it is refused. For reading lists. */
bool import_next(struct ctx *ctx, uint64_t from, struct person_import *out_import);

/** Writes an import that came on and journals it. */
void import_put(struct ctx *ctx, struct person_import *import);

/** Writes down that a line was left out. */
void import_put_refused(struct ctx *ctx, uint64_t import, const struct import_problem *problem);

/** Key of a line that was left out; of the line 0: of the import itself. */
struct key import_key(uint64_t import, uint64_t line);

enum { IMPORT_PROBLEMS_OF_LINE = 16 };

/** What is wrong with lines; grows in the batch's memory. */
struct import_problems {
    size_t count;
    size_t capacity;
    struct import_problem *items;
};

/** Adds one; the message is copied. `column` counts from 0; the number of columns: none is to blame. */
void import_problem_add(struct ctx *ctx, struct import_problems *problems, const struct import_problem *problem);

/** What one line may not have that an earlier one of the page has. */
struct import_numbers;
struct import_numbers *import_numbers_new(struct ctx *ctx, size_t lines);

/** What the lines of one page are checked with. */
struct import_page {
    const struct person_service *self;
    const struct import_columns *columns;
    struct import_names *names;
    struct import_numbers *numbers; // NULL: lines of the page are not compared with each other
    size_t most;                    // problems of one line that are looked for
    struct import_problems problems;
    enum error_code code; // of the first one
};

/**
 * Checks a line as person.create would. The plan, or NULL after adding what is wrong; with `ctx` refused when it is no fault of the line. With
 * several problems wanted, goes on without the fields that are wrong; `out_rest` (may be NULL) is then the card of what is left.
 */
const struct person_create_plan *import_line_check(struct ctx *ctx, struct import_page *page,
                                                   const struct import_line *line, const struct person_card **out_rest);

#endif
