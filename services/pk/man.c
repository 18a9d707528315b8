// SPDX-License-Identifier: Apache-2.0
/** The manual page, pk(1), from the table of commands: man(7) macros. */
#include <stdio.h>
#include <stdlib.h>

#include "services/pk/exit_code.h"
#include "services/pk/help.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"

/** Text as roff prints it: nothing in it is a request, dashes stay dashes. */
static void print_text(const char *text)
{
    bool starts_line = true;
    for (; *text; text++) {
        if (starts_line && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        starts_line = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else if (*text == '^')
            fputs("\\(ha", stdout);
        else if (*text == '~')
            fputs("\\(ti", stdout);
        else
            putchar(*text);
    }
}

static void print_line(const char *text)
{
    print_text(text);
    putchar('\n');
}

static void print_section(const char *name)
{
    printf(".SH \"%s\"\n", name);
}

static void print_option(const struct option *option)
{
    char doc[HELP_DOC_BYTES];
    fputs(".TP\n\\fB\\-\\-", stdout);
    print_text(option->name);
    fputs("\\fR", stdout);
    if (option->argument[0]) {
        fputs(" \\fI", stdout);
        print_text(option->argument);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    help_option_doc(option, doc);
    print_line(doc);
    const struct enum_desc *words = option_words(option);
    for (size_t i = 0; words && i < words->count; i++) {
        fputs(".br\n\\fB", stdout);
        print_text(words->values[i].name);
        fputs("\\fR: ", stdout);
        print_line(words->values[i].doc);
    }
}

static void print_options(const struct option_list *list, bool is_global)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct option *option = &list->items[i];
        if ((option->kind == OPTION_OWN && (OWN_GLOBAL & OWN_BIT(option->own))) == is_global)
            print_option(option);
    }
}

static void print_command(const struct command *command)
{
    struct option_list list;
    char *usage = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&usage, &len);
    if (!memory)
        return;
    help_print_usage(memory, command);
    fclose(memory);
    options_of(command, &list);
    fputs(".SS \"", stdout);
    print_text(usage);
    puts("\"");
    free(usage);
    print_line(command->summary);
    puts(".PP");
    print_line(help_about(command));
    print_options(&list, false);
    puts(".PP\nFor example:\n.PP\n.RS\n.nf");
    for (const char *const *example = command->examples; *example; example++)
        print_line(*example);
    puts(".fi\n.RE");
}

static void print_head(void)
{
    puts(".\\\" Written by pk man from the table of commands; do not edit.");
    puts(".TH PK 1 \"\" \"personkort " PERSONKORT_VERSION "\" \"personkort\"");
    print_section("NAME");
    puts("pk \\- the operator\\(aqs command line of personkort");
    print_section("SYNOPSIS");
    puts("\\fBpk\\fR [\\fIOPTION\\fR\\&...] \\fICOMMAND\\fR [\\fIARGUMENT\\fR\\&...] [\\fIOPTION\\fR\\&...]");
    print_section("DESCRIPTION");
    print_line(
        "Each command sends one message to a service of personkort and shows its answer: a table for people, JSON for "
        "programs. Options are the fields of the message. Data goes to standard output, everything else to standard "
        "error.");
    puts(".PP");
    print_line(HELP_TIMES);
    print_line(HELP_FILES);
    print_line("An option for a list can be given several times, and several ids with commas between.");
}

static void print_tail(void)
{
    print_section("EXIT STATUS");
    for (size_t i = 0; i < EXIT_INFO_COUNT; i++) {
        printf(".TP\n\\fB%d\\fR\n", exit_infos[i].code);
        print_line(exit_infos[i].doc);
    }
    print_section("ENVIRONMENT");
    puts(".TP\n\\fBPERSONKORT_BUS\\fR\nThe file with the addresses of all services, unless \\-\\-bus is given.");
    puts(".TP\n\\fBPERSONKORT_KEY\\fR\nThe file of the key pair to come in with over tcp, unless \\-\\-key is given.");
    puts(".TP\n\\fBUSER\\fR\nWho acts, unless \\-\\-actor is given.");
    puts(".TP\n\\fBTZ\\fR\nThe zone of local times.");
    print_section("FILES");
    puts(".TP\n\\fB/etc/personkort/bus.zpl\\fR\nThe addresses of all services.");
}

int run_man(struct pk *pk)
{
    struct option_list globals;
    (void)pk;
    options_of(NULL, &globals);
    print_head();
    print_section("OPTIONS");
    puts("Every command takes these.");
    print_options(&globals, true);
    print_section("COMMANDS");
    for (size_t i = 0; i < command_count; i++)
        print_command(&commands[i]);
    print_tail();
    return EXIT_DONE;
}
