// SPDX-License-Identifier: Apache-2.0
/** `pk watch events`: follows journals, so that each event is shown once, in order, whatever the doorbells lost. */
#include <fnmatch.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "services/pk/journal_walk.h"
#include "services/pk/runs.h"
#include "services/pk/time_text.h"
#include "services/pk/watch.h"

enum {
    DEFAULT_TIMEOUT_MS = 5000,
    POLL_MS = 1000, // below the client's silence, after which it would ask again
    PAGE_RECORDS = 500,
    RECEIVE_MS = 1000,
    TYPE_BYTES = 256,
    PAUSE_MS = 100,
};

/** One journal that is watched. */
struct source {
    struct watching *watching;
    const char *service;
    struct journal_walk walk;
    bool has_begun; // where to begin is known
    bool is_silent; // said already
};

struct watching {
    struct pk *pk;
    struct watch_count count;
    bool is_over;
    int code;
    size_t source_count;
    struct source sources[BUS_MAP_SERVICES];
};

/** Whether --type names it. */
static bool is_wanted(const struct pk *pk, struct text type)
{
    char name[TYPE_BYTES];
    bool is_any = true;
    snprintf(name, sizeof name, "%.*s", (int)type.len, type.data);
    for (size_t i = 0; i < pk->arguments.count; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (given->option || given->own != OWN_TYPE)
            continue;
        if (fnmatch(given->value, name, 0) == 0)
            return true;
        is_any = false;
    }
    return is_any;
}

static void put_text(json_t *json, const char *name, struct text text)
{
    if (text.len)
        json_put(json, name, json_of_text(text));
}

static void show_json(const struct source *source, const struct journal_record *record)
{
    const struct journal_header *header = &record->header;
    json_t *json = need(json_object());
    json_put(json, "service", json_of_text(text_of(source->service)));
    json_put(json, "seq", json_integer((json_int_t)record->seq));
    json_put(json, "time_ms", json_integer(header->time_ms));
    put_text(json, "type", header->type);
    put_text(json, "subject", header->subject);
    if (header->person)
        json_put(json, "person", json_integer((json_int_t)header->person));
    put_text(json, "actor", header->actor);
    put_text(json, "sender", header->sender);
    if (record->erased)
        json_put(json, "erased", json_true());
    json_put(json, "body", json_of_msgpack(record->body));
    json_print_line(json);
}

static void show_line(const struct source *source, const struct journal_record *record)
{
    const struct journal_header *header = &record->header;
    char time[TIME_TEXT_BYTES];
    time_format(header->time_ms, time);
    printf("%s %s %" PRIu64 " %.*s %.*s", time, source->service, record->seq, (int)header->type.len, header->type.data,
           (int)header->subject.len, header->subject.data);
    if (header->actor.len)
        printf(" by %.*s", (int)header->actor.len, header->actor.data);
    putchar(' ');
    if (record->erased) {
        puts("erased");
        return;
    }
    // JSON escapes control characters, so a line stays one.
    json_print_line(json_of_msgpack(record->body));
}

static bool show(void *self, const struct journal_record *record)
{
    struct source *source = self;
    struct watching *watching = source->watching;
    if (!is_wanted(watching->pk, record->header.type))
        return true;
    if (arguments_has(&watching->pk->arguments, OWN_JSON))
        show_json(source, record);
    else
        show_line(source, record);
    watching->is_over = !watch_count_down(&watching->count);
    return !watching->is_over;
}

/** Asks for what comes next, or, before that, where the journal ends. */
static void ask(struct source *source)
{
    static const struct service_info info_query;
    struct client *client = source->watching->pk->session.client;
    struct journal_read query = journal_walk_query(&source->walk, PAGE_RECORDS, POLL_MS);
    need_success(source->has_begun
                     ? client_send(client, source->service, &journal_read_message, &query, NULL, source)
                     : client_send(client, source->service, &service_info_message, &info_query, NULL, source));
}

static void stop(struct watching *watching, int code)
{
    watching->is_over = true;
    watching->code = code;
}

static void take_done(struct source *source, const struct client_answer *answer)
{
    if (source->is_silent)
        fprintf(stderr, "pk: %s answers again\n", source->service);
    source->is_silent = false;
    if (!source->has_begun) {
        journal_walk_init(&source->walk, (uint64_t)((const struct service_info_reply *)answer->reply)->seq);
        source->has_begun = true;
        return;
    }
    const char *problem = journal_walk_take(&source->walk, answer->reply, show, source);
    if (!problem)
        return;
    fprintf(stderr, "pk: %s after position %" PRIu64 ": %s; pk verify tells more\n", source->service,
            source->walk.at.seq, problem);
    stop(source->watching, EXIT_FAILED);
}

static void take(const struct client_answer *answer)
{
    struct source *source = answer->user;
    struct watching *watching = source->watching;
    if (answer->outcome == CLIENT_DONE)
        take_done(source, answer);
    else if (answer->outcome == CLIENT_REFUSED)
        stop(watching, session_say(watching->pk, source->service, answer, NULL));
    else if (!source->is_silent) {
        fprintf(stderr, "pk: %s does not answer; asking again\n", source->service);
        source->is_silent = true;
    }
    // An address that cannot be used is told at once, again and again.
    if (answer->outcome == CLIENT_UNREACHABLE)
        poll(NULL, 0, PAUSE_MS);
    if (!watching->is_over)
        ask(source);
}

static bool is_chosen(const struct pk *pk, const char *service)
{
    bool is_any = true;
    for (size_t i = 0; i < pk->arguments.count; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (given->option || given->own != OWN_ONLY_SERVICE)
            continue;
        if (text_equal(text_of(given->value), text_of(service)))
            return true;
        is_any = false;
    }
    return is_any;
}

/** --service must name services that there are. */
static int check_services(const struct pk *pk)
{
    for (size_t i = 0; i < pk->arguments.count; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (!given->option && given->own == OWN_ONLY_SERVICE && !session_has(pk, given->value))
            return EXIT_NOT_FOUND;
    }
    return EXIT_DONE;
}

static int begin(struct watching *watching)
{
    struct pk *pk = watching->pk;
    int64_t after = 0;
    int code = arguments_number(&pk->arguments, OWN_AFTER, 0, INT64_MAX, 0, &after);
    for (size_t i = 0; i < pk->session.map.count; i++) {
        const char *service = pk->session.map.services[i].service;
        if (!is_chosen(pk, service))
            continue;
        struct source *source = &watching->sources[watching->source_count++];
        *source = (struct source){
            .watching = watching, .service = service, .has_begun = arguments_has(&pk->arguments, OWN_AFTER)};
        journal_walk_init(&source->walk, (uint64_t)after);
    }
    if (code == EXIT_DONE && after > 0 && watching->source_count != 1) {
        fputs("pk: --after is a position of one journal; say which with --service\n", stderr);
        code = arguments_usage(&pk->arguments);
    }
    return code;
}

int run_watch_events(struct pk *pk)
{
    static struct watching watching; // large
    struct client_answer answer;
    watching.pk = pk;
    int code = watch_count_of(pk, &watching.count);
    if (code == EXIT_DONE)
        code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = check_services(pk);
    if (code == EXIT_DONE)
        code = begin(&watching);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = 0; i < watching.source_count; i++)
        ask(&watching.sources[i]);
    while (!watching.is_over && !ferror(stdout)) {
        if (client_receive(pk->session.client, RECEIVE_MS, &pk->arena, &answer))
            take(&answer);
        arena_reset(&pk->arena);
    }
    return watching.code;
}
