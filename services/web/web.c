// SPDX-License-Identifier: Apache-2.0
#include "services/web/web.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/client/live.h"
#include "common/service/version.h"
#include "services/web/http.h"
#include "services/web/lines.h"
#include "services/web/metrics.h"

enum {
    ASK_TIMEOUT_MS = 2000,
    PROBLEM_BYTES = 512,
    WRITE_PAUSE_MS = 100, // between two documents, however fast figures change
};

struct web {
    const char *bus_path;
    const char *listen;
    bool prints_lines;
    struct bus_map map;
    struct bus *bus;
    struct client *client;
    struct live *live;
    struct http *http;
    struct buffer document;
    bool is_changed; // since the document was written
    bool was_current;
    int64_t written_ms;
};

static const struct argp_option options[] = {
    {"bus", 'b', "FILE", 0, "File with the addresses of all services. Default: /etc/personkort/bus.zpl", 0},
    {"listen", 'l', "ADDRESS:PORT", 0,
     "Where /metrics is served. Default: 127.0.0.1:9464, for this machine alone; port 0 takes any", 0},
    {"lines", 'j', NULL, 0, "Print each figure that changes as a line of JSON", 0},
    {0},
};

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
        lines_print(value);
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
        .bus = web->bus, .map = &web->map, .client = web->client, .changed = note_change, .user = web};
    if (fault == FAULT_NONE)
        fault = live_open(&live, &web->live);
    if (fault == FAULT_CONFIG)
        LOG(LOG_LEVEL_ERROR, "the bus file has no stats", log_name("path", web->bus_path));
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
}

/** Writes the document anew if it has to be, and it is time; else how many milliseconds until then, -1: it has not to be. */
static int write_document(struct web *web)
{
    int64_t now_ms = clock_monotonic_ms(clock_system());
    bool is_current = live_is_current(web->live);
    if (!web->is_changed && is_current == web->was_current)
        return -1;
    if (now_ms - web->written_ms < WRITE_PAUSE_MS)
        return (int)(WRITE_PAUSE_MS - (now_ms - web->written_ms));
    if (is_current != web->was_current)
        LOG(is_current ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
            is_current ? "the figures are current" : "the figures may not be current",
            log_int("seq", live_seq(web->live)));
    web->was_current = is_current;
    web->is_changed = false;
    web->written_ms = now_ms;
    buffer_reset(&web->document);
    metrics_write(web->live, &web->document);
    if (!web->document.failed)
        http_set(web->http, buffer_bytes(&web->document));
    return -1;
}

/** Until a signal comes. */
static void run(struct web *web, int signal_fd)
{
    struct bus_poll_item items[] = {{.fd = signal_fd}, {.socket = live_socket(web->live)}};
    while (!items[0].readable && !(web->prints_lines && ferror(stdout))) { // whom lines are for may be gone
        int wait_ms = write_document(web), due_ms = live_due_ms(web->live);
        bus_poll(items, 2, wait_ms >= 0 && wait_ms < due_ms ? wait_ms : due_ms);
        live_turn(web->live);
    }
}

int web_main(int argc, char **argv)
{
    struct web web = {.bus_path = "/etc/personkort/bus.zpl", .listen = "127.0.0.1:9464"};
    argp_program_version = "personkort " PERSONKORT_VERSION;
    if (argp_parse(&argp, argc, argv, 0, NULL, &web) != 0)
        return EXIT_FAILURE;
    buffer_init(&web.document, METRICS_MOST_BYTES);
    bus_block_signals();
    int signal_fd = bus_signal_fd();
    enum fault fault = signal_fd < 0 ? FAULT_IO : open_all(&web);
    if (fault == FAULT_NONE) {
        LOG(LOG_LEVEL_INFO, "started", log_int("port", http_port(web.http)));
        run(&web, signal_fd);
        LOG(LOG_LEVEL_INFO, "stopped", log_int("seq", live_seq(web.live)));
    }
    close_all(&web);
    if (signal_fd >= 0)
        close(signal_fd);
    return fault == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
