// SPDX-License-Identifier: Apache-2.0
#include "services/web/web.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/client/live_json.h"
#include "common/service/version.h"
#include "services/web/http.h"
#include "services/web/lines.h"
#include "services/web/metrics.h"

enum {
    ASK_TIMEOUT_MS = 2000,
    PROBLEM_BYTES = 512,
    PAUSE_MS = 100, // between two documents, however fast figures change; and two looks whether lines are taken
    MOST_REFRESH_S = 3600,
};

struct web {
    const char *bus_path;
    const char *listen;
    bool prints_lines;
    int64_t refresh_s; // 0: as usual
    struct lines lines;
    struct bus_map map;
    struct bus *bus;
    struct client *client;
    struct live *live;
    struct http *http;
    struct buffer document;
    bool is_changed; // since the document was written
    bool was_current;
    int64_t written_seq;
    int64_t written_ms;
};

static const struct argp_option options[] = {
    {"bus", 'b', "FILE", 0,
     "File with the addresses of all services. Default: $PERSONKORT_BUS, or /etc/personkort/bus.zpl", 0},
    {"listen", 'l', "ADDRESS:PORT", 0,
     "Where /metrics is served. Default: 127.0.0.1:9464, for this machine alone; port 0 takes any", 0},
    {"lines", 'j', NULL, 0, "Print each figure that changes as a line of JSON", 0},
    {"refresh", 'r', "SECONDS", 0,
     "How often all figures are asked for, though none is known to be missing. Default: 10", 0},
    {0},
};

/** Ends the program when it is no such number. */
static int64_t read_seconds(const char *argument, const struct argp_state *state)
{
    char *end = NULL;
    long seconds = strtol(argument, &end, 10);
    if (end == argument || *end || seconds < 1 || seconds > MOST_REFRESH_S)
        argp_error(state, "--refresh: give 1 to %d seconds", MOST_REFRESH_S);
    return seconds;
}

// NOLINTNEXTLINE(readability-non-const-parameter): argp says what it is
static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct web *web = state->input;
    if (key == 'b')
        web->bus_path = argument;
    else if (key == 'l')
        web->listen = argument;
    else if (key == 'j')
        web->prints_lines = true;
    else if (key == 'r')
        web->refresh_s = read_seconds(argument, state);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Keeps the figures of activities current: asks stats for them, follows what it publishes, and asks again "
           "where something was "
           "missed. Serves them at /metrics, as Prometheus reads them.",
};

static void note_change(void *user, const struct live_value *value)
{
    struct web *web = user;
    web->is_changed = true;
    if (web->prints_lines)
        lines_add(&web->lines, live_json(value));
}

static enum fault open_all(struct web *web)
{
    char problem[PROBLEM_BYTES];
    enum fault fault = bus_map_load(web->bus_path, &web->map, problem, sizeof problem);
    if (fault != FAULT_NONE) {
        LOG(LOG_LEVEL_ERROR, "the bus file cannot be used", log_name("problem", problem));
        return fault;
    }
    fault = bus_open(&web->bus);
    if (fault == FAULT_NONE && *web->map.curve.key)
        fault = bus_take_key(web->bus, web->map.curve.key, web->map.curve.server_public);
    const struct client_config client = {
        .bus = web->bus, .map = &web->map, .source = "web", .timeout_ms = ASK_TIMEOUT_MS};
    if (fault == FAULT_NONE)
        fault = client_open(&client, &web->client);
    const struct live_config live = {
        .bus = web->bus,
        .map = &web->map,
        .client = web->client,
        .refresh_ms = web->refresh_s * 1000,
        .changed = note_change,
        .user = web,
    };
    if (fault == FAULT_NONE && !bus_map_find(&web->map, TEXT("stats"))) {
        LOG(LOG_LEVEL_ERROR, "the bus file has no stats", log_name("path", web->bus_path));
        return FAULT_CONFIG;
    }
    if (fault == FAULT_NONE)
        fault = live_open(&live, &web->live);
    return fault == FAULT_NONE ? http_open(web->listen, &web->http) : fault;
}

static void close_all(struct web *web)
{
    http_close(web->http);
    live_close(web->live);
    if (web->client)
        client_close(web->client);
    if (web->bus)
        bus_close(web->bus);
    buffer_fini(&web->document);
    lines_fini(&web->lines);
}

/** Writes the document anew if it has to be, and it is time; else how many milliseconds until then, -1: it has not to be. */
static int write_document(struct web *web)
{
    int64_t now_ms = clock_monotonic_ms(clock_system());
    bool is_current = live_is_current(web->live);
    if (!web->is_changed && is_current == web->was_current && live_seq(web->live) == web->written_seq)
        return -1;
    if (now_ms - web->written_ms < PAUSE_MS)
        return (int)(PAUSE_MS - (now_ms - web->written_ms));
    if (is_current != web->was_current)
        LOG(is_current ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
            is_current ? "the figures are current" : "the figures may not be current",
            log_int("seq", live_seq(web->live)),
            log_name("why", live_problem(web->live) ? live_problem(web->live) : ""));
    web->was_current = is_current;
    web->is_changed = false;
    web->written_ms = now_ms;
    web->written_seq = live_seq(web->live);
    buffer_reset(&web->document);
    metrics_write(web->live, &web->document);
    if (!web->document.failed)
        http_set(web->http, buffer_bytes(&web->document));
    return -1;
}

/** All figures, for whom some lines were left out. */
static void print_all(struct web *web)
{
    size_t count;
    const struct live_value *values = live_figures(web->live, &count);
    for (size_t i = 0; i < count; i++)
        lines_add(&web->lines, live_json(&values[i]));
}

/** Milliseconds until there is something to be done, though nothing comes. */
static int next_ms(struct web *web)
{
    int due_ms = live_due_ms(web->live), wait_ms = write_document(web);
    if (wait_ms >= 0 && wait_ms < due_ms)
        due_ms = wait_ms;
    return lines_wait(&web->lines) && due_ms > PAUSE_MS ? PAUSE_MS : due_ms;
}

/** Until a signal comes, or whom lines are for is gone. */
static void run(struct web *web, int signal_fd)
{
    struct bus_poll_item items[] = {{.fd = signal_fd}, {.socket = live_socket(web->live)}};
    while (!items[0].readable && !web->lines.is_broken) {
        bus_poll(items, 2, next_ms(web));
        live_turn(web->live);
        lines_flush(&web->lines);
        if (lines_begin_again(&web->lines))
            print_all(web);
    }
}

int web_main(int argc, char **argv)
{
    struct web web = {.bus_path = bus_map_default_path(), .listen = "127.0.0.1:9464", .is_changed = true};
    argp_program_version = "personkort " PERSONKORT_VERSION;
    if (argp_parse(&argp, argc, argv, 0, NULL, &web) != 0)
        return EXIT_FAILURE;
    buffer_init(&web.document, METRICS_MOST_BYTES);
    lines_init(&web.lines, STDOUT_FILENO);
    signal(SIGPIPE, SIG_IGN);
    bus_block_signals();
    int signal_fd = bus_signal_fd();
    enum fault fault = signal_fd < 0 ? FAULT_IO : open_all(&web);
    if (fault == FAULT_NONE) {
        write_document(&web); // that nothing is known is known at once
        LOG(LOG_LEVEL_INFO, "started", log_int("port", http_port(web.http)));
        run(&web, signal_fd);
        LOG(LOG_LEVEL_INFO, web.lines.is_broken ? "stopped, for lines can no longer be printed" : "stopped",
            log_int("seq", live_seq(web.live)));
    }
    close_all(&web);
    if (signal_fd >= 0)
        close(signal_fd);
    return fault == FAULT_NONE && !web.lines.is_broken ? EXIT_SUCCESS : EXIT_FAILURE;
}
