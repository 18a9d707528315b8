// SPDX-License-Identifier: Apache-2.0
#include "services/pk/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/must.h"
#include "services/pk/exit_code.h"

/** Written only while `under_way` is 0; the handler reads it only while it is 1. */
static char last_words[201];
static volatile sig_atomic_t under_way;

static void end(int signal_number)
{
    (void)signal_number;
    if (under_way) {
        ssize_t written = write(STDERR_FILENO, last_words, strlen(last_words));
        (void)written;
    }
    _exit(EXIT_INTERRUPTED);
}

void interrupt_ends_program(void)
{
    struct sigaction action = {.sa_handler = end};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    must(sigaction(SIGINT, &action, NULL) == 0);
    must(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    must(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}

void interrupt_tells(const char *words)
{
    under_way = 0;
    if (!words)
        return;
    snprintf(last_words, sizeof last_words, "%s", words);
    under_way = 1;
}

void interrupt_tells_id(const char *id)
{
    char words[sizeof last_words];
    snprintf(words, sizeof words,
             "\npk: interrupted; the command may have been done: the same with --id %.64s does it once, or tells\n",
             id ? id : "");
    interrupt_tells(id ? words : NULL);
}
