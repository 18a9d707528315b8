// SPDX-License-Identifier: Apache-2.0
#include "services/pk/help.h"

#include "services/pk/exit_code.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/wrap.h"

enum { INDENT = 2, DOC_COLUMN = 34 };

const char *help_about(const struct command *command)
{
    return command->about ? command->about : command->message->doc;
}

void help_print_usage(FILE *out, const struct command *command)
{
    struct option_list options;
    options_of(command, &options);
    fprintf(out, "pk %s%s%s", command->noun, command->verb ? " " : "", command->verb ? command->verb : "");
    for (size_t i = 0; i < positional_count(command); i++) {
        const struct positional *positional = &command->positional[i];
        char name[OPTION_NAME_BYTES];
        bool is_optional = positional_is_optional(&options, positional);
        positional_name(positional, name, sizeof name);
        fprintf(out, " %s%s%s%s", is_optional ? "[" : "", name,
                positional_is_repeatable(&options, positional) ? "…" : "", is_optional ? "]" : "");
    }
    fputs(" [OPTION…]", out);
}

void help_option_doc(const struct option *option, char out[HELP_DOC_BYTES])
{
    bool repeats = option->is_repeatable && (option->kind == OPTION_VALUE || option->kind == OPTION_TERM);
    snprintf(out, HELP_DOC_BYTES, "%s%s%s%s%s%s", option->doc, option->is_required && !option->preset ? " Needed." : "",
             repeats ? " Can be given several times." : "", option->preset ? " Default: " : "",
             option->preset ? option->preset : "", option->preset ? "." : "");
}

/** A name, and what it means beside it, or below it when there is no room. */
static void print_item(FILE *out, const char *name, const char *doc)
{
    size_t column = INDENT + wrap_width(name);
    fprintf(out, "%*s%s", INDENT, "", name);
    if (column + 2 > DOC_COLUMN) {
        fputc('\n', out);
        column = 0;
    }
    wrap_text(out, doc, DOC_COLUMN, column);
}

static void print_words(FILE *out, const struct enum_desc *words)
{
    for (size_t i = 0; i < words->count; i++) {
        char line[320];
        snprintf(line, sizeof line, "%s: %s", words->values[i].name, words->values[i].doc);
        wrap_text(out, line, DOC_COLUMN + 2, 0);
    }
}

static void print_option(FILE *out, const struct option *option)
{
    char name[OPTION_NAME_BYTES + OPTION_ARGUMENT_BYTES + 4];
    char doc[HELP_DOC_BYTES];
    snprintf(name, sizeof name, "--%s%s%s", option->name, option->argument[0] ? " " : "", option->argument);
    help_option_doc(option, doc);
    print_item(out, name, doc);
    if (option_words(option))
        print_words(out, option_words(option));
}

static void print_options(FILE *out, const struct option_list *list, bool is_global)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct option *option = &list->items[i];
        if ((option->kind == OPTION_OWN && (OWN_GLOBAL & OWN_BIT(option->own))) == is_global)
            print_option(out, option);
    }
}

static void print_arguments(FILE *out, const struct option_list *list, const struct command *command)
{
    fputs(positional_count(command) ? "\nArguments:\n" : "", out);
    for (size_t i = 0; i < positional_count(command); i++) {
        const struct positional *positional = &command->positional[i];
        const struct option *option = positional->field ? options_of_field(list, text_of(positional->field)) : NULL;
        char name[OPTION_NAME_BYTES], doc[OPTION_NAME_BYTES + 32];
        positional_name(positional, name, sizeof name);
        snprintf(doc, sizeof doc, "Can also be given as --%s.", option ? option->name : "");
        print_item(out, name, option ? doc : own_options[positional->own].doc);
    }
}

/** How values are written that are not plain, if the command takes such. */
static void print_notes(FILE *out, const struct option_list *list)
{
    bool has_time = false, has_file = false;
    for (size_t i = 0; i < list->count; i++) {
        has_time |= list->items[i].kind == OPTION_VALUE && list->items[i].path.field->kind == FIELD_TIME;
        has_file |= list->items[i].kind == OPTION_FILE;
    }
    if (has_time)
        fputs("\n" HELP_TIMES "\n", out);
    if (has_file)
        fputs("\n" HELP_FILES "\n", out);
}

static void print_command(FILE *out, const struct command *command)
{
    struct option_list list;
    options_of(command, &list);
    fputs("Usage: ", out);
    help_print_usage(out, command);
    fputs("\n\n", out);
    wrap_text(out, help_about(command), 0, 0);
    print_arguments(out, &list, command);
    fputs("\nOptions:\n", out);
    print_options(out, &list, false);
    fputs("\nOptions of every command:\n", out);
    print_options(out, &list, true);
    print_notes(out, &list);
    fputs("\nExamples:\n", out);
    for (const char *const *example = command->examples; *example; example++)
        fprintf(out, "  %s\n", *example);
}

/** One line a command; all of them, or a noun's. */
static void print_commands(FILE *out, const char *noun)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        char name[64];
        if (noun && !text_equal(text_of(command->noun), text_of(noun)))
            continue;
        snprintf(name, sizeof name, command->is_default ? "%s [%s]" : "%s %s", command->noun,
                 command->verb ? command->verb : "");
        print_item(out, name, command->summary);
    }
}

static void print_all(FILE *out)
{
    struct option_list list;
    options_of(NULL, &list);
    fputs("Usage: pk [OPTION…] COMMAND [ARGUMENT…] [OPTION…]\n\nThe operator's command line of "
          "personkort.\n\nCommands:\n",
          out);
    print_commands(out, NULL);
    fputs("\nOptions of every command:\n", out);
    print_options(out, &list, true);
    fputs("\nExit codes:\n", out);
    for (size_t i = 0; i < EXIT_INFO_COUNT; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", exit_infos[i].code);
        print_item(out, code, exit_infos[i].doc);
    }
    fputs("\nMore of a command: pk help COMMAND, as pk help person create. All of it: man pk.\n", out);
}

void help_print(FILE *out, const char *noun, const struct command *command)
{
    if (command) {
        print_command(out, command);
    } else if (noun) {
        fprintf(out, "Usage: pk %s VERB [ARGUMENT…] [OPTION…]\n\nCommands:\n", noun);
        print_commands(out, noun);
        fprintf(out, "\nMore of a command: pk help %s VERB\n", noun);
    } else {
        print_all(out);
    }
}

/** The topic in words, as pk help person create; NULL where there is none. */
static void find_topic(const struct arguments *arguments, const char *out_words[2])
{
    size_t count = 0;
    out_words[0] = out_words[1] = NULL;
    for (size_t i = 0; i < arguments->count && count < 2; i++)
        if (!arguments->given[i].option && arguments->given[i].own == OWN_TOPIC)
            out_words[count++] = arguments->given[i].value;
}

int run_help(struct pk *pk)
{
    const char *words[2];
    find_topic(&pk->arguments, words);
    const struct command *first = words[0] ? command_of_noun(text_of(words[0])) : NULL;
    const struct command *command = words[1] ? command_find(text_of(words[0]), text_of(words[1]))
                                    : first && command_is_alone(first) ? first
                                                                       : NULL;
    if ((words[0] && !first) || (words[1] && !command)) {
        fputs("pk: there is no such command; pk help shows all\n", stderr);
        return EXIT_USAGE;
    }
    if (arguments_has(&pk->arguments, OWN_JSON))
        help_print_json();
    else
        help_print(stdout, words[0], command);
    return EXIT_DONE;
}
