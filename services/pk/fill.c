// SPDX-License-Identifier: Apache-2.0
#include "services/pk/fill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/client/need.h"
#include "common/wire/value.h"
#include "services/pk/exit_code.h"
#include "services/pk/scalar.h"

enum { READ_BYTES = 65536 };

/** The body that is being made. */
struct filling {
    const struct arguments *arguments;
    struct arena *arena;
    char *body;
    bool reads_input; // standard input was read: it can be only once
};

static int wrong(const struct filling *filling, const struct option *option, const char *problem)
{
    char label[OPTION_NAME_BYTES];
    option_label(&filling->arguments->options, option, label);
    fprintf(stderr, "pk: %s %s\n", label, problem);
    return arguments_usage(filling->arguments);
}

static void set_flag(char *body, uint16_t offset, bool value)
{
    if (offset != FIELD_NO_OFFSET)
        memcpy(body + offset, &value, sizeof value);
}

/** The struct that holds the option's field. */
static char *holder(const struct filling *filling, const struct field_path *path)
{
    if (!path->outer)
        return filling->body;
    set_flag(filling->body, path->outer->has_offset, true);
    return filling->body + path->outer->offset;
}

static const char *append(const struct filling *filling, const struct field_desc *field, char *at, struct text value)
{
    struct list list = value_list(at);
    size_t size = value_size(field);
    char *items = need(arena_alloc_array(filling->arena, list.count + 1, size));
    if (list.count)
        memcpy(items, list.items, list.count * size);
    const char *problem = field->kind == FIELD_STRUCT
                              ? scalar_parse_struct(field->structure, value, filling->arena, items + list.count * size)
                              : scalar_parse(field, value, filling->arena, items + list.count * size);
    if (problem)
        return problem;
    list = (struct list){list.count + 1, items};
    memcpy(at, &list, sizeof list);
    return NULL;
}

/** Elements with commas between, unless they are texts or structs, in which a comma may stand. */
static const char *append_all(const struct filling *filling, const struct field_desc *field, char *at,
                              struct text value)
{
    bool is_one = field->kind == FIELD_STRUCT || field->kind == FIELD_LINE || field->kind == FIELD_TEXT;
    while (!is_one) {
        const char *comma = memchr(value.data, ',', value.len);
        if (!comma)
            break;
        struct text first = {value.data, (size_t)(comma - value.data)};
        const char *problem = append(filling, field, at, first);
        if (problem)
            return problem;
        value = (struct text){comma + 1, value.len - first.len - 1};
    }
    return append(filling, field, at, value);
}

int fill_read_file(const char *path, size_t most, struct arena *arena, struct bytes *out_content)
{
    errno = 0;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct buffer content;
    uint8_t piece[READ_BYTES];
    size_t len = 0;
    buffer_init(&content, most + 1);
    while (file && !content.failed && (len = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_append(&content, piece, len);
    int error = errno;
    bool is_read = file && !ferror(file);
    if (file && file != stdin)
        fclose(file);
    if (!is_read)
        fprintf(stderr, "pk: %s: %s\n", file == stdin ? "standard input" : path, strerrordesc_np(error ? error : EIO));
    else if (content.failed || content.len > most)
        fprintf(stderr, "pk: %s: larger than the %zu bytes that can be taken\n",
                file == stdin ? "standard input" : path, most);
    bool is_taken = is_read && !content.failed && content.len <= most;
    if (is_taken)
        *out_content = (struct bytes){need((void *)arena_bytes(arena, buffer_bytes(&content)).data), content.len};
    buffer_fini(&content);
    return is_taken ? EXIT_DONE : EXIT_FAILED;
}

static int set_from_file(struct filling *filling, const struct given *given, char *at)
{
    struct bytes content;
    if (strcmp(given->value, "-") == 0 && filling->reads_input)
        return wrong(filling, given->option, "reads standard input, which another option has read already");
    filling->reads_input |= strcmp(given->value, "-") == 0;
    int code = fill_read_file(given->value, (size_t)given->option->path.field->max, filling->arena, &content);
    struct text text = bytes_text(content);
    if (code == EXIT_DONE)
        memcpy(at, &text, sizeof text);
    return code;
}

static int set(struct filling *filling, const struct given *given)
{
    const struct option *option = given->option;
    const struct field_desc *field = option->path.field;
    char *within = holder(filling, &option->path), *at = within + field->offset;
    bool truth = option->kind == OPTION_TRUE;
    const char *problem = NULL;
    int code = EXIT_DONE;
    if (option->kind == OPTION_CLEAR) {
        set_flag(within, field->clear_offset, true);
        return EXIT_DONE;
    }
    if (option->kind == OPTION_TRUE || option->kind == OPTION_FALSE)
        memcpy(at, &truth, sizeof truth);
    else if (option->kind == OPTION_FILE || (field->kind == FIELD_TEXT && strcmp(given->value, "-") == 0))
        code = set_from_file(filling, given, at);
    else if (field->flags & FIELD_LIST)
        problem = append_all(filling, field, at, text_of(given->value));
    else
        problem = scalar_parse(field, text_of(given->value), filling->arena, at);
    if (problem)
        return wrong(filling, option, problem);
    set_flag(within, field->has_offset, true);
    return code;
}

static bool is_given(const struct arguments *arguments, const struct field_path *path)
{
    for (size_t i = 0; i < arguments->count; i++) {
        const struct option *option = arguments->given[i].option;
        if (option && option->path.field == path->field && option->path.outer == path->outer)
            return true;
    }
    return false;
}

/** Whether anything within an embedded struct is given. */
static bool is_touched(const struct arguments *arguments, const struct field_desc *outer)
{
    for (size_t i = 0; i < arguments->count; i++) {
        const struct option *option = arguments->given[i].option;
        if (option && option->path.outer == outer)
            return true;
    }
    return false;
}

static int say_missing(const struct arguments *arguments, const struct option *option)
{
    char label[OPTION_NAME_BYTES];
    bool is_named = !option_positional(&arguments->options, option);
    option_label(&arguments->options, option, label);
    fprintf(stderr, "pk: %s%s%s is needed\n", label, is_named ? " " : "", is_named ? option->argument : "");
    return arguments_usage(arguments);
}

/** Required fields, and arguments of pk's own. */
static int check_needed(const struct arguments *arguments)
{
    const struct option_list *options = &arguments->options;
    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = &options->items[i];
        const struct field_desc *outer = option->path.outer;
        bool counts = !outer || (outer->flags & FIELD_REQUIRED) || is_touched(arguments, outer);
        if (option->is_required && !option->preset && counts && !is_given(arguments, &option->path))
            return say_missing(arguments, option);
    }
    for (size_t i = 0; i < positional_count(arguments->command); i++) {
        const struct positional *positional = &arguments->command->positional[i];
        if (positional->field || positional->is_optional || arguments_has(arguments, positional->own))
            continue;
        fprintf(stderr, "pk: %s is needed\n", own_options[positional->own].argument);
        return arguments_usage(arguments);
    }
    return EXIT_DONE;
}

/** A field that holds one value is given once: of two, one would be lost silently. */
static int check_once(const struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct option *a = arguments->given[i].option, *b = arguments->given[j].option;
            if (!a || !b || a->is_repeatable || b->is_repeatable || a->path.field != b->path.field ||
                a->path.outer != b->path.outer)
                continue;
            if (a == b)
                fprintf(stderr, "pk: --%s is given twice\n", a->name);
            else
                fprintf(stderr, "pk: --%s and --%s cannot both be given\n", b->name, a->name);
            return arguments_usage(arguments);
        }
    return EXIT_DONE;
}

static bool is_term(const struct option *option)
{
    return option && (option->kind == OPTION_TERM || option->kind == OPTION_NOT_TERM);
}

/** A value as it stands in a question: one with quotation marks as it is, of any other what stands between commas, in quotes if it has to. */
static void write_value(FILE *out, const char *value)
{
    if (strchr(value, '"')) {
        fputs(value, out);
        return;
    }
    for (;;) {
        size_t len = strcspn(value, ",");
        bool is_quoted = strcspn(value, " \t\r\n()") < len;
        fprintf(out, "%s%.*s%s", is_quoted ? "\"" : "", (int)len, value, is_quoted ? "\"" : "");
        if (!value[len])
            return;
        fputc(',', out);
        value += len + 1;
    }
}

/** Adds the terms that options give to the question; all of them have to hold, beside what it says itself. */
static void set_terms(struct filling *filling)
{
    const struct arguments *arguments = filling->arguments;
    const struct option *first = NULL;
    for (size_t i = 0; i < arguments->count && !first; i++)
        first = is_term(arguments->given[i].option) ? arguments->given[i].option : NULL;
    if (!first)
        return;
    char *within = holder(filling, &first->path), *at = within + first->path.field->offset, *written = NULL;
    struct text question;
    size_t len = 0;
    FILE *out = need(open_memstream(&written, &len));
    memcpy(&question, at, sizeof question);
    if (question.len)
        fprintf(out, "(%.*s)", (int)question.len, question.data);
    const char *gap = question.len ? " " : "";
    for (size_t i = 0; i < arguments->count; i++) {
        const struct given *given = &arguments->given[i];
        if (!is_term(given->option))
            continue;
        fprintf(out, "%s%s%s:", gap, given->option->kind == OPTION_NOT_TERM ? "-" : "", given->option->term);
        write_value(out, given->value);
        gap = " ";
    }
    fclose(out);
    question = arena_text(filling->arena, (struct text){need(written), len});
    need((void *)(uintptr_t)question.data);
    free(written);
    memcpy(at, &question, sizeof question);
    set_flag(within, first->path.field->has_offset, true);
}

static int set_presets(struct filling *filling)
{
    const struct option_list *options = &filling->arguments->options;
    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = &options->items[i];
        if (!option->preset || is_given(filling->arguments, &option->path))
            continue;
        struct given given = {.option = option, .value = option->preset};
        int code = set(filling, &given);
        must(code == EXIT_DONE);
    }
    return EXIT_DONE;
}

int fill_body(const struct arguments *arguments, struct arena *arena, void **out_body)
{
    const struct message_desc *message = arguments->command->message;
    struct filling filling = {.arguments = arguments, .arena = arena};
    int code = check_needed(arguments);
    if (code == EXIT_DONE)
        code = check_once(arguments);
    if (code != EXIT_DONE || !message)
        return code;
    filling.body = need(arena_alloc(arena, message->body->size ? message->body->size : 1));
    code = set_presets(&filling);
    for (size_t i = 0; i < arguments->count && code == EXIT_DONE; i++)
        if (arguments->given[i].option && !is_term(arguments->given[i].option))
            code = set(&filling, &arguments->given[i]);
    if (code == EXIT_DONE)
        set_terms(&filling);
    *out_body = filling.body;
    return code;
}
