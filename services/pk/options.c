// SPDX-License-Identifier: Apache-2.0
#include "services/pk/options.h"

#include <ctype.h>
#include <stdio.h>

#include "common/base/must.h"
#include "common/wire/codec.h"
#include "proto/person.gen.h"
#include "services/pk/near.h"

enum { WORDS_SHOWN = 5 }; // an enum with more values is shown by its name, and its values in the help text

static const struct text time_ending = {"_ms", 3};

static struct text field_name(const struct field_desc *field)
{
    return (struct text){field->name, field->name_len};
}

static bool is_named(const struct field_path *path, struct text name)
{
    if (!path->outer)
        return text_equal(field_name(path->field), name);
    size_t outer = path->outer->name_len;
    return name.len > outer && name.data[outer] == '.' &&
           text_equal(field_name(path->outer), (struct text){name.data, outer}) &&
           text_equal(field_name(path->field), (struct text){name.data + outer + 1, name.len - outer - 1});
}

static const struct renamed *find_renamed(const struct command *command, const struct field_path *path)
{
    for (const struct renamed *renamed = command->renamed; renamed->field; renamed++)
        if (is_named(path, text_of(renamed->field)))
            return renamed;
    return NULL;
}

static const char *find_preset(const struct command *command, const struct field_path *path)
{
    for (const struct preset *preset = command->presets; preset->field; preset++)
        if (is_named(path, text_of(preset->field)))
            return preset->value;
    return NULL;
}

/** Words of an option are joined by dashes. */
static void dash(char *name)
{
    for (char *at = name; *at; at++)
        if (*at == '_')
            *at = '-';
}

/** "names-sv" of names.sv; "types" of filter.types; "start" of start_ms, for a time is typed as a day and an hour. */
static void write_name(const struct field_path *path, char out[OPTION_NAME_BYTES])
{
    struct text name = field_name(path->field);
    if (path->field->kind == FIELD_TIME && name.len > time_ending.len &&
        text_equal((struct text){name.data + name.len - time_ending.len, time_ending.len}, time_ending))
        name.len -= time_ending.len;
    bool says_outer = path->outer && strcmp(path->outer->name, "filter") != 0;
    int len = snprintf(out, OPTION_NAME_BYTES - 16, "%s%s%.*s", says_outer ? path->outer->name : "",
                       says_outer ? "-" : "", (int)name.len, name.data);
    must(len > 0 && len < OPTION_NAME_BYTES - 16); // room for a prefix
    dash(out);
}

static void write_words(const struct field_desc *field, char out[OPTION_ARGUMENT_BYTES])
{
    const struct enum_desc *words = field->enumeration;
    size_t len = 0;
    if (words->count > WORDS_SHOWN) {
        for (const char *at = field->name; *at && len < OPTION_ARGUMENT_BYTES - 1; at++)
            out[len++] = (char)toupper((unsigned char)*at);
        out[len] = '\0';
        return;
    }
    for (size_t i = 0; i < words->count && len < OPTION_ARGUMENT_BYTES; i++)
        len += (size_t)snprintf(out + len, OPTION_ARGUMENT_BYTES - len, "%s%s", i ? "|" : "", words->values[i].name);
}

static void write_argument(const struct field_desc *field, char out[OPTION_ARGUMENT_BYTES])
{
    static const char *const arguments[] = {
        [FIELD_BOOL] = "",     [FIELD_INT] = "N",     [FIELD_ID] = "ID",     [FIELD_TIME] = "TIME",
        [FIELD_DATE] = "DATE", [FIELD_TEXT] = "TEXT", [FIELD_LINE] = "TEXT", [FIELD_STRUCT] = "KEY=VALUE,…",
    };
    if (field->kind == FIELD_ENUM)
        write_words(field, out);
    else
        snprintf(out, OPTION_ARGUMENT_BYTES, "%s", arguments[field->kind]);
}

static struct option *add(struct option_list *list, struct option option)
{
    must(list->count < OPTIONS_MOST);
    list->items[list->count] = option;
    return &list->items[list->count++];
}

/** Adds an option beside a field's first one, called by the same name with something before or after it. */
static struct option *add_beside(struct option_list *list, size_t first, enum option_kind kind, const char *before,
                                 const char *after)
{
    struct option option = list->items[first];
    option.kind = kind;
    option.is_required = false;
    option.preset = NULL;
    option.argument[0] = '\0';
    snprintf(option.name, sizeof option.name, "%s%.*s%s", before, OPTION_NAME_BYTES - 16, list->items[first].name,
             after);
    return add(list, option);
}

static void add_field(struct option_list *list, struct field_path path)
{
    const struct field_desc *field = path.field;
    const struct renamed *renamed = find_renamed(list->command, &path);
    struct option option = {
        .kind = field->kind == FIELD_BOOL ? OPTION_TRUE : OPTION_VALUE,
        .doc = field->doc,
        .path = path,
        .preset = find_preset(list->command, &path),
        .is_required = field->flags & FIELD_REQUIRED,
        .is_repeatable = field->flags & FIELD_LIST,
    };
    write_name(&path, option.name);
    write_argument(field, option.argument);
    if (renamed)
        snprintf(option.name, sizeof option.name, "%s", renamed->option);
    if (renamed && renamed->argument)
        snprintf(option.argument, sizeof option.argument, "%s", renamed->argument);
    size_t first = list->count;
    add(list, option);
    if (field->kind == FIELD_BOOL)
        add_beside(list, first, OPTION_FALSE, "no-", "")->doc = "The opposite.";
    if (field->kind == FIELD_TEXT) {
        struct option *file = add_beside(list, first, OPTION_FILE, "", "-file");
        snprintf(file->argument, sizeof file->argument, "FILE");
        file->doc = "The same from a file.";
    }
    if (field->flags & FIELD_CLEARABLE)
        add_beside(list, first, OPTION_CLEAR, "clear-", "")->doc = "Take the value away.";
}

/** Fields that cannot be typed have no option: what they hold is put there by a command's own code. */
static bool can_be_typed(const struct field_desc *field)
{
    return field->kind != FIELD_BIN && field->kind != FIELD_RAW;
}

/** Whether a list of names with commas between has it. */
static bool is_hidden(const char *hidden, struct text name)
{
    while (hidden && *hidden) {
        size_t len = strcspn(hidden, ",");
        if (text_equal((struct text){hidden, len}, name))
            return true;
        hidden += hidden[len] ? len + 1 : len;
    }
    return false;
}

static void add_fields(struct option_list *list, const struct field_desc *outer, const struct struct_desc *desc)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        bool is_struct = field->kind == FIELD_STRUCT && !(field->flags & FIELD_LIST);
        if (!outer && is_hidden(list->command->hidden, field_name(field)))
            continue;
        must(!is_struct || !outer); // the command line has names for one level
        if (is_struct)
            add_fields(list, field, field->structure);
        else if (can_be_typed(field))
            add_field(list, (struct field_path){outer, field});
    }
}

static void add_own(struct option_list *list, uint64_t wanted)
{
    for (enum own own = 0; own < OWN_COUNT_OF; own++) {
        const struct own_option *source = &own_options[own];
        if (!(wanted & OWN_BIT(own)) || !source->name)
            continue;
        struct option option = {
            .kind = OPTION_OWN, .doc = source->doc, .own = own, .is_repeatable = source->is_repeatable};
        snprintf(option.name, sizeof option.name, "%s", source->name);
        snprintf(option.argument, sizeof option.argument, "%s", source->argument ? source->argument : "");
        add(list, option);
    }
}

/** Whether the name is taken: by an option that is there, or one of pk's own that comes after. */
static bool is_taken(const struct option_list *list, const char *name)
{
    for (enum own own = 0; own < OWN_COUNT_OF; own++)
        if (own_options[own].name && ((OWN_GLOBAL | list->command->own) & OWN_BIT(own)) &&
            strcmp(own_options[own].name, name) == 0)
            return true;
    return options_find(list, text_of(name)) != NULL;
}

/** An option for each thing that a question can ask for; what is taken can be written in the question itself. */
static void add_terms(struct option_list *list)
{
    const struct option *question = options_of_field(list, text_of(list->command->question));
    must(question && question->path.field->kind == FIELD_TEXT);
    for (size_t i = 0; i < search_field_enum.count; i++) {
        const struct enum_value *field = &search_field_enum.values[i];
        struct option option = {
            .kind = OPTION_TERM,
            .argument = "VALUE,…",
            .doc = field->doc,
            .path = question->path,
            .is_repeatable = true,
            .term = field->name,
        };
        snprintf(option.name, sizeof option.name, "%s", field->name);
        dash(option.name);
        if (is_taken(list, option.name))
            continue;
        size_t first = list->count;
        add(list, option);
        struct option *opposite = add_beside(list, first, OPTION_NOT_TERM, "not-", "");
        memcpy(opposite->argument, option.argument, sizeof opposite->argument);
        opposite->doc = "The opposite.";
    }
}

void options_of(const struct command *command, struct option_list *out_list)
{
    out_list->command = command;
    out_list->count = 0;
    if (command && command->message)
        add_fields(out_list, NULL, command->message->body);
    if (command && command->question)
        add_terms(out_list);
    if (command)
        add_own(out_list, command->own);
    add_own(out_list, OWN_GLOBAL);
}

const struct option *options_find(const struct option_list *list, struct text name)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(text_of(list->items[i].name), name))
            return &list->items[i];
    return NULL;
}

const char *options_near(const struct option_list *list, struct text name)
{
    const char *names[OPTIONS_MOST];
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->items[i].name;
    return near_name(names, list->count, name);
}

const struct option *options_of_field(const struct option_list *list, struct text path)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct option *option = &list->items[i];
        if ((option->kind == OPTION_VALUE || option->kind == OPTION_TRUE) && is_named(&option->path, path))
            return option;
    }
    return NULL;
}

void positional_name(const struct positional *positional, char *out, size_t size)
{
    const char *name = positional->shown   ? positional->shown
                       : positional->field ? positional->field
                                           : own_options[positional->own].argument;
    size_t len = 0;
    for (; name[len] && len + 1 < size; len++)
        out[len] = (char)toupper((unsigned char)name[len]);
    out[len] = '\0';
}

bool positional_is_optional(const struct option_list *list, const struct positional *positional)
{
    if (!positional->field)
        return positional->is_optional;
    const struct option *option = options_of_field(list, text_of(positional->field));
    must(option);
    return !option->is_required;
}

bool positional_is_repeatable(const struct option_list *list, const struct positional *positional)
{
    if (!positional->field)
        return own_options[positional->own].is_repeatable;
    return options_of_field(list, text_of(positional->field))->is_repeatable;
}

const struct enum_desc *option_words(const struct option *option)
{
    return option->kind == OPTION_VALUE ? option->path.field->enumeration : NULL;
}

size_t positional_count(const struct command *command)
{
    size_t count = 0;
    while (count < COMMAND_POSITIONAL && (command->positional[count].field || command->positional[count].own))
        count++;
    return count;
}

const struct positional *option_positional(const struct option_list *list, const struct option *option)
{
    const struct command *command = list->command;
    for (size_t i = 0; command && i < positional_count(command); i++) {
        const struct positional *positional = &command->positional[i];
        if (positional->field && options_of_field(list, text_of(positional->field)) == option)
            return positional;
    }
    return NULL;
}

void option_label(const struct option_list *list, const struct option *option, char out[OPTION_NAME_BYTES])
{
    const struct positional *positional = option_positional(list, option);
    if (positional)
        positional_name(positional, out, OPTION_NAME_BYTES);
    else
        snprintf(out, OPTION_NAME_BYTES, "--%.*s", OPTION_NAME_BYTES - 3, option->name);
}
