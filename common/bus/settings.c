// SPDX-License-Identifier: Apache-2.0
#include "common/bus/settings.h"

#include <czmq.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/bus/map_lines.h"
#include "common/bus/zpl_file.h"

enum { NEAR = 2, MAX_SETTINGS = 64 };

/** One reading of a file: what is looked for, where it is, and where its problem goes. */
struct reading {
    const char *path;
    const char *section;
    const struct setting *table;
    size_t count;
    char *values;
    bool given[MAX_SETTINGS];
    struct map_lines lines;
    size_t item; // of lines, the one being looked at
    char *problem;
    size_t problem_size;
};

/** Always false, so that a check ends with it. */
static bool wrong(struct reading *reading, const char *name, const char *what, const char *detail)
{
    snprintf(reading->problem, reading->problem_size, "%s:%d: %s %s%s", reading->path,
             reading->lines.numbers[reading->item], name, what, detail);
    return false;
}

static bool refuse_unknown(struct reading *reading, const char *name)
{
    size_t nearest = 0;
    char detail[128];
    for (size_t i = 1; i < reading->count; i++)
        if (zpl_distance(name, reading->table[i].name) < zpl_distance(name, reading->table[nearest].name))
            nearest = i;
    snprintf(detail, sizeof detail, "; the nearest is %s", reading->table[nearest].name);
    return wrong(reading, name, "is no setting of this section", detail);
}

static bool read_number(struct reading *reading, const struct setting *setting, const char *value)
{
    char detail[80];
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (!*value || *end || errno || number < setting->min || number > setting->max) {
        snprintf(detail, sizeof detail, " from %" PRId64 " to %" PRId64, setting->min, setting->max);
        return wrong(reading, setting->name, "is a whole number", detail);
    }
    int64_t stored = number;
    memcpy(reading->values + setting->offset, &stored, sizeof stored);
    return true;
}

static bool read_text(struct reading *reading, const struct setting *setting, const char *value)
{
    char choices[200] = "";
    size_t len = 0;
    bool known = setting->choices == NULL;
    for (size_t i = 0; setting->choices && setting->choices[i]; i++) {
        known = known || strcmp(setting->choices[i], value) == 0;
        int added = snprintf(choices + len, sizeof choices - len, "%s%s", i ? ", " : "", setting->choices[i]);
        len += added > 0 && (size_t)added < sizeof choices - len ? (size_t)added : 0;
    }
    if (!known)
        return wrong(reading, setting->name, "is one of: ", choices);
    if (strlen(value) >= SETTING_TEXT_BYTES)
        return wrong(reading, setting->name, "is too long; it has at most 511 bytes", "");
    snprintf(reading->values + setting->offset, SETTING_TEXT_BYTES, "%s", value);
    return true;
}

static bool read_item(struct reading *reading, zconfig_t *item)
{
    const char *name = zconfig_name(item);
    const char *value = zconfig_value(item) ? zconfig_value(item) : "";
    size_t i = 0;
    while (i < reading->count && strcmp(name, reading->table[i].name) != 0)
        i++;
    if (i == reading->count)
        return refuse_unknown(reading, name);
    if (reading->given[i])
        return wrong(reading, name, "stands here a second time", "");
    reading->given[i] = true;
    return reading->table[i].kind == SETTING_NUMBER ? read_number(reading, &reading->table[i], value)
                                                    : read_text(reading, &reading->table[i], value);
}

/** reading->item is the section's own line; afterwards the line after its last. */
static bool read_section(struct reading *reading, zconfig_t *section)
{
    const char *name = zconfig_name(section);
    bool ours = strcmp(name, reading->section) == 0;
    if (!ours && zpl_distance(name, reading->section) <= NEAR)
        return wrong(reading, name, "is no section; it should probably be ", reading->section);
    reading->item++;
    for (zconfig_t *item = zconfig_child(section); item; item = zconfig_next(item), reading->item++)
        if (ours && !read_item(reading, item))
            return false;
    return true;
}

static bool read_tree(struct reading *reading, const char *file)
{
    zconfig_t *root = zconfig_str_load(file);
    bool is_right = root != NULL;
    if (!root)
        snprintf(reading->problem, reading->problem_size, "%s: not a ZPL file", reading->path);
    for (zconfig_t *section = root ? zconfig_child(root) : NULL; section && is_right; section = zconfig_next(section))
        is_right = read_section(reading, section);
    zconfig_destroy(&root);
    return is_right;
}

enum fault settings_load(const char *path, const char *section, const struct setting *table, size_t count,
                         void *out_values, char *out_problem, size_t size)
{
    struct reading reading = {.path = path,
                              .section = section,
                              .table = table,
                              .count = count,
                              .values = out_values,
                              .problem = out_problem,
                              .problem_size = size};
    size_t len = 0;
    int line = 0;
    const char *problem = NULL;
    char *file = zpl_read_file(path, &len, &problem);
    bool is_right = false;
    must(count > 0 && count <= MAX_SETTINGS);
    if (!file)
        snprintf(out_problem, size, "%s: %s; --config names the file with the settings", path, problem);
    else if (!map_lines_check((struct text){file, len}, &reading.lines, &line, &problem))
        snprintf(out_problem, size, "%s:%d: %s", path, line, problem);
    else
        is_right = len == 0 || read_tree(&reading, file);
    free(file);
    return is_right ? FAULT_NONE : FAULT_CONFIG;
}
