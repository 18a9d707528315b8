// SPDX-License-Identifier: Apache-2.0
/**
 * Completion: the shells ask `pk __complete WORD…` for what could stand where the last word is. Candidates come one a line; the
 * line ":files" asks the shell for file names.
 */
#include "services/pk/completion.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/client/need.h"
#include "proto/roles.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/show.h"

static const char bash_script[] =
    "# Completion of pk for bash.\n"
    "_pk() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} line\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        if [ \"$line\" = :files ]; then\n"
    "            compopt -o filenames\n"
    "            while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -f -- \"$word\")\n"
    "        else\n"
    "            COMPREPLY+=(\"$line\")\n"
    "        fi\n"
    "    done < <(pk __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _pk pk\n";

static const char zsh_script[] = "#compdef pk\n"
                                 "# Completion of pk for zsh.\n"
                                 "_pk() {\n"
                                 "    local -a found\n"
                                 "    local line\n"
                                 "    while IFS= read -r line; do\n"
                                 "        if [[ $line == :files ]]; then\n"
                                 "            _files\n"
                                 "        else\n"
                                 "            found+=(\"$line\")\n"
                                 "        fi\n"
                                 "    done < <(pk __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
                                 "    (( ${#found} )) && compadd -a found\n"
                                 "}\n"
                                 "compdef _pk pk\n";

static const struct shell {
    const char *name;
    const char *script;
} shells[] = {{"bash", bash_script}, {"zsh", zsh_script}};

enum { SHELL_COUNT = sizeof shells / sizeof *shells };

int run_completion(struct pk *pk)
{
    struct text name = text_of(arguments_own(&pk->arguments, OWN_SHELL));
    for (size_t i = 0; i < SHELL_COUNT; i++)
        if (text_equal(text_of(shells[i].name), name)) {
            fputs(shells[i].script, stdout);
            return EXIT_DONE;
        }
    fputs("pk: SHELL must be bash or zsh\n", stderr);
    return arguments_usage(&pk->arguments);
}

/** Prints a candidate if it goes on from what is typed. */
static void offer(struct text typed, const char *before, const char *candidate)
{
    char whole[OPTION_NAME_BYTES + 8];
    snprintf(whole, sizeof whole, "%s%s", before, candidate);
    if (text_starts_with(text_of(whole), typed))
        puts(whole);
}

static void offer_nouns(struct text typed)
{
    for (size_t i = 0; i < command_count; i++)
        if (i == 0 || strcmp(commands[i - 1].noun, commands[i].noun) != 0)
            offer(typed, "", commands[i].noun);
}

static void offer_verbs(struct text typed, const char *noun)
{
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].verb && strcmp(commands[i].noun, noun) == 0)
            offer(typed, "", commands[i].verb);
}

static void offer_services(struct text typed, const struct arguments *arguments)
{
    struct bus_map map;
    char problem[512];
    const char *path = arguments_own(arguments, OWN_BUS);
    if (bus_map_load(path ? path : bus_map_default_path(), &map, problem, sizeof problem) != FAULT_NONE)
        return;
    for (size_t i = 0; i < map.count; i++)
        offer(typed, "", map.services[i].service);
}

static void offer_columns(struct text typed, const struct arguments *arguments)
{
    const struct struct_desc *desc = arguments->command ? show_struct(arguments) : NULL;
    for (size_t i = 0; desc && i < desc->count; i++)
        offer(typed, "", desc->fields[i].name);
}

static void offer_roles(struct text typed)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        offer(typed, "", role_infos[i].name);
}

static void offer_own(struct text typed, const struct arguments *arguments, enum own own)
{
    switch (own_options[own].completes) {
    case COMPLETES_NOTHING:
        return;
    case COMPLETES_FILE:
        puts(":files");
        return;
    case COMPLETES_SERVICE:
        offer_services(typed, arguments);
        return;
    case COMPLETES_ROLE:
        offer_roles(typed);
        return;
    case COMPLETES_SHELL:
        for (size_t i = 0; i < SHELL_COUNT; i++)
            offer(typed, "", shells[i].name);
        return;
    case COMPLETES_TOPIC:
        offer_nouns(typed);
        return;
    case COMPLETES_COLUMN:
        offer_columns(typed, arguments);
        return;
    }
}

static void offer_value(struct text typed, const struct arguments *arguments, const struct option *option)
{
    if (option->kind == OPTION_OWN)
        offer_own(typed, arguments, option->own);
    else if (option->kind == OPTION_FILE)
        puts(":files");
    else if (option_words(option))
        for (size_t i = 0; i < option_words(option)->count; i++)
            offer(typed, "", option_words(option)->values[i].name);
}

static void offer_options(struct text typed, const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        offer(typed, "--", list->items[i].name);
}

/** Arguments without a name that were given. */
static size_t words_given(const struct arguments *arguments)
{
    size_t count = 0;
    for (size_t i = 0; i < arguments->count; i++) {
        const struct given *given = &arguments->given[i];
        for (size_t at = 0; at < positional_count(arguments->command); at++) {
            const struct positional *positional = &arguments->command->positional[at];
            count += positional->field ? given->option && given->option == options_of_field(&arguments->options,
                                                                                            text_of(positional->field))
                                       : !given->option && given->own == positional->own;
        }
    }
    return count;
}

static void offer_positional(struct text typed, const struct arguments *arguments)
{
    const struct command *command = arguments->command;
    size_t at = words_given(arguments);
    if (at >= positional_count(command))
        return;
    const struct positional *positional = &command->positional[at];
    if (positional->field)
        offer_value(typed, arguments, options_of_field(&arguments->options, text_of(positional->field)));
    else
        offer_own(typed, arguments, positional->own);
}

static void offer_word(struct text typed, const struct arguments *arguments)
{
    if (!arguments->noun)
        offer_nouns(typed);
    else if (!arguments->command || arguments->is_implied)
        offer_verbs(typed, arguments->noun);
    else
        offer_positional(typed, arguments);
}

/** Reads the first `count` words as a command line, whose mistakes are of no interest. */
static bool read_words(char **words, size_t count, struct arguments *out_arguments)
{
    static char name[] = "pk";
    char **line = need(calloc(count + 2, sizeof *line));
    line[0] = name;
    for (size_t i = 0; i < count; i++)
        line[i + 1] = words[i];
    bool is_read = arguments_parse((int)count + 1, line, out_arguments) == EXIT_DONE;
    free(line);
    return is_read;
}

/** If the word before the last is an option that waits for its value, offers values. */
static bool offer_waiting(struct text typed, char **words, size_t before, struct arguments *arguments)
{
    const char *word = words[before];
    if (strncmp(word, "--", 2) != 0 || strchr(word, '=') || !read_words(words, before, arguments))
        return false;
    const struct option *option = options_find(&arguments->options, text_of(word + 2));
    bool waits = option && option->argument[0];
    if (waits)
        offer_value(typed, arguments, option);
    arguments_fini(arguments);
    return waits;
}

int completion_offer(size_t count, char **words)
{
    static struct arguments arguments; // large
    struct text typed = text_of(count > 0 ? words[count - 1] : "");
    if (count > 1 && offer_waiting(typed, words, count - 2, &arguments))
        return EXIT_DONE;
    if (!read_words(words, count > 0 ? count - 1 : 0, &arguments))
        return EXIT_USAGE;
    if (text_starts_with(typed, TEXT("-")))
        offer_options(typed, &arguments.options);
    else
        offer_word(typed, &arguments);
    arguments_fini(&arguments);
    return EXIT_DONE;
}
