// SPDX-License-Identifier: Apache-2.0
#include "services/pk/columns.h"

#include <stdio.h>

#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/lookup.h"
#include "common/wire/value.h"
#include "services/pk/cell.h"

/** "names.sv" is sv within the struct names. */
static bool find_path(const struct struct_desc *desc, struct text name, struct field_path *out_path)
{
    const char *dot = memchr(name.data, '.', name.len);
    if (!dot) {
        *out_path = (struct field_path){NULL, struct_field(desc, name)};
        return out_path->field != NULL;
    }
    struct text outer_name = {name.data, (size_t)(dot - name.data)};
    struct text inner_name = {dot + 1, name.len - outer_name.len - 1};
    const struct field_desc *outer = struct_field(desc, outer_name);
    if (!outer || outer->kind != FIELD_STRUCT || (outer->flags & FIELD_LIST))
        return false;
    *out_path = (struct field_path){outer, struct_field(outer->structure, inner_name)};
    return out_path->field != NULL;
}

bool columns_parse(const struct struct_desc *desc, const char *names, struct columns *out_columns,
                   struct text *out_wrong)
{
    struct columns columns = {.count = 0};
    for (const char *at = names;; at++) {
        struct text name = {at, strcspn(at, ",")};
        if (columns.count == COLUMNS_MOST || !find_path(desc, name, &columns.paths[columns.count])) {
            *out_wrong = name;
            return false;
        }
        columns.count++;
        at += name.len;
        if (!*at)
            break;
    }
    *out_columns = columns;
    return true;
}

void columns_all(const struct struct_desc *desc, struct columns *out_columns)
{
    out_columns->count = desc->count < COLUMNS_MOST ? desc->count : COLUMNS_MOST;
    for (size_t i = 0; i < out_columns->count; i++)
        out_columns->paths[i] = (struct field_path){NULL, &desc->fields[i]};
}

void column_name(const struct field_path *path, char out[COLUMN_NAME_BYTES])
{
    snprintf(out, COLUMN_NAME_BYTES, "%s%s%s", path->outer ? path->outer->name : "", path->outer ? "." : "",
             path->field->name);
}

bool column_is_present(const struct field_path *path, const void *value)
{
    if (!path->outer)
        return value_presence(path->field, value) == VALUE_PRESENT;
    return value_presence(path->outer, value) == VALUE_PRESENT &&
           value_presence(path->field, value_member(value, path->outer->offset)) == VALUE_PRESENT;
}

char *column_text(const struct field_path *path, const void *value, const char *between)
{
    if (!column_is_present(path, value))
        return need(strdup(""));
    return cell_text(path->field, path->outer ? value_member(value, path->outer->offset) : value, between);
}

const char *columns_near(const struct struct_desc *desc, struct text name)
{
    const struct field_desc *near = lookup_near(desc, name);
    return near ? near->name : NULL;
}
