// SPDX-License-Identifier: Apache-2.0
/**
 * Options: what a command takes, made from the fields of its message and from pk's own options.
 *
 *     field given_name, line        --given-name TEXT
 *     field body, text              --body TEXT, where - is standard input; --body-file FILE
 *     field start_ms, time          --start TIME
 *     field active, bool            --active, --no-active
 *     field groups, list            --groups ID,ID, and again
 *     field email, clearable        --email TEXT, --clear-email
 *     field names, a struct         --names-sv TEXT, --names-en TEXT
 *     field consents, structs       --consents KEY=VALUE,KEY=VALUE, once an element
 *     field own, pairs of texts     --own VALUE=VALUE, once an element
 *     field where, of a question    --region VALUE,VALUE and --not-region VALUE,VALUE, of each search_field: terms added to the field's text
 */
#ifndef SERVICES_PK_OPTIONS_H
#define SERVICES_PK_OPTIONS_H

#include "services/pk/command.h"

enum option_kind {
    OPTION_VALUE, // sets the field, or adds to its list
    OPTION_TRUE,  // sets a bool field
    OPTION_FALSE,
    OPTION_CLEAR, // takes the field's value away
    OPTION_FILE,  // sets a text field to a file's content
    OPTION_TERM,  // adds a term to a text field that is a question for persons
    OPTION_NOT_TERM,
    OPTION_OWN,
};

/** A field of a message, or of a struct within it. */
struct field_path {
    const struct field_desc *outer; // NULL: the field is the message's own
    const struct field_desc *field;
};

enum { OPTION_NAME_BYTES = 80, OPTION_ARGUMENT_BYTES = 96, OPTIONS_MOST = 160 };

struct option {
    enum option_kind kind;
    char name[OPTION_NAME_BYTES];         // without its dashes
    char argument[OPTION_ARGUMENT_BYTES]; // what stands for its value; "": it has none
    const char *doc;                      // borrows: the schema, the own options
    struct field_path path;               // all but OPTION_OWN
    enum own own;                         // OPTION_OWN
    const char *preset;                   // NULL: none
    const char *term;                     // OPTION_TERM and OPTION_NOT_TERM: what it asks for
    bool is_required;
    bool is_repeatable;
};

struct option_list {
    const struct command *command; // NULL: none is known yet, the list has the global options
    size_t count;
    struct option items[OPTIONS_MOST];
};

/** Fields first, in the schema's order, then pk's own. `command` may be NULL. */
void options_of(const struct command *command, struct option_list *out_list);

/** The option of that name without its dashes, or NULL. */
const struct option *options_find(const struct option_list *list, struct text name);

/** The name nearest to a misspelt one, or NULL. */
const char *options_near(const struct option_list *list, struct text name);

/** The option that sets a field of the message, by the field's path as "names.sv"; NULL when none does. */
const struct option *options_of_field(const struct option_list *list, struct text path);

/** Name of a command's argument for help, in capitals, as PERSON. Writes at most `size` bytes. */
void positional_name(const struct positional *positional, char *out, size_t size);

/** Whether the command can do without it. */
bool positional_is_optional(const struct option_list *list, const struct positional *positional);

/** Whether it can be given several times. */
bool positional_is_repeatable(const struct option_list *list, const struct positional *positional);

/** The argument without a name that sets the option's field, or NULL. */
const struct positional *option_positional(const struct option_list *list, const struct option *option);

/** What people call it in messages: PERSON for an argument without a name, --email for any other. */
void option_label(const struct option_list *list, const struct option *option, char out[OPTION_NAME_BYTES]);

/** The element of an enum option's field, or NULL for other kinds. */
const struct enum_desc *option_words(const struct option *option);

/** Number of a command's arguments without a name. */
size_t positional_count(const struct command *command);

#endif
