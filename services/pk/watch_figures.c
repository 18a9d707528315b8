// SPDX-License-Identifier: Apache-2.0
/** `pk watch figures`: a subscriber of stats, as a dashboard is. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/frame.h"
#include "proto/service.gen.h"
#include "proto/stats.gen.h"
#include "services/pk/runs.h"
#include "services/pk/time_text.h"
#include "services/pk/watch.h"

enum { DEFAULT_TIMEOUT_MS = 5000, QUEUED_MESSAGES = 10000 };

static const char *const topics[] = {"figures."};

struct watching {
    struct pk *pk;
    struct watch_count count;
    GHashTable *numbers; // topic → number of its last message
};

/** All figures have these fields; what a newer service adds is shown, but not looked at. */
static bool read_figure(struct pk *pk, struct bytes payload, struct figures_total *out_figure)
{
    struct refusal refusal = {.code = ERROR_NONE};
    return codec_decode_frame(&figures_total_desc, payload, CODEC_SKIP_UNKNOWN, &pk->arena, out_figure, &refusal);
}

/** Says how many messages of the topic did not come. A smaller number is a service that started again. */
static void notice_gap(struct watching *watching, struct text topic, int64_t number)
{
    char *name = g_strndup(topic.data, topic.len);
    gint64 *last = g_hash_table_lookup(watching->numbers, name);
    if (last && number > *last + 1)
        fprintf(stderr, "pk: %" PRId64 " figures of %s were missed; pk stats shows all as they are now\n",
                number - *last - 1, name);
    g_hash_table_replace(watching->numbers, name, g_memdup2(&number, sizeof number));
}

static void show(const struct watching *watching, struct text topic, struct bytes payload)
{
    json_t *figure = json_of_msgpack(payload);
    char time[TIME_TEXT_BYTES];
    if (arguments_has(&watching->pk->arguments, OWN_JSON)) {
        json_put(figure, "topic", json_of_text(topic));
        json_print_line(figure);
        return;
    }
    time_format(clock_utc_ms(clock_system()), time);
    printf("%s %.*s ", time, (int)topic.len, topic.data);
    json_print_line(figure);
}

/** Shows all that wait; false when that was enough. */
static bool take_waiting(struct watching *watching, struct bus_socket *subscriber)
{
    struct bus_message message;
    bool goes_on = true;
    while (goes_on) {
        enum bus_received received = bus_receive(subscriber, &message);
        if (received == BUS_NOTHING)
            return true;
        if (received != BUS_MESSAGE)
            continue;
        struct figures_total figure;
        if (read_figure(watching->pk, message.payload, &figure)) {
            notice_gap(watching, message.topic, figure.number);
            show(watching, message.topic, message.payload);
            goes_on = watch_count_down(&watching->count);
        }
        bus_message_close(&message);
        arena_reset(&watching->pk->arena);
    }
    return false;
}

static int watch(struct watching *watching)
{
    struct pk *pk = watching->pk;
    const struct bus_address *stats = bus_map_find(&pk->session.map, TEXT("stats"));
    struct bus_limits limits = {.frame_bytes = FRAME_CLIENT_BYTES, .messages = QUEUED_MESSAGES};
    struct bus_socket *subscriber = NULL;
    if (bus_connect_subscriber(pk->session.bus, stats->events, limits, topics, 1, &subscriber) != FAULT_NONE)
        return EXIT_UNREACHABLE;
    struct bus_poll_item item = {.socket = subscriber};
    do
        bus_poll(&item, 1, -1);
    while (take_waiting(watching, subscriber) && !ferror(stdout));
    bus_socket_close(subscriber);
    return EXIT_DONE;
}

int run_watch_figures(struct pk *pk)
{
    static const struct service_ping ping;
    struct watching watching = {.pk = pk};
    struct client_answer answer;
    int code = watch_count_of(pk, &watching.count);
    if (code == EXIT_DONE)
        code = session_open(pk, DEFAULT_TIMEOUT_MS);
    // A subscriber waits for ever without a word; so stats is asked first whether it is there.
    if (code == EXIT_DONE)
        code = session_call(pk, "stats", &service_ping_message, &ping, NULL, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    watching.numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    code = watch(&watching);
    g_hash_table_destroy(watching.numbers);
    return code;
}
