// SPDX-License-Identifier: Apache-2.0
#include "common/bus/bus_map.h"

#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/bus/address.h"
#include "common/bus/map_lines.h"
#include "common/bus/zpl_file.h"

enum { KEY_COUNT = 3, NAME_BYTES = 32 };

/** The keys of a section; all are needed. */
static const struct known_key {
    const char *name;
    size_t offset;
} keys[KEY_COUNT] = {
    {"command", offsetof(struct bus_address, command)},
    {"query", offsetof(struct bus_address, query)},
    {"events", offsetof(struct bus_address, events)},
};

/** One reading of a file: where it is, and where its problem goes. */
struct reading {
    const char *path;
    struct map_lines lines;
    size_t item; // of lines, the one being looked at
    char *problem;
    size_t problem_size;
};

static char *key_value(struct bus_address *address, size_t key)
{
    return (char *)address + keys[key].offset;
}

static const char *key_of(const struct bus_address *address, size_t key)
{
    return (const char *)address + keys[key].offset;
}

/** Always false, so that a check ends with it. `quoted` stands in the middle of the sentence when it is not NULL. */
static bool wrong(struct reading *reading, const char *before, const char *quoted, const char *after)
{
    int line = reading->lines.numbers[reading->item];
    snprintf(reading->problem, reading->problem_size, "%s:%d: %s%s%s", reading->path, line, before,
             quoted ? quoted : "", after);
    return false;
}

static bool refuse_key(struct reading *reading, const char *name)
{
    size_t nearest = 0;
    for (size_t i = 1; i < KEY_COUNT; i++)
        if (zpl_distance(name, keys[i].name) < zpl_distance(name, keys[nearest].name))
            nearest = i;
    char after[96];
    if (zpl_distance(name, keys[nearest].name) <= 2)
        snprintf(after, sizeof after, "; did you mean %s?", keys[nearest].name);
    else
        snprintf(after, sizeof after, "; a service has command, query and events");
    return wrong(reading, "there is no key ", name, after);
}

static bool read_key(struct reading *reading, zconfig_t *item, struct bus_address *address)
{
    const char *name = zconfig_name(item);
    const char *value = zconfig_value(item);
    size_t key = 0;
    while (key < KEY_COUNT && strcmp(name, keys[key].name) != 0)
        key++;
    if (key == KEY_COUNT)
        return refuse_key(reading, name);
    if (*key_of(address, key) != '\0')
        return wrong(reading, name, NULL, " stands here a second time");
    const char *problem = value && *value ? address_problem(value) : "an address is missing";
    if (!problem && strlen(value) >= BUS_ADDRESS_BYTES)
        problem = "an address is at most 255 bytes";
    if (problem)
        return wrong(reading, name, ": ", problem);
    snprintf(key_value(address, key), BUS_ADDRESS_BYTES, "%s", value);
    return true;
}

static bool is_service_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && len <= NAME_BYTES && name[len] == '\0';
}

/** The section's own line is reading->item; afterwards that is the line after its last key. */
static bool read_section(struct reading *reading, zconfig_t *section, struct bus_map *map)
{
    const char *name = zconfig_name(section);
    const char *value = zconfig_value(section);
    size_t own = reading->item;
    if (!is_service_name(name))
        return wrong(reading, "the name of a service is at most 32 of a-z, 0-9, _ and -", NULL, "");
    if (value && *value)
        return wrong(reading, name, NULL, " is a service: its addresses stand below it, indented by 4 spaces");
    if (bus_map_find(map, text_of(name)))
        return wrong(reading, "service ", name, " stands here a second time");
    if (map->count == BUS_MAP_SERVICES)
        return wrong(reading, "at most 16 services fit", NULL, "");
    struct bus_address *address = &map->services[map->count];
    snprintf(address->service, sizeof address->service, "%s", name);
    reading->item++;
    for (zconfig_t *item = zconfig_child(section); item; item = zconfig_next(item), reading->item++)
        if (!read_key(reading, item, address))
            return false;
    size_t next = reading->item;
    reading->item = own;
    for (size_t key = 0; key < KEY_COUNT; key++)
        if (*key_of(address, key) == '\0')
            return wrong(reading, "the service lacks its ", keys[key].name, " address");
    reading->item = next;
    map->count++;
    return true;
}

static bool is_twice(const struct bus_map *map, const char *address)
{
    size_t found = 0;
    for (size_t i = 0; i < map->count; i++)
        for (size_t key = 0; key < KEY_COUNT; key++)
            found += strcmp(key_of(&map->services[i], key), address) == 0;
    return found > 1;
}

static bool check_distinct(struct reading *reading, const struct bus_map *map)
{
    for (size_t i = 0; i < map->count; i++)
        for (size_t key = 0; key < KEY_COUNT; key++) {
            const char *address = key_of(&map->services[i], key);
            if (!is_twice(map, address))
                continue;
            snprintf(reading->problem, reading->problem_size, "%s: %s stands there twice; each address is one socket's",
                     reading->path, address);
            return false;
        }
    return true;
}

static bool read_tree(struct reading *reading, const char *file, struct bus_map *map)
{
    zconfig_t *root = zconfig_str_load(file);
    bool is_right = root != NULL;
    if (!root)
        snprintf(reading->problem, reading->problem_size, "%s: not a ZPL file", reading->path);
    for (zconfig_t *section = root ? zconfig_child(root) : NULL; section && is_right; section = zconfig_next(section))
        is_right = read_section(reading, section, map);
    zconfig_destroy(&root);
    if (is_right && map->count == 0) {
        snprintf(reading->problem, reading->problem_size, "%s: no service stands there", reading->path);
        return false;
    }
    return is_right && check_distinct(reading, map);
}

static bool read_text(struct reading *reading, struct text file, struct bus_map *map)
{
    int line = 0;
    const char *problem = NULL;
    if (!map_lines_check(file, &reading->lines, &line, &problem)) {
        snprintf(reading->problem, reading->problem_size, "%s:%d: %s", reading->path, line, problem);
        return false;
    }
    return read_tree(reading, file.data, map);
}

enum fault bus_map_load(const char *path, struct bus_map *out_map, char *out_problem, size_t size)
{
    struct reading reading = {.path = path, .problem = out_problem, .problem_size = size};
    size_t len = 0;
    const char *why = NULL;
    char *file = zpl_read_file(path, &len, &why);
    if (!file)
        snprintf(out_problem, size, "%s: %s; PERSONKORT_BUS names the file with the addresses", path, why);
    struct bus_map *map = calloc(1, sizeof *map); // too large for a stack
    bool is_right = file && map && read_text(&reading, (struct text){file, len}, map);
    enum fault fault = is_right ? FAULT_NONE : file && !map ? FAULT_MEMORY : FAULT_CONFIG;
    if (is_right)
        *out_map = *map;
    if (fault == FAULT_MEMORY)
        snprintf(out_problem, size, "%s: there is no memory to read it", path);
    free(map);
    free(file);
    return fault;
}

const struct bus_address *bus_map_find(const struct bus_map *map, struct text service)
{
    for (size_t i = 0; i < map->count; i++)
        if (text_equal(text_of(map->services[i].service), service))
            return &map->services[i];
    return NULL;
}

const char *bus_map_default_path(void)
{
    const char *path = getenv("PERSONKORT_BUS");
    return path && *path ? path : "/etc/personkort/bus.zpl";
}
