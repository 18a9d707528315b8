// SPDX-License-Identifier: Apache-2.0
/** `pk key …`: key pairs, and the list of those who may come in over tcp. Files only; no service is asked. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/bus/allow_file.h"
#include "common/client/json.h"
#include "common/client/need.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum { PROBLEM_BYTES = 5000 }; // a path and a sentence

static int say(const char *problem, int code)
{
    fprintf(stderr, "pk: %s\n", problem);
    return code;
}

static int show_public(const struct pk *pk, const char *path, const struct key_pair *pair)
{
    if (!arguments_has(&pk->arguments, OWN_JSON)) {
        puts(pair->public_key);
        return EXIT_DONE;
    }
    json_t *json = need(json_object());
    json_put(json, "file", json_of_text(text_of(path)));
    json_put(json, "public_key", json_of_text(text_of(pair->public_key)));
    json_print(json);
    return EXIT_DONE;
}

int run_key_generate(struct pk *pk)
{
    const char *path = arguments_own(&pk->arguments, OWN_KEY_FILE);
    char problem[PROBLEM_BYTES];
    struct key_pair pair;
    key_pair_make(&pair);
    enum fault fault = key_pair_save(path, &pair, problem, sizeof problem);
    int code = fault == FAULT_NONE     ? show_public(pk, path, &pair)
               : fault == FAULT_IN_USE ? say(problem, EXIT_CONFLICT)
                                       : say(problem, EXIT_FAILED);
    key_pair_wipe(&pair);
    return code;
}

int run_key_show(struct pk *pk)
{
    const char *path = arguments_own(&pk->arguments, OWN_KEY_FILE);
    char problem[PROBLEM_BYTES];
    struct key_pair pair;
    if (key_pair_load(path, &pair, problem, sizeof problem) != FAULT_NONE)
        return say(problem, EXIT_FAILED);
    int code = show_public(pk, path, &pair);
    key_pair_wipe(&pair);
    return code;
}

/** Where the list is: --allow, or what the bus file says. */
static int find_path(const struct pk *pk, char out_path[PATH_MAX])
{
    const char *given = arguments_own(&pk->arguments, OWN_ALLOW);
    const char *bus_path = arguments_own(&pk->arguments, OWN_BUS);
    char problem[PROBLEM_BYTES];
    static struct bus_map map; // large
    if (given) {
        snprintf(out_path, PATH_MAX, "%s", given);
        return EXIT_DONE;
    }
    if (bus_map_load(bus_path ? bus_path : bus_map_default_path(), &map, problem, sizeof problem) != FAULT_NONE) {
        fprintf(stderr, "pk: %s; or say where the list of keys is with --allow FILE\n", problem);
        return EXIT_USAGE;
    }
    if (!*map.curve.allow)
        return say("the bus file names no list of keys; put allow = \"…\" in its section curve, or give --allow FILE",
                   EXIT_USAGE);
    snprintf(out_path, PATH_MAX, "%s", map.curve.allow);
    return EXIT_DONE;
}

/** The list as it is; one that is not there yet is empty. */
static int load(const char *path, struct allow_entries *out_entries)
{
    char problem[PROBLEM_BYTES];
    FILE *file = fopen(path, "re");
    if (!file) {
        *out_entries = (struct allow_entries){0, NULL};
        return EXIT_DONE; // what is wrong with it comes up when it is to be changed
    }
    fclose(file);
    return allow_file_load(path, out_entries, problem, sizeof problem) == FAULT_NONE ? EXIT_DONE
                                                                                     : say(problem, EXIT_FAILED);
}

static const struct allow_entry *find(const struct allow_entries *entries, const char *name)
{
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->items[i].name, name) == 0)
            return &entries->items[i];
    return NULL;
}

/** The key of OWN_KEY_NAME, in the list at `out_path`. */
static int find_entry(const struct pk *pk, char out_path[PATH_MAX], struct allow_entry *out_entry)
{
    struct allow_entries entries;
    int code = find_path(pk, out_path);
    if (code == EXIT_DONE)
        code = load(out_path, &entries);
    if (code != EXIT_DONE)
        return code;
    const struct allow_entry *entry = find(&entries, arguments_own(&pk->arguments, OWN_KEY_NAME));
    if (entry)
        *out_entry = *entry;
    allow_entries_free(&entries);
    return entry ? EXIT_DONE : say("no key has that name; pk key list shows those there are", EXIT_NOT_FOUND);
}

static int change(const char *path, struct allow_change wanted)
{
    char problem[PROBLEM_BYTES];
    enum fault fault = allow_file_change(path, wanted, problem, sizeof problem);
    return fault == FAULT_NONE ? EXIT_DONE : say(problem, EXIT_FAILED);
}

static int take_name(const struct pk *pk, enum own own, char out_name[ALLOW_NAME_BYTES + 1])
{
    const char *name = arguments_own(&pk->arguments, own);
    if (!allow_name_is_valid(text_of(name))) {
        fprintf(stderr, "pk: %s has 1 to 32 of a-z, A-Z, 0-9, . _ - and begins with a letter or digit\n",
                own_options[own].argument);
        return arguments_usage(&pk->arguments);
    }
    snprintf(out_name, ALLOW_NAME_BYTES + 1, "%s", name);
    return EXIT_DONE;
}

static int take_role(const struct pk *pk, enum role *out_role)
{
    if (allow_role_find(text_of(arguments_own(&pk->arguments, OWN_ROLE)), out_role))
        return EXIT_DONE;
    fputs("pk: ROLE must be one of", stderr);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        fprintf(stderr, "%s %s", i ? "," : "", role_infos[i].name);
    fputc('\n', stderr);
    return arguments_usage(&pk->arguments);
}

static int take_public_key(const struct pk *pk, char out_key[KEY_TEXT_BYTES])
{
    const char *key = arguments_own(&pk->arguments, OWN_PUBLIC_KEY);
    if (!key_is_valid(text_of(key))) {
        fputs("pk: PUBLIC_KEY has 40 characters, as pk key generate prints it; put it in single quotes\n", stderr);
        return arguments_usage(&pk->arguments);
    }
    memcpy(out_key, key, KEY_TEXT_BYTES);
    return EXIT_DONE;
}

/** Whether neither name nor key stands there: otherwise it says which does. */
static int check_new(const char *path, const struct allow_entry *wanted)
{
    struct allow_entries entries;
    int code = load(path, &entries);
    if (code != EXIT_DONE)
        return code;
    if (find(&entries, wanted->name))
        code = say("another key has that name; pk key revoke takes it away", EXIT_CONFLICT);
    for (size_t i = 0; i < entries.count && code == EXIT_DONE; i++)
        if (strcmp(entries.items[i].public_key, wanted->public_key) == 0) {
            fprintf(stderr, "pk: the key is on the list already, as %s; pk key role gives it another role\n",
                    entries.items[i].name);
            code = EXIT_CONFLICT;
        }
    allow_entries_free(&entries);
    return code;
}

int run_key_add(struct pk *pk)
{
    char path[PATH_MAX];
    struct allow_entry entry;
    int code = take_name(pk, OWN_KEY_NAME, entry.name);
    if (code == EXIT_DONE)
        code = take_role(pk, &entry.role);
    if (code == EXIT_DONE)
        code = take_public_key(pk, entry.public_key);
    if (code == EXIT_DONE)
        code = find_path(pk, path);
    if (code == EXIT_DONE)
        code = check_new(path, &entry);
    return code == EXIT_DONE ? change(path, (struct allow_change){NULL, &entry}) : code;
}

int run_key_revoke(struct pk *pk)
{
    char path[PATH_MAX];
    struct allow_entry entry;
    int code = find_entry(pk, path, &entry);
    return code == EXIT_DONE ? change(path, (struct allow_change){entry.name, NULL}) : code;
}

int run_key_rename(struct pk *pk)
{
    char path[PATH_MAX];
    struct allow_entry entry, renamed;
    struct allow_entries entries;
    int code = find_entry(pk, path, &entry);
    renamed = entry;
    if (code == EXIT_DONE)
        code = take_name(pk, OWN_NEW_NAME, renamed.name);
    if (code == EXIT_DONE)
        code = load(path, &entries);
    if (code != EXIT_DONE)
        return code;
    if (find(&entries, renamed.name))
        code = say("another key has the new name", EXIT_CONFLICT);
    allow_entries_free(&entries);
    return code == EXIT_DONE ? change(path, (struct allow_change){entry.name, &renamed}) : code;
}

int run_key_role(struct pk *pk)
{
    char path[PATH_MAX];
    struct allow_entry entry;
    enum role role = ROLE_READER;
    int code = take_role(pk, &role);
    if (code == EXIT_DONE)
        code = find_entry(pk, path, &entry);
    if (code != EXIT_DONE)
        return code;
    entry.role = role;
    return change(path, (struct allow_change){entry.name, &entry});
}

static void show_json(const struct allow_entries *entries)
{
    json_t *json = need(json_object()), *keys = need(json_array());
    for (size_t i = 0; i < entries->count; i++) {
        const struct allow_entry *entry = &entries->items[i];
        json_t *key = need(json_object());
        json_put(key, "name", json_of_text(text_of(entry->name)));
        json_put(key, "role", json_of_text(text_of(role_infos[entry->role].name)));
        json_put(key, "public_key", json_of_text(text_of(entry->public_key)));
        json_add(keys, key);
    }
    json_put(json, "keys", keys);
    json_print(json);
}

static void show_table(const struct pk *pk, const struct allow_entries *entries)
{
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    table_add_column(table, "name", false);
    table_add_column(table, "role", false);
    table_add_column(table, "public_key", false);
    for (size_t i = 0; i < entries->count; i++) {
        table_add_line(table);
        table_set(table, 0, entries->items[i].name);
        table_set(table, 1, role_infos[entries->items[i].role].name);
        table_set(table, 2, entries->items[i].public_key);
    }
    table_print(table);
}

int run_key_list(struct pk *pk)
{
    char path[PATH_MAX];
    struct allow_entries entries;
    char problem[PROBLEM_BYTES];
    int code = find_path(pk, path);
    if (code != EXIT_DONE)
        return code;
    if (allow_file_load(path, &entries, problem, sizeof problem) != FAULT_NONE)
        return say(problem, EXIT_FAILED);
    if (arguments_has(&pk->arguments, OWN_JSON))
        show_json(&entries);
    else
        show_table(pk, &entries);
    allow_entries_free(&entries);
    return EXIT_DONE;
}
