// SPDX-License-Identifier: Apache-2.0
#include "common/service/keeper.h"

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"

enum { AGAIN_S = 1 };

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t child_pid;

static void pass_on(int signal_number)
{
    stopping = 1;
    if (child_pid > 0)
        kill((pid_t)child_pid, signal_number);
}

static void listen_for(int signal_number)
{
    struct sigaction action = {.sa_handler = pass_on};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/** What the child must not inherit: the keeper's handlers, and a life beyond the keeper's. */
static void become_service(pid_t keeper)
{
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != keeper) // it died before the line above
        _exit(EXIT_FAILURE);
}

/** Waits for the child to end; its status as waitpid gives it. */
static int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) != child) {
    }
    return status;
}

static bool is_final(int status)
{
    return WIFEXITED(status) && (WEXITSTATUS(status) == EXIT_SUCCESS || WEXITSTATUS(status) == argp_err_exit_status);
}

void keep_running(void)
{
    const pid_t keeper = getpid();
    const struct timespec pause = {.tv_sec = AGAIN_S};
    listen_for(SIGTERM);
    listen_for(SIGINT);
    while (!stopping) {
        pid_t child = fork();
        if (child == 0) {
            become_service(keeper);
            return;
        }
        if (child < 0) {
            nanosleep(&pause, NULL);
            continue;
        }
        child_pid = child;
        if (stopping) // the signal came before there was a child to pass it to
            kill(child, SIGTERM);
        int status = wait_for(child);
        child_pid = 0;
        if (is_final(status) || stopping)
            exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
        LOG(LOG_LEVEL_ERROR, "the service died and is started again",
            log_int("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
            log_int("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
        nanosleep(&pause, NULL);
    }
    exit(EXIT_SUCCESS);
}
