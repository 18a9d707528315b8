// SPDX-License-Identifier: Apache-2.0
/**
 * Commands: the one table that gives parser, help, completion and manual page.
 *
 * A row names a message; its options are the message's fields, with the schema's documentation (options.h), and its answer is
 * shown by the reply's fields (show.h). So a field added in proto/ is here without code. Only commands that are more than one
 * message have a function of their own. Constant tables; any thread.
 */
#ifndef SERVICES_PK_COMMAND_H
#define SERVICES_PK_COMMAND_H

#include "common/base/text.h"
#include "common/wire/desc.h"
#include "proto/errors.gen.h"
#include "services/pk/own_options.h"

struct pk;

/** An argument without a name: a field of the message by its path, or pk's own when that is NULL. */
struct positional {
    const char *field;
    const char *shown; // what stands for it in help; NULL: the field's name in capitals
    enum own own;
    bool is_optional; // of pk's own
};

/** A field's value when it is not given, as it would be typed. */
struct preset {
    const char *field;
    const char *value;
};

/** Another name for a field's option. */
struct renamed {
    const char *field;
    const char *option;
    const char *argument; // what stands for its value; NULL: as its kind has it
};

enum block_style {
    BLOCK_NONE,
    BLOCK_LIST, // a line an element
    BLOCK_CARD, // a line a field
};

/** A part of the reply as people are shown it. A command without blocks shows its reply as one line. */
struct block {
    enum block_style style;
    const char *field;   // of the reply, or a path to one, as compared.differences; NULL: the reply itself
    const char *columns; // paths of the struct's fields, with commas between; NULL: all
};

enum {
    COMMAND_POSITIONAL = 3,
    COMMAND_PRESETS = 2,
    COMMAND_RENAMED = 2,
    COMMAND_BLOCKS = 2,
    COMMAND_EXAMPLES = 4,
};

struct command {
    const char *noun;
    const char *verb;    // NULL: the noun alone is the command
    bool is_default;     // what the noun means without a verb
    const char *summary; // one line
    const char *about;   // NULL: the message's own documentation
    const struct message_desc *message;
    struct positional positional[COMMAND_POSITIONAL + 1];
    struct preset presets[COMMAND_PRESETS + 1];
    struct renamed renamed[COMMAND_RENAMED + 1];
    const char *hidden;   // fields that `run` fills in, with commas between
    const char *question; // a field that is a question for persons: what it can ask for are options
    uint64_t own;         // OWN_BIT of the options it takes beside the global ones
    struct block blocks[COMMAND_BLOCKS + 1];
    const struct struct_desc *awaited;                      // what --wait shows instead of the reply
    int (*run)(struct pk *pk);                              // NULL: sends the message and shows the reply
    int (*verdict)(const struct pk *pk, const void *reply); // exit code by a reply that was shown; NULL: EXIT_DONE
    void (*refused)(struct pk *pk,
                    enum error_code why); // tells more of a refusal that was said; NULL: there is no more
    const char *examples[COMMAND_EXAMPLES + 1];
};

extern const struct command commands[];
extern const size_t command_count;

/** The command, or NULL. An empty verb finds the noun's only or default command. */
const struct command *command_find(struct text noun, struct text verb);

/** The first command of a noun, or NULL; its others follow it. */
const struct command *command_of_noun(struct text noun);

/** Whether the noun stands alone, without verbs. */
bool command_is_alone(const struct command *command);

/** The noun or, of that noun, the verb nearest to a misspelt one; NULL when none is near. */
const char *command_near_noun(struct text noun);
const char *command_near_verb(struct text noun, struct text verb);

#endif
