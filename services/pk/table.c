// SPDX-License-Identifier: Apache-2.0
#include "services/pk/table.h"

#include <ctype.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "common/client/need.h"

struct table {
    struct libscols_table *scols;
    struct libscols_line *line; // the last one
};

struct table *table_new(bool has_headers)
{
    struct table *table = need(calloc(1, sizeof *table));
    table->scols = need(scols_new_table());
    need_success(scols_table_enable_noheadings(table->scols, !has_headers) == 0);
    return table;
}

static struct libscols_column *add_column(struct table *table, const char *name, int flags)
{
    char *header = need(strdup(name));
    for (char *at = header; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    struct libscols_column *column = need(scols_table_new_column(table->scols, header, 0, flags));
    free(header);
    return column;
}

void table_add_column(struct table *table, const char *name, bool is_right)
{
    add_column(table, name, is_right ? SCOLS_FL_RIGHT : 0);
}

void table_add_text_column(struct table *table, const char *name)
{
    struct libscols_column *column = add_column(table, name, SCOLS_FL_WRAP);
    need_success(scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) == 0);
    need_success(scols_column_set_safechars(column, "\n") == 0);
}

void table_add_line(struct table *table)
{
    table->line = need(scols_table_new_line(table->scols, NULL));
}

void table_set(struct table *table, size_t column, const char *value)
{
    need_success(scols_line_set_data(table->line, column, value) == 0);
}

void table_print(struct table *table)
{
    table_print_to(table, stdout);
}

void table_print_to(struct table *table, FILE *out)
{
    // An empty table has no header either: nothing is there.
    need_success(scols_table_set_stream(table->scols, out) == 0);
    if (!scols_table_is_empty(table->scols))
        need_success(scols_print_table(table->scols) == 0 || ferror(out));
    scols_unref_table(table->scols);
    free(table);
}
