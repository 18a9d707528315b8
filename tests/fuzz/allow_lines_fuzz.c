// SPDX-License-Identifier: Apache-2.0
/**
 * Fuzz target of the allow-list. Input: the file's text.
 *
 * What is read is within its limits and stands there once, and written again it is read as the same; what is not is refused with
 * its line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "common/bus/allow_list.h"

enum { PROBLEM_BYTES = 512, MOST_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entries(const struct allow_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct allow_entry *entry = &entries->items[i];
        must(allow_name_is_valid(text_of(entry->name)) && key_is_valid(text_of(entry->public_key)));
        must((int)entry->role < (int)ROLE_COUNT);
        for (size_t other = 0; other < i; other++) {
            must(strcmp(entry->name, entries->items[other].name) != 0);
            must(strcmp(entry->public_key, entries->items[other].public_key) != 0);
        }
    }
}

static void check_round_trip(const struct allow_entries *entries)
{
    char *text = NULL, problem[PROBLEM_BYTES];
    size_t len = 0;
    struct allow_entries again;
    FILE *out = open_memstream(&text, &len);
    must(out);
    for (size_t i = 0; i < entries->count; i++) {
        const struct allow_entry *entry = &entries->items[i];
        fprintf(out, "%s\t%s %s\r\n", entry->name, role_infos[entry->role].name, entry->public_key);
    }
    must(fclose(out) == 0);
    must(allow_entries_parse((struct text){text, len}, &again, problem, sizeof problem) == FAULT_NONE);
    must(again.count == entries->count);
    for (size_t i = 0; i < again.count; i++) {
        must(strcmp(again.items[i].name, entries->items[i].name) == 0);
        must(strcmp(again.items[i].public_key, entries->items[i].public_key) == 0);
        must(again.items[i].role == entries->items[i].role);
    }
    allow_entries_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct allow_entries entries = {0, NULL};
    char problem[PROBLEM_BYTES] = "";
    if (size > MOST_BYTES)
        return 0;
    enum fault fault = allow_entries_parse((struct text){(const char *)data, size}, &entries, problem, sizeof problem);
    if (fault == FAULT_NONE) {
        check_entries(&entries);
        check_round_trip(&entries);
        allow_entries_free(&entries);
    } else {
        int line = 0;
        must(fault == FAULT_CONFIG && sscanf(problem, "line %d: ", &line) == 1 && line > 0 && (size_t)line <= size + 1);
    }
    return 0;
}
