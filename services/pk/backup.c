// SPDX-License-Identifier: Apache-2.0
/** `pk backup make`, `verify` and `list`: one backup of all services. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "proto/service.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"
#include "services/pk/time_text.h"

enum { DEFAULT_TIMEOUT_MS = 10 * 1000, LOOK_MS = 50, NAME_BYTES = 64 };

static int ask(struct pk *pk, const char *service, const struct message_desc *message, const void *body,
               struct client_answer *out_answer)
{
    char id[33];
    client_new_id(id);
    return session_call(pk, service, message, body, message->kind == MESSAGE_COMMAND ? id : NULL, &pk->arena,
                        out_answer);
}

static bool follows(const struct service_health_reply *health, const char *source)
{
    for (size_t i = 0; i < health->followed.count; i++)
        if (!health->followed.items[i].circular && text_equal(health->followed.items[i].source, text_of(source)))
            return true;
    return false;
}

/**
 * Followers before those they follow: a source that is copied later is never behind what was followed of it. Where two follow
 * each other, one of them makes anew what it derived of the other after a restore, and does not count here.
 */
static int order(struct pk *pk, struct session_services *services)
{
    static const struct service_health query;
    const struct service_health_reply *healths[BUS_MAP_SERVICES];
    for (size_t i = 0; i < services->count; i++) {
        struct client_answer answer;
        int code = ask(pk, services->names[i], &service_health_message, &query, &answer);
        if (code != EXIT_DONE)
            return code;
        healths[i] = answer.reply;
    }
    for (size_t done = 0; done < services->count; done++) {
        size_t next = done;
        for (size_t i = done; i < services->count; i++) {
            bool is_followed = false;
            for (size_t other = done; other < services->count; other++)
                is_followed |= other != i && follows(healths[other], services->names[i]);
            if (!is_followed) {
                next = i;
                break;
            }
        }
        const char *name = services->names[next];
        const struct service_health_reply *health = healths[next];
        services->names[next] = services->names[done];
        healths[next] = healths[done];
        services->names[done] = name;
        healths[done] = health;
    }
    return EXIT_DONE;
}

/** Waits as long as the service says that it is at it. NULL: it began anew meanwhile, or does another task. */
static int wait_done(struct pk *pk, const char *service, const char *name, const struct backup_status_reply **out)
{
    static const struct backup_status query;
    for (;;) {
        struct arena_mark mark = arena_mark(&pk->arena);
        struct client_answer answer;
        int code = ask(pk, service, &backup_status_message, &query, &answer);
        if (code != EXIT_DONE)
            return code;
        const struct backup_status_reply *status = answer.reply;
        bool is_ours = status->has_name && text_equal(status->name, text_of(name));
        if (!is_ours || status->state != BACKUP_STATE_RUNNING) {
            *out = is_ours ? status : NULL;
            return EXIT_DONE;
        }
        arena_rewind(&pk->arena, mark);
        poll(NULL, 0, LOOK_MS);
    }
}

/** One line of the report; `status` NULL: it was cut off. */
struct line {
    const char *service;
    const struct backup_status_reply *status;
};

static void show_json(const char *name, const struct line *lines, size_t count)
{
    json_t *json = need(json_object()), *services = need(json_array());
    for (size_t i = 0; i < count; i++) {
        json_t *of = lines[i].status ? json_of_struct(&backup_status_reply_desc, lines[i].status) : need(json_object());
        json_put(of, "service", json_of_text(text_of(lines[i].service)));
        if (!lines[i].status)
            json_put(of, "problem", json_of_text(TEXT("cut off")));
        json_add(services, of);
    }
    json_put(json, "name", json_of_text(text_of(name)));
    json_put(json, "services", services);
    json_print(json);
}

static void set_number(struct table *table, size_t column, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    table_set(table, column, text);
}

static void show_table(const struct pk *pk, const char *name, const struct line *lines, size_t count)
{
    static const char *const columns[] = {"name", "service", "state", "seq", "bytes", "ms", "archived", "problem"};
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_add_column(table, columns[i], i >= 3 && i <= 6);
    for (size_t i = 0; i < count; i++) {
        const struct backup_status_reply *status = lines[i].status;
        char problem[400];
        table_add_line(table);
        table_set(table, 0, name);
        table_set(table, 1, lines[i].service);
        table_set(table, 2, status ? enum_name(&backup_state_enum, (int32_t)status->state) : "cut off");
        if (!status)
            continue;
        if (status->has_seq)
            set_number(table, 3, status->seq);
        set_number(table, 4, status->bytes);
        set_number(table, 5, status->finished_ms - status->started_ms);
        if (status->has_archive_sets)
            set_number(table, 6, status->archive_sets);
        snprintf(problem, sizeof problem, "%.*s", (int)status->problem.len, status->problem.data);
        table_set(table, 7, problem);
    }
    table_print(table);
}

/** Has the task done by one service after the other. A service that fails does not keep the others from theirs. */
static int run_task(struct pk *pk, const struct message_desc *message, const void *body, const char *name)
{
    struct session_services services = {.count = 0};
    struct line lines[BUS_MAP_SERVICES];
    bool is_sound = true;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = session_choose(pk, &services);
    if (code == EXIT_DONE)
        code = order(pk, &services);
    size_t count = 0;
    for (; code == EXIT_DONE && count < services.count; count++) {
        struct client_answer answer;
        lines[count] = (struct line){services.names[count], NULL};
        code = ask(pk, services.names[count], message, body, &answer);
        if (code == EXIT_DONE)
            code = wait_done(pk, services.names[count], name, &lines[count].status);
        if (code != EXIT_DONE)
            break;
        is_sound = is_sound && lines[count].status && lines[count].status->state == BACKUP_STATE_DONE;
    }
    if (count > 0 && arguments_has(&pk->arguments, OWN_JSON))
        show_json(name, lines, count);
    else if (count > 0)
        show_table(pk, name, lines, count);
    return code != EXIT_DONE ? code : is_sound ? EXIT_DONE : EXIT_FAILED;
}

int run_backup_make(struct pk *pk)
{
    const char *given = arguments_own(&pk->arguments, OWN_NEW_BACKUP);
    char name[NAME_BYTES];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(name, sizeof name, "%Y%m%d-%H%M%S", &utc);
    const char *chosen = given ? given : name;
    const struct backup_make body = {.name = text_of(chosen)};
    return run_task(pk, &backup_make_message, &body, chosen);
}

int run_backup_verify(struct pk *pk)
{
    const char *name = arguments_own(&pk->arguments, OWN_BACKUP);
    const struct backup_verify body = {.name = text_of(name)};
    return run_task(pk, &backup_verify_message, &body, name);
}

/** A backup of one service. */
struct part {
    const char *service;
    const struct backup *backup;
};

static void list_table(const struct pk *pk, const struct part *parts, size_t count)
{
    static const char *const columns[] = {"name", "service", "made", "seq", "epoch", "bytes", "archived"};
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_add_column(table, columns[i], i >= 3 && i <= 5);
    for (size_t i = 0; i < count; i++) {
        const struct backup *backup = parts[i].backup;
        char text[64];
        table_add_line(table);
        snprintf(text, sizeof text, "%.*s", (int)backup->name.len, backup->name.data);
        table_set(table, 0, text);
        table_set(table, 1, parts[i].service);
        time_format(backup->made_ms, text);
        table_set(table, 2, text);
        set_number(table, 3, backup->seq);
        set_number(table, 4, backup->epoch);
        set_number(table, 5, backup->bytes);
        table_set(table, 6, backup->archived ? "yes" : "no");
    }
    table_print(table);
}

static void list_json(const struct part *parts, size_t count)
{
    json_t *json = need(json_object()), *backups = need(json_array());
    for (size_t i = 0; i < count; i++) {
        json_t *of = json_of_struct(&backup_desc, parts[i].backup);
        json_put(of, "service", json_of_text(text_of(parts[i].service)));
        json_add(backups, of);
    }
    json_put(json, "backups", backups);
    json_print(json);
}

int run_backup_list(struct pk *pk)
{
    static const struct backup_list query;
    struct session_services services = {.count = 0};
    struct part *parts = NULL;
    size_t count = 0;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = session_choose(pk, &services);
    for (size_t i = 0; code == EXIT_DONE && i < services.count; i++) {
        struct client_answer answer;
        code = ask(pk, services.names[i], &backup_list_message, &query, &answer);
        if (code != EXIT_DONE)
            break;
        const struct backup_list_reply *reply = answer.reply;
        struct part *grown = need(arena_alloc_array(&pk->arena, count + reply->backups.count, sizeof *grown));
        if (count)
            memcpy(grown, parts, count * sizeof *grown);
        parts = grown;
        for (size_t at = 0; at < reply->backups.count; at++)
            parts[count++] = (struct part){services.names[i], &reply->backups.items[at]};
    }
    if (code == EXIT_DONE && arguments_has(&pk->arguments, OWN_JSON))
        list_json(parts, count);
    else if (code == EXIT_DONE)
        list_table(pk, parts, count);
    return code;
}
