// SPDX-License-Identifier: Apache-2.0
#include "services/pk/import_header.h"

#include <stdio.h>

#include "common/base/fold.h"
#include "common/client/need.h"

static struct text trim(struct text text)
{
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\n')) {
        text.data++;
        text.len--;
    }
    while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\n'))
        text.len--;
    return text;
}

/** As people compare names. */
static bool is_same(struct text a, struct text b)
{
    uint8_t left[FOLD_BYTES], right[FOLD_BYTES];
    size_t left_len = 0, right_len = 0;
    if (!fold_name(trim(a), left, sizeof left, &left_len) || !fold_name(trim(b), right, sizeof right, &right_len))
        return text_equal(a, b);
    return bytes_equal(bytes_of(left, left_len), bytes_of(right, right_len));
}

static size_t find(const struct import_header *header, struct text name, size_t end)
{
    size_t at = 0;
    while (at < end && !is_same(header->names[at], name))
        at++;
    return at;
}

/** Whether --ignore has it: one name, or several with commas between. */
static bool is_ignored(const struct pk *pk, struct text name)
{
    for (size_t i = 0; i < pk->arguments.count; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (given->option || given->own != OWN_IGNORE)
            continue;
        struct text rest = text_of(given->value);
        if (is_same(rest, name))
            return true;
        for (;;) {
            size_t len = 0;
            while (len < rest.len && rest.data[len] != ',')
                len++;
            if (is_same((struct text){rest.data, len}, name))
                return true;
            if (len == rest.len)
                break;
            rest = (struct text){rest.data + len + 1, rest.len - len - 1};
        }
    }
    return false;
}

/** What --map says that the column is; the column's own name when it says nothing. */
static struct text mapped(const struct pk *pk, struct text name)
{
    for (size_t i = 0; i < pk->arguments.count; i++) {
        const struct given *given = &pk->arguments.given[i];
        const char *equals = given->option || given->own != OWN_MAP ? NULL : strrchr(given->value, '=');
        if (equals && is_same((struct text){given->value, (size_t)(equals - given->value)}, name))
            return text_of(equals + 1);
    }
    return trim(name);
}

/** Every --map names a column that there is. */
static int check_maps(const struct pk *pk, const char *file, const struct import_header *header)
{
    for (size_t i = 0; i < pk->arguments.count; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (given->option || given->own != OWN_MAP)
            continue;
        const char *equals = strrchr(given->value, '=');
        if (!equals || !equals[1]) {
            fputs("pk: --map is written COLUMN=FIELD, as --map 'Kundens mejl=email'\n", stderr);
            return EXIT_USAGE;
        }
        struct text name = {given->value, (size_t)(equals - given->value)};
        if (find(header, name, header->count) == header->count) {
            fprintf(stderr, "pk: %s, line 1: there is no column %.*s, as --map has it\n", file, (int)name.len,
                    name.data);
            return EXIT_FAILED;
        }
    }
    return EXIT_DONE;
}

int import_header_read(struct pk *pk, const char *file, const struct csv_record *record,
                       struct import_header *out_header)
{
    struct import_header *header = out_header;
    *header = (struct import_header){.count = record->count};
    if (record->problem) {
        fprintf(stderr, "pk: %s, line %lld: the header %s\n", file, (long long)record->line, record->problem);
        return EXIT_FAILED;
    }
    header->names = need(arena_alloc_array(&pk->arena, header->count, sizeof *header->names));
    header->sent = need(arena_alloc_array(&pk->arena, header->count, sizeof *header->sent));
    int code = EXIT_DONE;
    for (size_t i = 0; i < header->count; i++) {
        header->names[i] = arena_text(&pk->arena, record->cells[i]);
        struct text name = trim(header->names[i]);
        bool is_left_out = is_ignored(pk, name);
        header->sent[i] = -1;
        if (name.len == 0 && !is_left_out) {
            fprintf(stderr, "pk: %s, line 1: column %zu has no name; --ignore '' leaves such columns out\n", file,
                    i + 1);
            code = EXIT_FAILED;
        } else if (name.len > 0 && find(header, name, i) < i) {
            fprintf(stderr, "pk: %s, line 1: two columns are called %.*s\n", file, (int)name.len, name.data);
            code = EXIT_FAILED;
        } else if (!is_left_out && header->sent_count == IMPORT_COLUMNS_MOST) {
            fprintf(stderr, "pk: %s, line 1: has more than %d columns; --ignore leaves some out\n", file,
                    IMPORT_COLUMNS_MOST);
            return EXIT_FAILED;
        } else if (!is_left_out) {
            header->sent[i] = (int)header->sent_count;
            header->cells[header->sent_count] = i;
            header->columns[header->sent_count++] = mapped(pk, name);
        }
    }
    return code == EXIT_DONE ? check_maps(pk, file, header) : code;
}
