// SPDX-License-Identifier: Apache-2.0
/** `pk access list` and `pk access head`: the access logs of all services. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "proto/person.gen.h"
#include "proto/service.gen.h"
#include "services/pk/cell.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum {
    DEFAULT_TIMEOUT_MS = 10 * 1000,
    EXACT_MS = 250, // a log is in the order of time to so much
    PAGE_IDS = 500,
};

/** One service's log, or what it has of one person, being read. */
struct log {
    const char *service;
    struct access_list query;
    const struct access_list_reply *page; // NULL: there is nothing more
    size_t at;
};

/** An access with whose log tells it. */
struct line {
    const char *service;
    const struct access *access;
};

/** Goes on to the next access; it may be pages away. An exit code; the log ends where it is not EXIT_DONE, too. */
static int advance(struct pk *pk, struct log *log)
{
    while (log->page && log->at == log->page->accesses.count) {
        struct client_answer answer;
        if (!log->page->has_next) {
            log->page = NULL;
            break;
        }
        log->query.after = log->page->next;
        log->query.has_after = log->query.after.len > 0; // not before the first page
        log->page = NULL;
        log->at = 0;
        int code = session_call(pk, log->service, &access_list_message, &log->query, NULL, &pk->arena, &answer);
        if (code != EXIT_DONE)
            return code;
        log->page = answer.reply;
    }
    return EXIT_DONE;
}

static struct log *newest(struct log *logs, size_t count)
{
    struct log *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (logs[i].page && (!found || logs[i].page->accesses.items[logs[i].at].time_ms >
                                           found->page->accesses.items[found->at].time_ms))
            found = &logs[i];
    return found;
}

static void show_json(const struct line *lines, size_t count, bool has_more)
{
    json_t *json = need(json_object()), *accesses = need(json_array());
    for (size_t i = 0; i < count; i++) {
        json_t *of = json_of_struct(&access_desc, lines[i].access);
        json_put(of, "service", json_of_text(text_of(lines[i].service)));
        json_add(accesses, of);
    }
    json_put(json, "accesses", accesses);
    json_put(json, "more", need(json_boolean(has_more)));
    json_print(json);
}

static void show_table(const struct pk *pk, const struct line *lines, size_t count)
{
    static const char *const columns[] = {"time_ms", "kind", "person", "actor", "sender", "type", "count"};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    for (size_t i = 0; i < COLUMNS; i++)
        table_add_column(table, columns[i], cell_is_right(struct_field(&access_desc, text_of(columns[i]))));
    table_add_column(table, "service", false);
    for (size_t i = 0; i < count; i++) {
        table_add_line(table);
        for (size_t j = 0; j < COLUMNS; j++) {
            char *text = cell_text(struct_field(&access_desc, text_of(columns[j])), lines[i].access, "");
            table_set(table, j, text);
            free(text);
        }
        table_set(table, COLUMNS, lines[i].service);
    }
    table_print(table);
}

static int newest_first(const void *a, const void *b)
{
    const struct access *left = ((const struct line *)a)->access, *right = ((const struct line *)b)->access;
    return (left->time_ms < right->time_ms) - (left->time_ms > right->time_ms);
}

static void show(const struct pk *pk, const struct line *lines, size_t count, bool has_more)
{
    if (arguments_has(&pk->arguments, OWN_JSON)) {
        show_json(lines, count, has_more);
        return;
    }
    show_table(pk, lines, count);
    if (has_more && count > 0)
        fprintf(stderr, "pk: there are older ones; ask for them with --until %" PRId64 ", or a larger --limit\n",
                lines[count - 1].access->time_ms + EXACT_MS);
}

/** Adds a log of each service, as the query asks it. */
static int add_logs(struct pk *pk, const struct session_services *services, const struct access_list *query,
                    GArray *logs)
{
    static const struct access_list_reply before_all = {.has_next = true};
    int code = EXIT_DONE;
    for (size_t i = 0; i < services->count; i++) {
        struct log log = {.service = services->names[i], .query = *query, .page = &before_all};
        int said = advance(pk, &log);
        code = said != EXIT_DONE ? said : code;
        g_array_append_val(logs, log);
    }
    return code;
}

/** Adds those of each card that was merged into the person's: who looked at that looked at him. */
static int add_merged(struct pk *pk, const struct session_services *services, const struct access_list *query,
                      GArray *logs)
{
    struct person_merged_cards cards = {.person = query->person, .limit = PAGE_IDS};
    int code = EXIT_DONE;
    for (bool more = query->has_person; more;) {
        struct client_answer answer;
        int said = session_call(pk, NULL, &person_merged_cards_message, &cards, NULL, &pk->arena, &answer);
        if (said != EXIT_DONE)
            return said;
        const struct person_merged_cards_reply *page = answer.reply;
        for (size_t i = 0; i < page->merged.count; i++) {
            struct access_list of_card = *query;
            of_card.person = cards.after = page->merged.items[i];
            said = add_logs(pk, services, &of_card, logs);
            code = said != EXIT_DONE ? said : code;
        }
        cards.has_after = true;
        more = page->more && page->merged.count > 0;
    }
    return code;
}

/** The newest of all logs, at most as many as are asked for. */
static int show_newest(struct pk *pk, struct log *logs, size_t log_count, size_t limit)
{
    int code = EXIT_DONE;
    size_t count = 0;
    struct line *lines = need(calloc(limit, sizeof *lines));
    struct log *next = newest(logs, log_count);
    for (; next && count < limit; next = newest(logs, log_count)) {
        lines[count++] = (struct line){next->service, &next->page->accesses.items[next->at++]};
        int said = advance(pk, next);
        code = said != EXIT_DONE ? said : code;
    }
    qsort(lines, count, sizeof *lines, newest_first);
    show(pk, lines, count, next != NULL);
    free(lines);
    return code;
}

/** What a service that does not answer has is left out, and the exit code tells. */
int run_access_list(struct pk *pk)
{
    const struct access_list *query = pk->body;
    struct session_services services;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = session_choose(pk, &services);
    if (code != EXIT_DONE)
        return code;
    GArray *logs = g_array_new(FALSE, FALSE, sizeof(struct log));
    code = add_logs(pk, &services, query, logs);
    int of_merged = add_merged(pk, &services, query, logs);
    int shown = show_newest(pk, (struct log *)(void *)logs->data, logs->len, (size_t)query->limit);
    g_array_unref(logs);
    return code != EXIT_DONE ? code : of_merged != EXIT_DONE ? of_merged : shown;
}

/* Where the logs end. */

static void show_heads(const struct pk *pk, const struct session_services *services,
                       const struct access_head_reply *const *heads)
{
    static const char *const columns[] = {"row", "time_ms", "digest"};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    table_add_column(table, "service", false);
    for (size_t i = 0; i < COLUMNS; i++)
        table_add_column(table, columns[i], i == 0);
    for (size_t i = 0; i < services->count; i++) {
        if (!heads[i])
            continue;
        table_add_line(table);
        table_set(table, 0, services->names[i]);
        for (size_t j = 0; j < COLUMNS; j++) {
            char *text = cell_text(struct_field(&access_head_reply_desc, text_of(columns[j])), heads[i], "");
            table_set(table, 1 + j, text);
            free(text);
        }
    }
    table_print(table);
}

static void show_heads_json(const struct session_services *services, const struct access_head_reply *const *heads)
{
    json_t *json = need(json_object()), *all = need(json_array());
    for (size_t i = 0; i < services->count; i++) {
        if (!heads[i])
            continue;
        json_t *of = json_of_struct(&access_head_reply_desc, heads[i]);
        json_put(of, "service", json_of_text(text_of(services->names[i])));
        json_add(all, of);
    }
    json_put(json, "heads", all);
    json_print(json);
}

int run_access_head(struct pk *pk)
{
    static const struct access_head query;
    struct session_services services;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = session_choose(pk, &services);
    if (code != EXIT_DONE)
        return code;
    const struct access_head_reply *heads[BUS_MAP_SERVICES] = {NULL};
    for (size_t i = 0; i < services.count; i++) {
        struct client_answer answer;
        int said = session_call(pk, services.names[i], &access_head_message, &query, NULL, &pk->arena, &answer);
        if (said == EXIT_DONE)
            heads[i] = answer.reply;
        else
            code = said;
    }
    if (arguments_has(&pk->arguments, OWN_JSON))
        show_heads_json(&services, heads);
    else
        show_heads(pk, &services, heads);
    return code;
}
