// SPDX-License-Identifier: Apache-2.0
/** Columns: fields of a struct chosen by their names, as "person,names.sv". */
#ifndef SERVICES_PK_COLUMNS_H
#define SERVICES_PK_COLUMNS_H

#include "services/pk/options.h"

enum { COLUMNS_MOST = 64, COLUMN_NAME_BYTES = 80 };

struct columns {
    size_t count;
    struct field_path paths[COLUMNS_MOST];
};

/** False: `out_wrong` is the name that is no field of the struct, or the first one too many; it borrows `names`. */
bool columns_parse(const struct struct_desc *desc, const char *names, struct columns *out_columns,
                   struct text *out_wrong);

/** Every field of the struct. */
void columns_all(const struct struct_desc *desc, struct columns *out_columns);

/** Name of a column, as it was chosen. */
void column_name(const struct field_path *path, char out[COLUMN_NAME_BYTES]);

/** Gives the column's text for a struct: free. `between` as cell_text has it. */
char *column_text(const struct field_path *path, const void *value, const char *between);

/** Whether the struct has a value there. */
bool column_is_present(const struct field_path *path, const void *value);

/** The field of the struct nearest to a misspelt name, or NULL. */
const char *columns_near(const struct struct_desc *desc, struct text name);

#endif
