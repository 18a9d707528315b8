// SPDX-License-Identifier: Apache-2.0
/** `pk person duplicates` finds cards that may be one person's; `pk person merge` merges two, with --dry-run shows what would come of it. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "proto/person.gen.h"
#include "proto/stats.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/show.h"
#include "services/pk/table.h"

enum {
    DEFAULT_TIMEOUT_MS = 10 * 1000,
    SEARCH_TIMEOUT_MS = 60 * 1000, // of one page; the first one may wait for the register to be read
};

static void add_line(struct table *table, const char *name, int64_t count)
{
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, count);
    table_add_line(table);
    table_set(table, 0, name);
    table_set(table, 1, number);
}

static void show_preview(const struct pk *pk, const struct person_merge_preview_reply *preview,
                         const struct stats_figures_reply *figures)
{
    show_card(pk, &person_card_desc, NULL, &preview->card);
    fputs("\nchanged:", stdout);
    for (size_t i = 0; i < preview->changed.count; i++) {
        struct text name = preview->changed.items[i];
        printf("%s %.*s", i ? "," : "", (int)name.len, name.data);
    }
    fputs(preview->changed.count ? "\n\n" : " nothing\n\n", stdout);
    struct table *table = table_new(false);
    table_add_column(table, "what", false);
    table_add_column(table, "count", true);
    add_line(table, "activities that move", figures->total.activities);
    add_line(table, "customers that move", preview->customers);
    add_line(table, "--keep-revision", preview->keep_revision);
    add_line(table, "--drop-revision", preview->drop_revision);
    table_print(table);
}

static int dry_run(struct pk *pk)
{
    const struct person_merge *wish = pk->body;
    const struct person_merge_preview query = {
        .keep = wish->keep, .drop = wish->drop, .take = {wish->take.count, wish->take.items}};
    const struct stats_figures history = {.has_person = true, .person = wish->drop};
    struct client_answer preview, figures;
    int code = session_call(pk, NULL, &person_merge_preview_message, &query, NULL, &pk->arena, &preview);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, &stats_figures_message, &history, NULL, &pk->arena, &figures);
    if (code != EXIT_DONE)
        return code;
    if (!arguments_has(&pk->arguments, OWN_JSON)) {
        show_preview(pk, preview.reply, figures.reply);
        return EXIT_DONE;
    }
    const struct stats_figures_reply *counted = figures.reply;
    json_t *json = json_of_struct(&person_merge_preview_reply_desc, preview.reply);
    json_put(json, "activities", json_integer((json_int_t)counted->total.activities));
    json_print(json);
    return EXIT_DONE;
}

int run_merge(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct client_answer answer;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    if (code != EXIT_DONE)
        return code;
    if (arguments_has(&pk->arguments, OWN_PREVIEW))
        return dry_run(pk);
    code = session_call(pk, NULL, pk->arguments.command->message, pk->body, id, &pk->arena, &answer);
    if (code == EXIT_DONE)
        show_reply(pk, answer.reply);
    return code;
}

int run_duplicates(struct pk *pk)
{
    struct person_duplicates query = *(const struct person_duplicates *)pk->body;
    GArray *found = g_array_new(false, false, sizeof(struct duplicate));
    struct client_answer answer;
    bool more = true;
    int code = session_open(pk, SEARCH_TIMEOUT_MS);
    // A page may have no pair though there are more: pages until there are as many as were asked for.
    while (code == EXIT_DONE && more) {
        code = session_call(pk, NULL, &person_duplicates_message, &query, NULL, &pk->arena, &answer);
        if (code != EXIT_DONE)
            break;
        const struct person_duplicates_reply *page = answer.reply;
        if (page->duplicates.count > 0)
            g_array_append_vals(found, page->duplicates.items, (guint)page->duplicates.count);
        query.has_after = page->has_next;
        query.after = page->next;
        more = page->has_next && (int64_t)found->len < query.limit;
    }
    if (code == EXIT_DONE) {
        const struct person_duplicates_reply whole = {
            .duplicates = {found->len, (const struct duplicate *)(const void *)found->data},
            .has_next = query.has_after,
            .next = query.after,
        };
        show_reply(pk, &whole);
        if (found->len == 0 && !query.has_person && !query.weak)
            fputs("pk: no two cards are likely to be one person's; --weak lists those that share less, as a phone\n",
                  stderr);
    }
    g_array_unref(found);
    return code;
}
