// SPDX-License-Identifier: Apache-2.0
/** `pk service ping` and what `pk service health` decides. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "proto/service.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum { DEFAULT_TIMEOUT_MS = 5 * 1000, MOST_PINGS = 100000 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int order(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static int ask(struct pk *pk, const char *service, size_t count, double *out_ms)
{
    static const struct service_ping query;
    for (size_t i = 0; i < count; i++) {
        struct client_answer answer;
        struct arena_mark mark = arena_mark(&pk->arena);
        double start = now_ms();
        int code = session_call(pk, service, &service_ping_message, &query, NULL, &pk->arena, &answer);
        out_ms[i] = now_ms() - start;
        arena_rewind(&pk->arena, mark);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/** Round trips, sorted. */
static void show(const struct pk *pk, const char *service, size_t count, const double *ms)
{
    const struct {
        const char *name;
        double ms;
    } columns[] = {
        {"min_ms", ms[0]},
        {"median_ms", ms[count / 2]},
        {"p99_ms", ms[(count * 99) / 100]},
        {"max_ms", ms[count - 1]},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    char number[32];
    if (arguments_has(&pk->arguments, OWN_JSON)) {
        json_t *json = need(json_object());
        json_put(json, "service", json_of_text(text_of(service)));
        json_put(json, "count", json_integer((json_int_t)count));
        for (size_t i = 0; i < COLUMNS; i++)
            json_put(json, columns[i].name, need(json_real(columns[i].ms)));
        json_print(json);
        return;
    }
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    table_add_column(table, "service", false);
    table_add_column(table, "count", true);
    for (size_t i = 0; i < COLUMNS; i++)
        table_add_column(table, columns[i].name, true);
    table_add_line(table);
    table_set(table, 0, service);
    snprintf(number, sizeof number, "%zu", count);
    table_set(table, 1, number);
    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(number, sizeof number, "%.3f", columns[i].ms);
        table_set(table, 2 + i, number);
    }
    table_print(table);
}

int run_ping(struct pk *pk)
{
    const char *service = arguments_own(&pk->arguments, OWN_SERVICE);
    int64_t count = 1;
    int code = arguments_number(&pk->arguments, OWN_COUNT_PINGS, 1, MOST_PINGS, 1, &count);
    if (code == EXIT_DONE)
        code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code != EXIT_DONE)
        return code;
    double *ms = need(calloc((size_t)count, sizeof *ms));
    code = ask(pk, service, (size_t)count, ms);
    if (code == EXIT_DONE) {
        qsort(ms, (size_t)count, sizeof *ms, order);
        show(pk, service, (size_t)count, ms);
    }
    free(ms);
    return code;
}

int verdict_health(const struct pk *pk, const void *reply)
{
    (void)pk;
    const struct service_health_reply *health = reply;
    return health->health == HEALTH_OK ? EXIT_DONE : EXIT_FAILED;
}
