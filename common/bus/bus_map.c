// SPDX-License-Identifier: Apache-2.0
#include "common/bus/bus_map.h"

#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/bus/address.h"
#include "common/bus/key_pair.h"
#include "common/bus/map_lines.h"
#include "common/bus/zpl_file.h"

enum { NAME_BYTES = 32 };

enum value_kind {
    VALUE_ADDRESS,
    VALUE_TCP, // an address on tcp
    VALUE_KEY, // a public key
    VALUE_PATH,
};

/** A key of a section. */
struct known_key {
    const char *name;
    size_t offset; // of its text in the section's struct
    size_t size;
    enum value_kind kind;
    bool is_needed;
};

enum { SERVICE_KEYS = 6, CURVE_KEYS = 4 };

static const struct known_key service_keys[SERVICE_KEYS] = {
    {"command", offsetof(struct bus_address, command), BUS_ADDRESS_BYTES, VALUE_ADDRESS, true},
    {"query", offsetof(struct bus_address, query), BUS_ADDRESS_BYTES, VALUE_ADDRESS, true},
    {"events", offsetof(struct bus_address, events), BUS_ADDRESS_BYTES, VALUE_ADDRESS, true},
    {"command.tcp", offsetof(struct bus_address, command_tcp), BUS_ADDRESS_BYTES, VALUE_TCP, false},
    {"query.tcp", offsetof(struct bus_address, query_tcp), BUS_ADDRESS_BYTES, VALUE_TCP, false},
    {"events.tcp", offsetof(struct bus_address, events_tcp), BUS_ADDRESS_BYTES, VALUE_TCP, false},
};

static const struct known_key curve_keys[CURVE_KEYS] = {
    {"server_public", offsetof(struct bus_curve, server_public), BUS_KEY_BYTES, VALUE_KEY, false},
    {"server_key", offsetof(struct bus_curve, server_key), BUS_ADDRESS_BYTES, VALUE_PATH, false},
    {"allow", offsetof(struct bus_curve, allow), BUS_ADDRESS_BYTES, VALUE_PATH, false},
    {"key", offsetof(struct bus_curve, key), BUS_ADDRESS_BYTES, VALUE_PATH, false},
};

/** A section that is being read. */
struct section {
    const struct known_key *keys;
    size_t count;
    const char *names; // of its keys, for people
    void *values;
};

/** One reading of a file: where it is, and where its problem goes. */
struct reading {
    const char *path;
    struct map_lines lines;
    size_t item; // of lines, the one being looked at
    char *problem;
    size_t problem_size;
};

static char *key_value(const struct section *section, size_t key)
{
    return (char *)section->values + section->keys[key].offset;
}

static const char *key_of(const struct bus_address *address, size_t key)
{
    return (const char *)address + service_keys[key].offset;
}

/** Always false, so that a check ends with it. `quoted` stands in the middle of the sentence when it is not NULL. */
static bool wrong(struct reading *reading, const char *before, const char *quoted, const char *after)
{
    int line = reading->lines.numbers[reading->item];
    snprintf(reading->problem, reading->problem_size, "%s:%d: %s%s%s", reading->path, line, before,
             quoted ? quoted : "", after);
    return false;
}

static bool refuse_key(struct reading *reading, const struct section *section, const char *name)
{
    const struct known_key *keys = section->keys;
    size_t nearest = 0;
    for (size_t i = 1; i < section->count; i++)
        if (zpl_distance(name, keys[i].name) < zpl_distance(name, keys[nearest].name))
            nearest = i;
    char after[96];
    if (zpl_distance(name, keys[nearest].name) <= 2)
        snprintf(after, sizeof after, "; did you mean %s?", keys[nearest].name);
    else
        snprintf(after, sizeof after, "; %s", section->names);
    return wrong(reading, "there is no key ", name, after);
}

/** NULL when the value is one of its kind. */
static const char *value_problem(const struct known_key *key, const char *value)
{
    bool is_address = key->kind == VALUE_ADDRESS || key->kind == VALUE_TCP;
    const char *problem = NULL;
    if (!value || !*value)
        return is_address ? "an address is missing" : "its value is missing";
    if (strlen(value) >= key->size && key->kind != VALUE_KEY)
        return is_address ? "an address is at most 255 bytes" : "a path is at most 255 bytes";
    if (is_address)
        problem = address_problem(value);
    if (!problem && key->kind == VALUE_TCP && address_path(value))
        problem = "this door is on tcp, as tcp://192.0.2.7:7001";
    if (key->kind == VALUE_KEY && !key_is_valid(text_of(value)))
        problem = "a public key has 40 characters, as pk key show prints it";
    if (key->kind == VALUE_PATH && value[0] != '/')
        problem = "write the whole path of the file, from / on";
    return problem;
}

static bool read_key(struct reading *reading, zconfig_t *item, const struct section *section)
{
    const char *name = zconfig_name(item);
    const char *value = zconfig_value(item);
    size_t key = 0;
    while (key < section->count && strcmp(name, section->keys[key].name) != 0)
        key++;
    if (key == section->count)
        return refuse_key(reading, section, name);
    if (*key_value(section, key) != '\0')
        return wrong(reading, name, NULL, " stands here a second time");
    const char *problem = value_problem(&section->keys[key], value);
    if (problem)
        return wrong(reading, name, ": ", problem);
    snprintf(key_value(section, key), section->keys[key].size, "%s", value);
    return true;
}

static bool is_service_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && len <= NAME_BYTES && name[len] == '\0';
}

/** The section's own line is reading->item; afterwards that is the line after its last key. */
static bool read_keys(struct reading *reading, zconfig_t *tree, const struct section *section)
{
    size_t own = reading->item++;
    for (zconfig_t *item = zconfig_child(tree); item; item = zconfig_next(item), reading->item++)
        if (!read_key(reading, item, section))
            return false;
    size_t next = reading->item;
    reading->item = own;
    for (size_t key = 0; key < section->count; key++)
        if (section->keys[key].is_needed && *key_value(section, key) == '\0')
            return wrong(reading, "the service lacks its ", section->keys[key].name, " address");
    reading->item = next;
    return true;
}

static bool read_curve(struct reading *reading, zconfig_t *tree, struct bus_map *map)
{
    const struct section section = {curve_keys, CURVE_KEYS, "curve has server_public, server_key, allow and key",
                                    &map->curve};
    return read_keys(reading, tree, &section);
}

static bool read_section(struct reading *reading, zconfig_t *tree, struct bus_map *map)
{
    const char *name = zconfig_name(tree);
    const char *value = zconfig_value(tree);
    if (!is_service_name(name))
        return wrong(reading, "the name of a service is at most 32 of a-z, 0-9, _ and -", NULL, "");
    if (value && *value)
        return wrong(reading, name, NULL, " is a service: its addresses stand below it, indented by 4 spaces");
    if (strcmp(name, "curve") == 0)
        return read_curve(reading, tree, map);
    if (bus_map_find(map, text_of(name)))
        return wrong(reading, "service ", name, " stands here a second time");
    if (map->count == BUS_MAP_SERVICES)
        return wrong(reading, "at most 16 services fit", NULL, "");
    struct bus_address *address = &map->services[map->count];
    const struct section section = {service_keys, SERVICE_KEYS,
                                    "a service has command, query and events, and each of them with .tcp", address};
    snprintf(address->service, sizeof address->service, "%s", name);
    if (!read_keys(reading, tree, &section))
        return false;
    map->count++;
    return true;
}

static bool is_twice(const struct bus_map *map, const char *address)
{
    size_t found = 0;
    for (size_t i = 0; i < map->count; i++)
        for (size_t key = 0; key < SERVICE_KEYS; key++)
            found += strcmp(key_of(&map->services[i], key), address) == 0;
    return found > 1;
}

static bool check_distinct(struct reading *reading, const struct bus_map *map)
{
    for (size_t i = 0; i < map->count; i++)
        for (size_t key = 0; key < SERVICE_KEYS; key++) {
            const char *address = key_of(&map->services[i], key);
            if (!*address || !is_twice(map, address))
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

void bus_map_prefer_tcp(struct bus_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        struct bus_address *service = &map->services[i];
        if (*service->command_tcp)
            memcpy(service->command, service->command_tcp, BUS_ADDRESS_BYTES);
        if (*service->query_tcp)
            memcpy(service->query, service->query_tcp, BUS_ADDRESS_BYTES);
        if (*service->events_tcp)
            memcpy(service->events, service->events_tcp, BUS_ADDRESS_BYTES);
    }
}

const char *bus_map_default_path(void)
{
    const char *path = getenv("PERSONKORT_BUS");
    return path && *path ? path : "/etc/personkort/bus.zpl";
}
