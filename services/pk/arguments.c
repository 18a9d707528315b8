// SPDX-License-Identifier: Apache-2.0
#include "services/pk/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/client/need.h"
#include "services/pk/exit_code.h"
#include "services/pk/near.h"

enum { LONGEST_SECONDS = 600 };

/** A command line that is being read. */
struct reading {
    struct arguments *arguments;
    char **next;     // the next word
    size_t words;    // arguments without a name so far
    bool only_words; // after --
};

int arguments_usage(const struct arguments *arguments)
{
    const struct command *command = arguments->command;
    if (command && command->verb)
        fprintf(stderr, "pk: see pk %s %s --help\n", command->noun, command->verb);
    else if (arguments->noun)
        fprintf(stderr, "pk: see pk %s --help\n", arguments->noun);
    else
        fputs("pk: see pk --help\n", stderr);
    return EXIT_USAGE;
}

/** The word itself when it looks like a name of ours, in quotes; nothing otherwise. */
static void say_unknown(const char *what, struct text word, const char *dashes, const char *near)
{
    fprintf(stderr, "pk: there is no such %s", what);
    if (is_name_like(word))
        fprintf(stderr, " as %s%.*s", dashes, (int)word.len, word.data);
    if (near)
        fprintf(stderr, "; did you mean %s%s?", dashes, near);
    fputc('\n', stderr);
}

static void give(struct arguments *arguments, const struct option *option, enum own own, const char *value)
{
    arguments->given[arguments->count++] = (struct given){option, own, value};
}

static void choose(struct arguments *arguments, const struct command *command)
{
    arguments->command = command;
    options_of(command, &arguments->options);
}

/** The first word. */
static int take_noun(struct arguments *arguments, const char *word)
{
    const struct command *first = command_of_noun(text_of(word));
    if (!first) {
        say_unknown("command", text_of(word), "", command_near_noun(text_of(word)));
        return arguments_usage(arguments);
    }
    arguments->noun = first->noun;
    if (command_is_alone(first))
        choose(arguments, first);
    return EXIT_DONE;
}

/** The second word. */
static int take_verb(struct arguments *arguments, const char *word)
{
    struct text noun = text_of(arguments->noun);
    const struct command *command = *word ? command_find(noun, text_of(word)) : NULL;
    if (!command) {
        char what[64];
        snprintf(what, sizeof what, "command of %s", arguments->noun);
        say_unknown(what, text_of(word), "", command_near_verb(noun, text_of(word)));
        return arguments_usage(arguments);
    }
    choose(arguments, command);
    return EXIT_DONE;
}

static int take_positional(struct reading *reading, const char *word)
{
    struct arguments *arguments = reading->arguments;
    const struct command *command = arguments->command;
    size_t most = positional_count(command), at = reading->words;
    if (at >= most && most > 0 && positional_is_repeatable(&arguments->options, &command->positional[most - 1]))
        at = most - 1;
    if (at >= most) {
        fputs("pk: that is one argument too many; put quotes around a text that has spaces\n", stderr);
        return arguments_usage(arguments);
    }
    const struct positional *positional = &command->positional[at];
    const struct option *option =
        positional->field ? options_of_field(&arguments->options, text_of(positional->field)) : NULL;
    give(arguments, option, positional->own, word);
    reading->words++;
    return EXIT_DONE;
}

static int take_word(struct reading *reading, const char *word)
{
    struct arguments *arguments = reading->arguments;
    if (!arguments->noun)
        return take_noun(arguments, word);
    if (!arguments->command)
        return take_verb(arguments, word);
    return take_positional(reading, word);
}

static const struct option *find_option(struct arguments *arguments, struct text name)
{
    const struct option *option = options_find(&arguments->options, name);
    if (option || !arguments->noun || arguments->command)
        return option;
    const struct command *otherwise = command_find(text_of(arguments->noun), text_of(""));
    if (!otherwise)
        return NULL;
    choose(arguments, otherwise);
    arguments->is_implied = true;
    return options_find(&arguments->options, name);
}

/** `word` begins with two dashes. */
static int take_option(struct reading *reading, const char *word)
{
    struct arguments *arguments = reading->arguments;
    const char *equals = strchr(word, '=');
    struct text name = {word + 2, equals ? (size_t)(equals - word - 2) : strlen(word) - 2};
    const struct option *option = find_option(arguments, name);
    if (!option) {
        say_unknown("option", name, "--", options_near(&arguments->options, name));
        return arguments_usage(arguments);
    }
    bool has_value = option->argument[0] != '\0';
    if (!has_value && equals) {
        fprintf(stderr, "pk: --%s takes no value\n", option->name);
        return arguments_usage(arguments);
    }
    if (has_value && !equals && !*reading->next) {
        fprintf(stderr, "pk: --%s needs a value: --%s %s\n", option->name, option->name, option->argument);
        return arguments_usage(arguments);
    }
    const char *value = !has_value ? "" : equals ? equals + 1 : *reading->next++;
    give(arguments, option->kind == OPTION_OWN ? NULL : option, option->own, value);
    return EXIT_DONE;
}

static int take(struct reading *reading, const char *word)
{
    if (reading->only_words || word[0] != '-' || word[1] == '\0')
        return take_word(reading, word);
    if (strcmp(word, "--") == 0) {
        reading->only_words = true;
        return EXIT_DONE;
    }
    if (strcmp(word, "-h") == 0)
        return take_option(reading, "--help");
    if (word[1] == '-')
        return take_option(reading, word);
    fputs("pk: options are written in full, with two dashes; -- before an argument that begins with a dash\n", stderr);
    return arguments_usage(reading->arguments);
}

int arguments_parse(int argc, char **argv, struct arguments *out_arguments)
{
    struct reading reading = {.arguments = out_arguments, .next = argv + 1};
    out_arguments->command = NULL;
    out_arguments->noun = NULL;
    out_arguments->is_implied = false;
    out_arguments->count = 0;
    out_arguments->given = need(calloc((size_t)argc + 1, sizeof *out_arguments->given));
    options_of(NULL, &out_arguments->options);
    int code = EXIT_DONE;
    while (code == EXIT_DONE && *reading.next)
        code = take(&reading, *reading.next++);
    // The noun's default stands for it, but its help tells all its verbs.
    if (code == EXIT_DONE && out_arguments->noun && !out_arguments->command &&
        !arguments_has(out_arguments, OWN_HELP)) {
        const struct command *command = command_find(text_of(out_arguments->noun), text_of(""));
        out_arguments->is_implied = command != NULL;
        if (command)
            choose(out_arguments, command);
    }
    if (code != EXIT_DONE)
        arguments_fini(out_arguments);
    return code;
}

void arguments_fini(struct arguments *arguments)
{
    free(arguments->given);
    arguments->given = NULL;
    arguments->count = 0;
}

const char *arguments_own(const struct arguments *arguments, enum own own)
{
    const char *value = NULL;
    for (size_t i = 0; i < arguments->count; i++)
        if (!arguments->given[i].option && arguments->given[i].own == own)
            value = arguments->given[i].value;
    return value;
}

bool arguments_has(const struct arguments *arguments, enum own own)
{
    return arguments_own(arguments, own) != NULL;
}

int arguments_number(const struct arguments *arguments, enum own own, int64_t least, int64_t most, int64_t otherwise,
                     int64_t *out_number)
{
    const char *value = arguments_own(arguments, own);
    char *end = NULL;
    errno = 0;
    long long number = value ? strtoll(value, &end, 10) : otherwise;
    if (value && (!*value || *end || errno != 0 || number < least || number > most)) {
        fprintf(stderr, "pk: --%s must be a whole number from %lld to %lld\n", own_options[own].name, (long long)least,
                (long long)most);
        return arguments_usage(arguments);
    }
    *out_number = number;
    return EXIT_DONE;
}

int arguments_seconds(const struct arguments *arguments, enum own own, int64_t otherwise_ms, int64_t *out_ms)
{
    const char *value = arguments_own(arguments, own);
    char *end = NULL;
    double seconds = value ? strtod(value, &end) : (double)otherwise_ms / 1000;
    if (value && (!*value || *end || !(seconds >= 0.001) || !(seconds <= LONGEST_SECONDS))) {
        fprintf(stderr, "pk: --%s must be a number of seconds, at most %d\n", own_options[own].name, LONGEST_SECONDS);
        return arguments_usage(arguments);
    }
    *out_ms = (int64_t)(seconds * 1000);
    return EXIT_DONE;
}
