// SPDX-License-Identifier: Apache-2.0
/** Table: lines and columns for people, laid out by libsmartcols. Control characters in values are shown, never sent. */
#ifndef SERVICES_PK_TABLE_H
#define SERVICES_PK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

/** Gives a table: table_print takes it. `has_headers`: the first line names the columns. */
struct table *table_new(bool has_headers);

/** Columns come before lines. Its header is `name` in capitals. */
void table_add_column(struct table *table, const char *name, bool is_right);

/** A column whose values may have several lines. */
void table_add_text_column(struct table *table, const char *name);

void table_add_line(struct table *table);

/** Sets a value of the last line; borrows it for the call. */
void table_set(struct table *table, size_t column, const char *value);

/** Prints it to stdout, or to a stream, and takes it. */
void table_print(struct table *table);
void table_print_to(struct table *table, FILE *out);

#endif
