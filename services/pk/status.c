// SPDX-License-Identifier: Apache-2.0
/** `pk status`: all services of the bus file at a glance. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "proto/service.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum {
    DEFAULT_TIMEOUT_MS = 2000,
    LOOK_AGAIN_MS = 200,
    TEXT_BYTES = 4096,
};

/** What was heard of one service; NULL: nothing. Borrows the run's arena. */
struct heard {
    const char *service;
    const struct service_info_reply *info;
    const struct service_health_reply *health;
};

struct status {
    size_t count;
    struct heard services[BUS_MAP_SERVICES];
};

static bool is_up(const struct heard *heard)
{
    return heard->info && heard->health;
}

static bool all_up(const struct status *status)
{
    for (size_t i = 0; i < status->count; i++)
        if (!is_up(&status->services[i]))
            return false;
    return true;
}

static const struct heard *find(const struct status *status, struct text service)
{
    for (size_t i = 0; i < status->count; i++)
        if (text_equal(text_of(status->services[i].service), service))
            return &status->services[i];
    return NULL;
}

/** Asks all services both questions at once. An answer tells by its user pointer where it belongs. */
static void ask(struct pk *pk, struct status *out_status)
{
    static const struct service_info info_query;
    static const struct service_health health_query;
    struct client *client = pk->session.client;
    struct client_answer answer;
    out_status->count = pk->session.map.count;
    for (size_t i = 0; i < out_status->count; i++) {
        struct heard *heard = &out_status->services[i];
        *heard = (struct heard){.service = pk->session.map.services[i].service};
        need_success(client_send(client, heard->service, &service_info_message, &info_query, NULL, &heard->info));
        need_success(client_send(client, heard->service, &service_health_message, &health_query, NULL, &heard->health));
    }
    while (client_in_flight(client) > 0)
        if (client_receive(client, DEFAULT_TIMEOUT_MS, &pk->arena, &answer) && answer.outcome == CLIENT_DONE)
            memcpy(answer.user, &answer.reply, sizeof answer.reply);
}

/** How many events of the source are still to be followed: by the source's own word if it is there. */
static int64_t lag_of(const struct status *status, const struct followed_store *followed)
{
    const struct heard *source = find(status, followed->source);
    int64_t source_seq = source && source->health   ? source->health->seq
                         : followed->has_source_seq ? followed->source_seq
                                                    : followed->seq;
    return source_seq > followed->seq ? source_seq - followed->seq : 0;
}

/** "person 0, notification 3 unreachable". */
static void write_lag(const struct status *status, const struct service_health_reply *health, char out[TEXT_BYTES])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < health->followed.count && len < TEXT_BYTES; i++) {
        const struct followed_store *followed = &health->followed.items[i];
        bool is_following = followed->state == FOLLOW_STATE_FOLLOWING;
        len += (size_t)snprintf(out + len, TEXT_BYTES - len, "%s%.*s %" PRId64 "%s%s", i ? ", " : "",
                                (int)followed->source.len, followed->source.data, lag_of(status, followed),
                                is_following ? "" : " ",
                                is_following ? "" : enum_name(&follow_state_enum, (int32_t)followed->state));
    }
}

static void write_reasons(const struct service_health_reply *health, char out[TEXT_BYTES])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < health->reasons.count && len < TEXT_BYTES; i++)
        len += (size_t)snprintf(out + len, TEXT_BYTES - len, "%s%.*s", i ? "; " : "", (int)health->reasons.items[i].len,
                                health->reasons.items[i].data);
}

static void add_line(struct table *table, const struct status *status, const struct heard *heard)
{
    char text[TEXT_BYTES];
    table_add_line(table);
    table_set(table, 0, heard->service);
    table_set(table, 1, is_up(heard) ? "up" : "down");
    if (!is_up(heard))
        return;
    table_set(table, 2, enum_name(&health_enum, (int32_t)heard->health->health));
    snprintf(text, sizeof text, "%" PRId64, heard->health->seq);
    table_set(table, 3, text);
    write_lag(status, heard->health, text);
    table_set(table, 4, text);
    snprintf(text, sizeof text, "%.*s", (int)heard->info->version.len, heard->info->version.data);
    table_set(table, 5, text);
    write_reasons(heard->health, text);
    table_set(table, 6, text);
}

static void show_table(const struct pk *pk, const struct status *status)
{
    static const char *const names[] = {"service", "state", "health", "seq", "lag", "version", "reasons"};
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        table_add_column(table, names[i], i == 3);
    for (size_t i = 0; i < status->count; i++)
        add_line(table, status, &status->services[i]);
    table_print(table);
}

static json_t *of_service(const struct status *status, const struct heard *heard)
{
    json_t *json = need(json_object());
    json_put(json, "service", json_of_text(text_of(heard->service)));
    json_put(json, "up", json_boolean(is_up(heard)));
    if (!is_up(heard))
        return json;
    json_t *lag = need(json_object());
    for (size_t i = 0; i < heard->health->followed.count; i++) {
        const struct followed_store *followed = &heard->health->followed.items[i];
        char source[64];
        snprintf(source, sizeof source, "%.*s", (int)followed->source.len, followed->source.data);
        json_put(lag, source, json_integer(lag_of(status, followed)));
    }
    json_put(json, "lag", lag);
    json_put(json, "info", json_of_struct(&service_info_reply_desc, heard->info));
    json_put(json, "health", json_of_struct(&service_health_reply_desc, heard->health));
    return json;
}

static void show_json(const struct status *status)
{
    json_t *json = need(json_object()), *services = need(json_array());
    for (size_t i = 0; i < status->count; i++)
        json_add(services, of_service(status, &status->services[i]));
    json_put(json, "services", services);
    json_print(json);
}

static int status_code(const struct status *status)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < status->count; i++)
        if (is_up(&status->services[i]) && status->services[i].health->health != HEALTH_OK)
            code = EXIT_FAILED;
    return all_up(status) ? code : EXIT_UNREACHABLE;
}

int run_status(struct pk *pk)
{
    struct status status;
    int64_t wait_ms = 0;
    int code = EXIT_DONE;
    if (arguments_has(&pk->arguments, OWN_WAIT_UP))
        code = arguments_seconds(&pk->arguments, OWN_WAIT_UP, 0, &wait_ms);
    if (code == EXIT_DONE)
        code = session_open(pk, wait_ms ? LOOK_AGAIN_MS : DEFAULT_TIMEOUT_MS);
    if (code != EXIT_DONE)
        return code;
    int64_t end_ms = clock_monotonic_ms(clock_system()) + wait_ms;
    for (;;) {
        ask(pk, &status);
        if (all_up(&status) || clock_monotonic_ms(clock_system()) >= end_ms)
            break;
        arena_reset(&pk->arena);
        poll(NULL, 0, LOOK_AGAIN_MS);
    }
    if (arguments_has(&pk->arguments, OWN_JSON))
        show_json(&status);
    else
        show_table(pk, &status);
    return status_code(&status);
}
