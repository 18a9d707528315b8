// SPDX-License-Identifier: Apache-2.0
#include "common/bus/map_lines.h"

enum {
    INDENT = 4,
    DEEPEST = 1,       // sections, and keys in them
    LINE_BYTES = 1000, // CZMQ reads 1,023 and takes what is beyond for another line
};

/** A line split into what stands at its beginning and what is left to look at. */
struct line {
    size_t level;
    struct text name; // empty: nothing but a comment
    struct text rest;
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

static struct text skip(struct text text, size_t len)
{
    return (struct text){text.data + len, text.len - len};
}

static struct text skip_spaces(struct text text)
{
    while (text.len > 0 && text.data[0] == ' ')
        text = skip(text, 1);
    return text;
}

static bool is_end(struct text text)
{
    text = skip_spaces(text);
    return text.len == 0 || text.data[0] == '#';
}

static struct text trim_end(struct text text)
{
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static const char *split(struct text text, struct line *out_line)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return text.data[i] == '\t' ? "indent with spaces, not with a tab" : "there is a control character";
    struct line line = {.rest = skip_spaces(text)};
    size_t spaces = text.len - line.rest.len;
    if (line.rest.len > 0 && spaces % INDENT != 0)
        return "indent by 4 spaces at once";
    line.level = spaces / INDENT;
    line.name.data = line.rest.data;
    while (line.name.len < line.rest.len && is_name_char(line.rest.data[line.name.len]))
        line.name.len++;
    line.rest = skip(line.rest, line.name.len);
    if (line.name.len == 0 && !is_end(line.rest))
        return "a line begins with the name of a service, or of a key below it";
    *out_line = line;
    return NULL;
}

static const char *check_value(struct text rest)
{
    rest = skip_spaces(rest);
    if (is_end(rest))
        return NULL;
    if (rest.data[0] != '=')
        return "there must be an = between name and value";
    rest = skip_spaces(skip(rest, 1));
    if (rest.len == 0 || (rest.data[0] != '"' && rest.data[0] != '\''))
        return NULL;
    const char *end = memchr(rest.data + 1, rest.data[0], rest.len - 1);
    if (!end)
        return "the quotation mark at the end is missing";
    return is_end(skip(rest, (size_t)(end - rest.data) + 1)) ? NULL : "something follows the value";
}

static const char *check_line(struct text text, struct map_lines *lines, int number)
{
    struct line line = {0};
    const char *problem = text.len > LINE_BYTES ? "the line has more than 1000 bytes" : split(trim_end(text), &line);
    if (!problem)
        problem = check_value(line.rest);
    if (problem || line.name.len == 0)
        return problem;
    if (line.level > DEEPEST)
        return "nothing stands below a key; indent it by 4 spaces";
    if (line.level > 0 && lines->count == 0)
        return "a key stands below the name of a service, which is not indented";
    if (lines->count == MAP_LINES)
        return "the file has too many lines";
    lines->numbers[lines->count++] = number;
    return NULL;
}

bool map_lines_check(struct text file, struct map_lines *out_lines, int *out_line, const char **out_problem)
{
    struct map_lines lines = {.count = 0};
    for (int number = 1; file.len > 0; number++) {
        const char *feed = memchr(file.data, '\n', file.len);
        size_t len = feed ? (size_t)(feed - file.data) : file.len;
        const char *problem = check_line((struct text){file.data, len}, &lines, number);
        if (problem) {
            *out_line = number;
            *out_problem = problem;
            return false;
        }
        file = skip(file, len + (feed ? 1 : 0));
    }
    *out_lines = lines;
    return true;
}
