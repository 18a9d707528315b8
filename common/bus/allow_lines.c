// SPDX-License-Identifier: Apache-2.0
/** The lines of an allow-list: what stands there, and what is wrong with it. */
#include "common/bus/allow_list.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 3 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool allow_name_is_valid(struct text name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t signs = 3; // at the end of them
    if (name.len == 0 || name.len > ALLOW_NAME_BYTES || name.data[0] == '\0' ||
        !memchr(letters, name.data[0], sizeof letters - 1 - signs))
        return false;
    for (size_t i = 1; i < name.len; i++)
        if (!memchr(letters, name.data[i], sizeof letters - 1))
            return false;
    return true;
}

bool allow_role_find(struct text name, enum role *out_role)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (text_equal(text_of(role_infos[i].name), name)) {
            *out_role = (enum role)i;
            return true;
        }
    return false;
}

/** Splits a line; returns how many words it has, WORDS + 1 when there are more than wanted. */
static size_t split(struct text line, struct text out_words[WORDS])
{
    size_t count = 0, at = 0;
    for (;;) {
        while (at < line.len && is_blank(line.data[at]))
            at++;
        if (at == line.len)
            return count;
        size_t start = at;
        while (at < line.len && !is_blank(line.data[at]))
            at++;
        if (count == WORDS)
            return WORDS + 1;
        out_words[count++] = (struct text){line.data + start, at - start};
    }
}

static const char *twice_problem(const struct allow_entries *entries, const struct allow_entry *entry)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (strcmp(entries->items[i].name, entry->name) == 0)
            return "another key has that name; each name stands for one key";
        if (strcmp(entries->items[i].public_key, entry->public_key) == 0)
            return "the key stands there already, under another name";
    }
    return NULL;
}

/** NULL when the line is right, and taken. */
static const char *take_line(struct allow_entries *entries, struct text line)
{
    struct text words[WORDS];
    struct allow_entry entry = {.name = ""};
    size_t count = split(line, words);
    if (count == 0 || words[0].data[0] == '#')
        return NULL;
    if (count != WORDS)
        return "a line has a name, a role and a public key";
    if (!allow_name_is_valid(words[0]))
        return "a name has 1 to 32 of a-z, A-Z, 0-9, . _ - and begins with a letter or digit";
    if (!allow_role_find(words[1], &entry.role))
        return "there is no such role; pk help key add lists them";
    if (!key_is_valid(words[2]))
        return "a public key has 40 characters, as pk key generate prints it";
    if (entries->count == ALLOW_ENTRIES)
        return "at most 4096 keys fit";
    memcpy(entry.name, words[0].data, words[0].len);
    memcpy(entry.public_key, words[2].data, words[2].len);
    const char *problem = twice_problem(entries, &entry);
    if (!problem)
        entries->items[entries->count++] = entry;
    return problem;
}

enum fault allow_entries_parse(struct text file, struct allow_entries *out_entries, char *out_problem, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < file.len; i++)
        lines += file.data[i] == '\n';
    struct allow_entries entries = {0, calloc(lines < ALLOW_ENTRIES ? lines : ALLOW_ENTRIES, sizeof *entries.items)};
    if (!entries.items) {
        snprintf(out_problem, size, "there is no memory to read it");
        return FAULT_MEMORY;
    }
    for (int number = 1; file.len > 0; number++) {
        const char *feed = memchr(file.data, '\n', file.len);
        size_t len = feed ? (size_t)(feed - file.data) : file.len;
        const char *problem = take_line(&entries, (struct text){file.data, len});
        if (problem) {
            snprintf(out_problem, size, "line %d: %s", number, problem);
            allow_entries_free(&entries);
            return FAULT_CONFIG;
        }
        len += feed ? 1 : 0;
        file = (struct text){file.data + len, file.len - len};
    }
    *out_entries = entries;
    return FAULT_NONE;
}

void allow_entries_free(struct allow_entries *entries)
{
    free(entries->items);
    *entries = (struct allow_entries){0, NULL};
}
