// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the files that operators write. Input: a byte that says which (bus map, settings, key pair, an address), then
 * its text.
 *
 * What is read is within its limits, and a map written again is read as the same. What is not is refused with a reason. What the
 * look at the lines lets pass, CZMQ takes too, as that many items; it would tell of a mistake by printing.
 */
#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/bus/address.h"
#include "common/bus/bus_map.h"
#include "common/bus/key_pair.h"
#include "common/bus/map_lines.h"
#include "common/bus/settings.h"
#include "tests/fuzz/scratch.h"

enum { PROBLEM_BYTES = 1024, MOST_BYTES = 64 * 1024, SMALLEST = -5, LARGEST = 1000, CZMQ_LINE_BYTES = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Gives the bytes as a C string: up to the first NUL. */
static char *string_of(struct bytes bytes)
{
    char *string = malloc(bytes.len + 1);
    must(string);
    if (bytes.len)
        memcpy(string, bytes.data, bytes.len);
    string[bytes.len] = '\0';
    return string;
}

/* Lines. */

static size_t count_items(zconfig_t *tree)
{
    size_t count = 0;
    for (zconfig_t *item = zconfig_child(tree); item; item = zconfig_next(item))
        count += 1 + count_items(item);
    return count;
}

/** CZMQ cuts those off. */
static bool has_long_line(struct bytes file)
{
    size_t len = 0;
    for (size_t i = 0; i < file.len && len < CZMQ_LINE_BYTES; i++)
        len = file.data[i] == '\n' ? 0 : len + 1;
    return len == CZMQ_LINE_BYTES;
}

static void check_lines(struct bytes file)
{
    struct map_lines lines;
    int line = 0;
    const char *problem = NULL;
    if (!map_lines_check(bytes_text(file), &lines, &line, &problem)) {
        must(line > 0 && problem);
        return;
    }
    for (size_t i = 0; i < lines.count; i++)
        must(lines.numbers[i] > (i > 0 ? lines.numbers[i - 1] : 0));
    char *text = string_of(file);
    zconfig_t *root = *text ? zconfig_str_load(text) : NULL;
    must(root ? count_items(root) == lines.count : !*text || has_long_line(file));
    zconfig_destroy(&root);
    free(text);
}

/* Bus map. */

enum { ADDRESSES = 6 }; // of a service

static const char *address_of(const struct bus_address *service, size_t number)
{
    const char *all[ADDRESSES] = {service->command,     service->query,     service->events,
                                  service->command_tcp, service->query_tcp, service->events_tcp};
    return all[number];
}

static size_t count_address(const struct bus_map *map, const char *address)
{
    size_t count = 0;
    for (size_t i = 0; i < map->count; i++)
        for (size_t number = 0; number < ADDRESSES; number++)
            count += strcmp(address_of(&map->services[i], number), address) == 0;
    return count;
}

static void check_service(const struct bus_map *map, const struct bus_address *service)
{
    must(bus_map_find(map, text_of(service->service)) == service);
    must(*service->command && *service->query && *service->events);
    for (size_t number = 0; number < ADDRESSES; number++) {
        const char *address = address_of(service, number);
        must(strlen(address) < BUS_ADDRESS_BYTES);
        must(!*address || (!address_problem(address) && count_address(map, address) == 1));
    }
}

/** A value with both quotation marks was read without any. */
static void write_key(FILE *out, const char *name, const char *value)
{
    const char *quotes = !strchr(value, '"') ? "\"" : !strchr(value, '\'') ? "'" : "";
    if (*value)
        fprintf(out, "    %s = %s%s%s\n", name, quotes, value, quotes);
}

static void write_service(FILE *out, const struct bus_address *service)
{
    fprintf(out, "%s\n", service->service);
    write_key(out, "events.tcp", service->events_tcp);
    write_key(out, "query.tcp", service->query_tcp);
    write_key(out, "command.tcp", service->command_tcp);
    write_key(out, "events", service->events);
    write_key(out, "query", service->query);
    write_key(out, "command", service->command);
}

/** Gives the text of a map. */
static char *write_map(const struct bus_map *map, size_t *out_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, out_len);
    must(out);
    for (size_t i = 0; i < map->count; i++)
        write_service(out, &map->services[i]);
    fprintf(out, "curve\n");
    write_key(out, "server_public", map->curve.server_public);
    must(fclose(out) == 0);
    return text;
}

static void check_map(const struct bus_map *map)
{
    char problem[PROBLEM_BYTES];
    size_t len = 0;
    struct bus_map *again = calloc(1, sizeof *again);
    must(again && map->count > 0 && map->count <= BUS_MAP_SERVICES);
    for (size_t i = 0; i < map->count; i++)
        check_service(map, &map->services[i]);
    must(!*map->curve.server_public || key_is_valid(text_of(map->curve.server_public)));
    char *text = write_map(map, &len);
    must(bus_map_load(scratch_file(bytes_of(text, len)), again, problem, sizeof problem) == FAULT_NONE);
    must(again->count == map->count && memcmp(again->services, map->services, sizeof map->services) == 0);
    must(strcmp(again->curve.server_public, map->curve.server_public) == 0);
    free(text);
    free(again);
}

static void try_map(struct bytes file)
{
    struct bus_map *map = malloc(sizeof *map);
    char problem[PROBLEM_BYTES] = "";
    must(map);
    enum fault fault = bus_map_load(scratch_file(file), map, problem, sizeof problem);
    must(fault == FAULT_NONE || (fault == FAULT_CONFIG && problem[0] != '\0'));
    if (fault == FAULT_NONE)
        check_map(map);
    free(map);
}

/* Settings. */

struct values {
    char host[SETTING_TEXT_BYTES];
    char mode[SETTING_TEXT_BYTES];
    int64_t size;
};

static void try_settings(struct bytes file)
{
    static const char *const modes[] = {"slow", "fast", NULL};
    static const struct setting table[] = {
        {"mail.host", SETTING_TEXT, offsetof(struct values, host), 0, 0, NULL, "A host."},
        {"mode", SETTING_TEXT, offsetof(struct values, mode), 0, 0, modes, "A mode."},
        {"size", SETTING_NUMBER, offsetof(struct values, size), SMALLEST, LARGEST, NULL, "A size."},
    };
    struct values values = {.mode = "slow"};
    char problem[PROBLEM_BYTES] = "";
    enum fault fault = settings_load(scratch_file(file), "demo", table, sizeof table / sizeof *table, &values, problem,
                                     sizeof problem);
    must(fault == FAULT_NONE || (fault == FAULT_CONFIG && problem[0] != '\0'));
    if (fault)
        return;
    must(values.size >= SMALLEST && values.size <= LARGEST &&
         strnlen(values.host, SETTING_TEXT_BYTES) < SETTING_TEXT_BYTES);
    must(strcmp(values.mode, "slow") == 0 || strcmp(values.mode, "fast") == 0);
}

static void try_key_pair(struct bytes file)
{
    struct key_pair pair;
    char problem[PROBLEM_BYTES] = "";
    enum fault fault = key_pair_load(scratch_file(file), &pair, problem, sizeof problem);
    must(fault == FAULT_NONE || (fault == FAULT_CONFIG && problem[0] != '\0'));
    must(fault || (key_is_valid(text_of(pair.public_key)) && key_is_valid(text_of(pair.secret_key))));
}

static void try_address(struct bytes file)
{
    char *address = string_of(file);
    struct address_tcp tcp;
    if (!address_problem(address) && !address_path(address)) {
        address_split_tcp(address, &tcp);
        must(strlen(tcp.host) < sizeof tcp.host && strlen(tcp.port) < sizeof tcp.port);
        must(tcp.is_any == (strcmp(tcp.host, "*") == 0) && atoi(tcp.port) > 0 && atoi(tcp.port) <= UINT16_MAX);
        must(tcp.is_ipv6 == (strchr(address, '[') != NULL));
    }
    free(address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes file) = {try_map, try_settings, try_key_pair, try_address};
    if (size == 0 || size > MOST_BYTES)
        return 0;
    struct bytes file = bytes_of(data + 1, size - 1);
    if (data[0] % 4 < 2)
        check_lines(file);
    tries[data[0] % 4](file);
    return 0;
}
