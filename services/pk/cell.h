// SPDX-License-Identifier: Apache-2.0
/** Cell: a field's value as people read it. Times are local; an absent value is empty. */
#ifndef SERVICES_PK_CELL_H
#define SERVICES_PK_CELL_H

#include "common/wire/desc.h"

/** Gives the text of a struct's field, NUL-terminated: free. `between`: what stands between the structs of a list; between the
 *  elements of other lists stands a comma. */
char *cell_text(const struct field_desc *field, const void *value, const char *between);

/** Whether columns of the field line up on the right. */
bool cell_is_right(const struct field_desc *field);

#endif
