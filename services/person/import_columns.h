// SPDX-License-Identifier: Apache-2.0
/**
 * Import columns: what each cell of an imported line is for, and how a cell becomes a field of `person.create`. A column is named by the
 * field's path, as address.city, or by what a Swedish card calls it, in capitals or not. Source: domain.md 1.
 */
#ifndef SERVICES_PERSON_IMPORT_COLUMNS_H
#define SERVICES_PERSON_IMPORT_COLUMNS_H

#include "services/person/import_names.h"

enum { IMPORT_COLUMNS_MOST = 64, IMPORT_PATH_BYTES = 64 };

struct import_column {
    char path[IMPORT_PATH_BYTES];
    const struct import_kind *kind; // how a cell is read
    const struct field_desc *outer; // of person.create
    const struct field_desc *field; // within `outer`, when that is a struct; else the same
    int what;                       // a pick-list, a channel
};

struct import_columns {
    size_t count;
    struct import_column items[IMPORT_COLUMNS_MOST];
};

/** Finds a column by its name; what is wrong with it, for people, or NULL. */
const char *import_column_find(struct text name, struct import_column *out_column);

/** Finds those of a list; the first that is wrong, or stands for the same field as another, is refused. */
bool import_columns_find(struct ctx *ctx, const char *field, size_t count, const struct text *names,
                         struct import_columns *out_columns);

/**
 * Reads a line's cells into a command, whose texts borrow from them. For each cell that makes no sense calls `wrong`, and leaves the field
 * absent. Refuses only what is no fault of the line: no memory, a store that cannot be read.
 */
void import_columns_read(struct ctx *ctx, const struct import_columns *columns, struct import_names *names,
                         const struct text *cells, struct person_create *out_command,
                         void (*wrong)(void *user, size_t column, const char *message), void *user);

/** Takes the field away that a path names, as refusals have it; false: the command has no such value. */
bool import_field_clear(struct person_create *command, struct text path);

/** The column that a refusal of the path is about; the number of columns: none is. */
size_t import_columns_of_field(const struct import_columns *columns, struct text path);

#endif
