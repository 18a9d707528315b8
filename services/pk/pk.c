// SPDX-License-Identifier: Apache-2.0
#include "services/pk/pk.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>

#include "common/base/log.h"
#include "services/pk/completion.h"
#include "services/pk/fill.h"
#include "services/pk/help.h"
#include "services/pk/show.h"

enum {
    ARENA_BYTES = 256 * 1024 * 1024,
    DEFAULT_TIMEOUT_MS = 10 * 1000,
};

/** What is written is UTF-8, whatever the environment says: the register is, and a cron job has no locale. */
static void set_locale(void)
{
    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_NUMERIC, "C");
}

/** Sends the command's message and shows the reply. */
static int run_message(struct pk *pk)
{
    const struct command *command = pk->arguments.command;
    char id[SESSION_ID_BYTES];
    struct client_answer answer;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    if (code != EXIT_DONE)
        return code;
    code = session_call(pk, arguments_own(&pk->arguments, OWN_SERVICE), command->message, pk->body, id, &pk->arena,
                        &answer);
    if (code != EXIT_DONE) {
        if (command->refused && answer.outcome == CLIENT_REFUSED)
            command->refused(pk, answer.refusal.code);
        return code;
    }
    show_reply(pk, answer.reply);
    return command->verdict ? command->verdict(pk, answer.reply) : EXIT_DONE;
}

/** A command that was found, with its arguments. */
static int run_command(struct pk *pk)
{
    const struct command *command = pk->arguments.command;
    int code = fill_body(&pk->arguments, &pk->arena, &pk->body);
    if (code == EXIT_DONE)
        code = show_check(pk);
    if (code != EXIT_DONE)
        return code;
    return command->run ? command->run(pk) : run_message(pk);
}

static int run(struct pk *pk)
{
    const struct arguments *arguments = &pk->arguments;
    if (arguments_has(arguments, OWN_VERSION)) {
        puts("pk " PERSONKORT_VERSION);
        return EXIT_DONE;
    }
    if (arguments_has(arguments, OWN_HELP) || (arguments->noun && !arguments->command)) {
        help_print(stdout, arguments->noun, arguments->command);
        return EXIT_DONE;
    }
    if (!arguments->noun) {
        help_print(stderr, NULL, NULL);
        return EXIT_USAGE;
    }
    return run_command(pk);
}

/** What could not be written was not told: that is no success. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("pk: the output cannot be written");
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

int pk_main(int argc, char **argv)
{
    static struct pk pk; // large, and one a process
    set_locale();
    log_set_name("pk");
    log_set_level(LOG_LEVEL_ERROR);
    if (argc > 1 && strcmp(argv[1], COMPLETION_WORD) == 0)
        return completion_offer((size_t)argc - 2, argv + 2);
    int code = arguments_parse(argc, argv, &pk.arguments);
    if (code != EXIT_DONE)
        return code;
    arena_init(&pk.arena, ARENA_BYTES);
    code = flush_output(run(&pk));
    session_close(&pk.session);
    arena_fini(&pk.arena);
    arguments_fini(&pk.arguments);
    return code;
}
