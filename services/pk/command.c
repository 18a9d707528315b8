// SPDX-License-Identifier: Apache-2.0
#include "services/pk/command.h"

#include "services/pk/near.h"

enum { MOST_VERBS = 32 };

static bool is_of_noun(const struct command *command, struct text noun)
{
    return text_equal(text_of(command->noun), noun);
}

const struct command *command_find(struct text noun, struct text verb)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        bool is_meant = verb.len ? command->verb && text_equal(text_of(command->verb), verb)
                                 : !command->verb || command->is_default;
        if (is_meant && is_of_noun(command, noun))
            return command;
    }
    return NULL;
}

const struct command *command_of_noun(struct text noun)
{
    for (size_t i = 0; i < command_count; i++)
        if (is_of_noun(&commands[i], noun))
            return &commands[i];
    return NULL;
}

bool command_is_alone(const struct command *command)
{
    return !command->verb;
}

const char *command_near_noun(struct text noun)
{
    const char *nouns[128];
    size_t count = 0;
    for (size_t i = 0; i < command_count && count < sizeof nouns / sizeof *nouns; i++)
        if (i == 0 || !is_of_noun(&commands[i - 1], text_of(commands[i].noun)))
            nouns[count++] = commands[i].noun;
    return near_name(nouns, count, noun);
}

const char *command_near_verb(struct text noun, struct text verb)
{
    const char *verbs[MOST_VERBS];
    size_t count = 0;
    for (size_t i = 0; i < command_count && count < MOST_VERBS; i++)
        if (commands[i].verb && is_of_noun(&commands[i], noun))
            verbs[count++] = commands[i].verb;
    return near_name(verbs, count, verb);
}
