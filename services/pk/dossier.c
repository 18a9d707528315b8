// SPDX-License-Identifier: Apache-2.0
/** `pk person dossier`: everything that is held on one person, from all services, as a document or as JSON. */
#include "services/pk/dossier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/client/json.h"
#include "common/client/need.h"
#include "services/pk/runs.h"

enum {
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    PAGE = 100, // changes, activities, messages
    PAGE_ACCESSES = 500,
    MOST_CELLS = 10000,
};

static void add_all(GPtrArray *array, const void *items, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++)
        g_ptr_array_add(array, (char *)(uintptr_t)items + i * size);
}

static const void *ask(struct pk *pk, const char *service, const struct message_desc *message, const void *body,
                       int *code)
{
    struct client_answer answer;
    *code = session_call(pk, service, message, body, NULL, &pk->arena, &answer);
    return *code == EXIT_DONE ? answer.reply : NULL;
}

/* Each takes all pages of one service's part. The first error ends it: a dossier that lacks something is none. */

/** The changes of one card, his own or one that was merged into it; ids of others that were merged into that one are added to `ids`. */
static int take_changes(struct pk *pk, struct dossier *dossier, uint64_t id)
{
    struct person_dossier query = {.person = id, .limit = PAGE};
    const struct person_dossier_reply *page;
    int code;
    while ((page = ask(pk, NULL, &person_dossier_message, &query, &code))) {
        for (size_t i = 0; i < page->versions.count; i++)
            if (page->versions.items[i].has_merged)
                g_array_append_val(dossier->ids, page->versions.items[i].merged);
        add_all(dossier->changes, page->versions.items, page->versions.count, sizeof *page->versions.items);
        if (!page->more || page->versions.count == 0)
            return EXIT_DONE;
        query.has_before = true;
        query.before = page->versions.items[page->versions.count - 1].seq;
    }
    return code;
}

static gint last_first(gconstpointer a, gconstpointer b)
{
    const struct card_version *left = *(const struct card_version *const *)a;
    const struct card_version *right = *(const struct card_version *const *)b;
    return (left->seq < right->seq) - (left->seq > right->seq);
}

static int take_card(struct pk *pk, struct dossier *dossier)
{
    const struct person_dossier query = {.person = dossier->person, .limit = 1};
    int code;
    const struct person_dossier_reply *first = ask(pk, NULL, &person_dossier_message, &query, &code);
    if (!first)
        return code;
    dossier->tab.card = &first->card;
    dossier->person = first->card.person;
    g_array_append_val(dossier->ids, dossier->person);
    for (guint i = 0; code == EXIT_DONE && i < dossier->ids->len; i++)
        code = take_changes(pk, dossier, g_array_index(dossier->ids, uint64_t, i));
    g_ptr_array_sort(dossier->changes, last_first);
    return code == EXIT_DONE ? card_ask_names(pk, &dossier->tab) : code;
}

static int take_messages(struct pk *pk, struct dossier *dossier)
{
    struct recipient_dossier query = {.person = dossier->person, .limit = PAGE};
    const struct recipient_dossier_reply *page;
    int code;
    while ((page = ask(pk, NULL, &recipient_dossier_message, &query, &code))) {
        add_all(dossier->messages, page->messages.items, page->messages.count, sizeof *page->messages.items);
        if (!page->more || page->messages.count == 0)
            return EXIT_DONE;
        query.has_after = true;
        query.after = page->messages.items[page->messages.count - 1].recipient.recipient;
    }
    return code;
}

static int take_activities(struct pk *pk, struct dossier *dossier)
{
    static const struct type_list all_types;
    struct activity_dossier query = {.person = dossier->person, .limit = PAGE};
    const struct activity_dossier_reply *page;
    int code;
    while ((page = ask(pk, NULL, &activity_dossier_message, &query, &code))) {
        add_all(dossier->activities, page->activities.items, page->activities.count, sizeof *page->activities.items);
        if (!page->more || page->activities.count == 0) {
            dossier->tab.types = ask(pk, NULL, &type_list_message, &all_types, &code);
            return code;
        }
        const struct activity *last = &page->activities.items[page->activities.count - 1];
        query.has_before_start_ms = query.has_before_activity = true;
        query.before_start_ms = last->start_ms;
        query.before_activity = last->activity;
    }
    return code;
}

static int take_figures(struct pk *pk, struct dossier *dossier)
{
    static const enum dimension by_type[] = {DIMENSION_TYPE}, by_day[] = {DIMENSION_DAY};
    struct stats_figures query = {.group_by = {1, by_type},
                                  .has_person = true,
                                  .person = dossier->person,
                                  .has_limit = true,
                                  .limit = MOST_CELLS};
    int code;
    dossier->tab.figures = ask(pk, NULL, &stats_figures_message, &query, &code);
    if (code != EXIT_DONE)
        return code;
    query.group_by.items = by_day;
    dossier->by_day = ask(pk, NULL, &stats_figures_message, &query, &code);
    return code;
}

static int take_accesses(struct pk *pk, struct dossier *dossier, const char *service, uint64_t id)
{
    struct access_list query = {.has_person = true, .person = id, .limit = PAGE_ACCESSES};
    const struct access_list_reply *page;
    int code;
    while ((page = ask(pk, service, &access_list_message, &query, &code))) {
        for (size_t i = 0; i < page->accesses.count; i++) {
            const struct dossier_access access = {service, &page->accesses.items[i]};
            g_array_append_val(dossier->accesses, access);
        }
        if (!page->has_next)
            return EXIT_DONE;
        query.has_after = true;
        query.after = page->next;
    }
    return code;
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
    const struct dossier_access *left = a, *right = b;
    return (left->access->time_ms < right->access->time_ms) - (left->access->time_ms > right->access->time_ms);
}

/** In the order in which services follow each other: no part is older than those it was made of. */
static int collect(struct pk *pk, struct dossier *dossier)
{
    int code = take_card(pk, dossier);
    if (code == EXIT_DONE)
        code = take_messages(pk, dossier);
    if (code == EXIT_DONE)
        code = take_activities(pk, dossier);
    if (code == EXIT_DONE)
        code = take_figures(pk, dossier);
    for (size_t i = 0; code == EXIT_DONE && i < pk->session.map.count; i++)
        for (guint k = 0; code == EXIT_DONE && k < dossier->ids->len; k++)
            code = take_accesses(pk, dossier, pk->session.map.services[i].service,
                                 g_array_index(dossier->ids, uint64_t, k));
    g_array_sort(dossier->accesses, newest_first);
    return code;
}

/* As JSON. */

static json_t *of_all(const GPtrArray *array, const struct struct_desc *desc)
{
    json_t *json = need(json_array());
    for (guint i = 0; i < array->len; i++)
        json_add(json, json_of_struct(desc, g_ptr_array_index(array, i)));
    return json;
}

static json_t *of_accesses(const struct dossier *dossier)
{
    json_t *json = need(json_array());
    for (guint i = 0; i < dossier->accesses->len; i++) {
        const struct dossier_access *access = &g_array_index(dossier->accesses, struct dossier_access, i);
        json_t *of = json_of_struct(&access_desc, access->access);
        json_put(of, "service", json_of_text(text_of(access->service)));
        json_add(json, of);
    }
    return json;
}

static json_t *of_merged(const struct dossier *dossier)
{
    json_t *json = need(json_array());
    for (guint i = 1; i < dossier->ids->len; i++)
        json_add(json, json_integer((json_int_t)g_array_index(dossier->ids, uint64_t, i)));
    return json;
}

static void write_json(FILE *out, const struct dossier *dossier)
{
    const struct tab *tab = &dossier->tab;
    json_t *json = need(json_object());
    json_put(json, "taken_ms", json_integer(dossier->taken_ms));
    json_put(json, "card", json_of_struct(&person_card_desc, tab->card));
    json_put(json, "entries", card_entries_json(tab));
    json_put(json, "own_fields", card_own_fields_json(tab));
    if (tab->organisation)
        json_put(json, "organisation", json_of_struct(&organisation_desc, tab->organisation));
    json_put(json, "merged", of_merged(dossier));
    json_put(json, "changes", of_all(dossier->changes, &card_version_desc));
    json_put(json, "activities", of_all(dossier->activities, &activity_desc));
    json_put(json, "types", json_of_struct(&type_list_reply_desc, tab->types));
    json_put(json, "messages", of_all(dossier->messages, &message_held_desc));
    json_put(json, "figures_by_type", json_of_struct(&stats_figures_reply_desc, tab->figures));
    json_put(json, "figures_by_day", json_of_struct(&stats_figures_reply_desc, dossier->by_day));
    json_put(json, "accesses", of_accesses(dossier));
    need_success(json_dumpf(json, out, JSON_INDENT(2)) == 0);
    fputc('\n', out);
    json_decref(json);
}

/** Standard output, or the new file of --out; NULL, said, when it cannot be made. */
static FILE *open_output(const struct pk *pk)
{
    const char *path = arguments_own(&pk->arguments, OWN_OUT);
    if (!path || strcmp(path, "-") == 0)
        return stdout;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out)
        fprintf(stderr, "pk: --out: %s cannot be made: %s\n", path, strerror(errno));
    return out;
}

static int write_all(const struct pk *pk, const struct dossier *dossier, FILE *out)
{
    if (arguments_has(&pk->arguments, OWN_JSON))
        write_json(out, dossier);
    else
        dossier_write_text(out, dossier);
    if (out == stdout || (fflush(out) == 0 && !ferror(out)))
        return EXIT_DONE;
    fprintf(stderr, "pk: --out: the file cannot be written: %s\n", strerror(errno));
    return EXIT_FAILED;
}

int run_dossier(struct pk *pk)
{
    struct dossier dossier = {
        .person = ((const struct person_dossier *)pk->body)->person,
        .taken_ms = clock_utc_ms(clock_system()),
        .ids = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
        .changes = g_ptr_array_new(),
        .activities = g_ptr_array_new(),
        .messages = g_ptr_array_new(),
        .accesses = g_array_new(FALSE, FALSE, sizeof(struct dossier_access)),
    };
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    FILE *out = code == EXIT_DONE ? open_output(pk) : NULL;
    if (code == EXIT_DONE)
        code = out ? collect(pk, &dossier) : EXIT_FAILED;
    if (code == EXIT_DONE)
        code = write_all(pk, &dossier, out);
    if (out && out != stdout)
        fclose(out);
    if (code != EXIT_DONE && out && out != stdout)
        unlink(arguments_own(&pk->arguments, OWN_OUT));
    g_array_unref(dossier.ids);
    g_ptr_array_unref(dossier.changes);
    g_ptr_array_unref(dossier.activities);
    g_ptr_array_unref(dossier.messages);
    g_array_unref(dossier.accesses);
    return code;
}
