// SPDX-License-Identifier: Apache-2.0
/** The table of commands for programs: `pk help --json`. */
#include "common/client/json.h"
#include "common/client/need.h"
#include "services/pk/exit_code.h"
#include "services/pk/help.h"

static json_t *text(const char *value)
{
    return value ? json_of_text(text_of(value)) : need(json_null());
}

static json_t *of_words(const struct enum_desc *words)
{
    json_t *json = need(json_array());
    for (size_t i = 0; i < words->count; i++)
        json_add(json, text(words->values[i].name));
    return json;
}

static json_t *of_option(const struct option *option)
{
    json_t *json = need(json_object());
    json_put(json, "name", text(option->name));
    json_put(json, "argument", text(option->argument[0] ? option->argument : NULL));
    json_put(json, "doc", text(option->doc));
    json_put(json, "required", json_boolean(option->is_required));
    json_put(json, "repeatable", json_boolean(option->is_repeatable));
    json_put(json, "default", text(option->preset));
    if (option->path.field) {
        char path[OPTION_NAME_BYTES];
        snprintf(path, sizeof path, "%s%s%s", option->path.outer ? option->path.outer->name : "",
                 option->path.outer ? "." : "", option->path.field->name);
        json_put(json, "field", text(path));
    }
    if (option_words(option))
        json_put(json, "values", of_words(option_words(option)));
    return json;
}

static json_t *of_options(const struct option_list *list, bool is_global)
{
    json_t *json = need(json_array());
    for (size_t i = 0; i < list->count; i++) {
        const struct option *option = &list->items[i];
        if ((option->kind == OPTION_OWN && (OWN_GLOBAL & OWN_BIT(option->own))) == is_global)
            json_add(json, of_option(option));
    }
    return json;
}

static json_t *of_positional(const struct option_list *list, const struct command *command)
{
    json_t *json = need(json_array());
    for (size_t i = 0; i < positional_count(command); i++) {
        const struct positional *positional = &command->positional[i];
        char name[OPTION_NAME_BYTES];
        json_t *item = need(json_object());
        positional_name(positional, name, sizeof name);
        json_put(item, "name", text(name));
        json_put(item, "field", text(positional->field));
        json_put(item, "optional", json_boolean(positional_is_optional(list, positional)));
        json_add(json, item);
    }
    return json;
}

static json_t *of_command(const struct command *command)
{
    struct option_list list;
    json_t *json = need(json_object()), *examples = need(json_array());
    options_of(command, &list);
    json_put(json, "noun", text(command->noun));
    json_put(json, "verb", text(command->verb));
    json_put(json, "summary", text(command->summary));
    json_put(json, "message", text(command->message ? command->message->type : NULL));
    json_put(json, "arguments", of_positional(&list, command));
    json_put(json, "options", of_options(&list, false));
    for (const char *const *example = command->examples; *example; example++)
        json_add(examples, text(*example));
    json_put(json, "examples", examples);
    return json;
}

static json_t *of_exit_codes(void)
{
    json_t *json = need(json_array());
    for (size_t i = 0; i < EXIT_INFO_COUNT; i++) {
        json_t *item = need(json_object());
        json_put(item, "code", json_integer(exit_infos[i].code));
        json_put(item, "doc", text(exit_infos[i].doc));
        json_add(json, item);
    }
    return json;
}

void help_print_json(void)
{
    struct option_list globals;
    json_t *json = need(json_object()), *all = need(json_array());
    options_of(NULL, &globals);
    for (size_t i = 0; i < command_count; i++)
        json_add(all, of_command(&commands[i]));
    json_put(json, "commands", all);
    json_put(json, "options", of_options(&globals, true));
    json_put(json, "exit_codes", of_exit_codes());
    json_print(json);
}
