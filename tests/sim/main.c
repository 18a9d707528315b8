// SPDX-License-Identifier: Apache-2.0
/** sim: simulates one seed after another; README.md here says what that is. */
#include <argp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/must.h"
#include "tests/sim/world.h"

struct arguments {
    uint64_t first;
    uint64_t last;
    uint64_t steps;
    bool trace;
};

static uint64_t running_seed;

static void parse_seeds(struct argp_state *state, const char *value, struct arguments *arguments)
{
    char *end;
    arguments->first = arguments->last = strtoull(value, &end, 10);
    if (end != value && *end == '-')
        arguments->last = strtoull(end + 1, &end, 10);
    if (end == value || *end || arguments->last < arguments->first)
        argp_error(state, "'%s' are no seeds; write them as 1-1000", value);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    char *end = NULL;
    switch (key) {
    case 's':
        parse_seeds(state, value, arguments);
        return 0;
    case 'n':
        arguments->steps = strtoull(value, &end, 10);
        if (*end || arguments->steps == 0 || arguments->steps > 5000)
            argp_error(state, "'%s' is no number of steps; 5000 are the most that the model has room for", value);
        return 0;
    case 't':
        arguments->trace = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/** A broken `must`, or a sanitizer, ends the program: says at least in which seed. */
static void on_abort(int signal_number)
{
    char line[80] = "sim: died in seed ";
    char digits[24];
    size_t len = strlen(line), count = 0;
    uint64_t rest = running_seed;
    (void)signal_number;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    while (count > 0)
        line[len++] = digits[--count];
    line[len++] = '\n';
    ssize_t written = write(STDOUT_FILENO, line, len);
    (void)written;
    signal(SIGABRT, SIG_DFL);
}

/** Runs one seed; says what does not hold, and with `out` all that happened. */
static bool run(const struct arguments *arguments, uint64_t seed, FILE *out)
{
    const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    struct world *world = malloc(sizeof *world);
    must(world);
    running_seed = seed;
    world_init(world, seed, root, out);
    bool holds = world_run(world, arguments->steps);
    if (!holds) {
        printf("sim: seed %llu, %s\n", (unsigned long long)seed, world->failure);
        fflush(stdout);
    }
    world_fini(world);
    free(world);
    return holds;
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"seeds", 's', "A-B", 0, "The seeds to simulate, or one of them (default: 1-100)", 0},
        {"seed", 's', NULL, OPTION_ALIAS, NULL, 0},
        {"steps", 'n', "N", 0, "How many things happen in each before all becomes calm (default: 400)", 0},
        {"trace", 't', NULL, 0, "Print what happens", 0},
        {0},
    };
    static const struct argp argp = {options,
                                     parse_option,
                                     NULL,
                                     "Simulates the four services under a virtual clock and network. Stops at the "
                                     "first seed in which something does not hold, and prints what happened in it.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct arguments arguments = {.first = 1, .last = 100, .steps = 400};
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    signal(SIGABRT, on_abort);
    for (uint64_t seed = arguments.first; seed <= arguments.last; seed++) {
        if (run(&arguments, seed, arguments.trace ? stdout : NULL))
            continue;
        if (!arguments.trace)
            run(&arguments, seed, stdout);
        printf("sim: to see it again: --seed %llu --steps %llu --trace\n", (unsigned long long)seed,
               (unsigned long long)arguments.steps);
        return 1;
    }
    printf("sim: all holds in seeds %llu to %llu, of %llu steps each\n", (unsigned long long)arguments.first,
           (unsigned long long)arguments.last, (unsigned long long)arguments.steps);
    return 0;
}
