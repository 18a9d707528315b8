// SPDX-License-Identifier: Apache-2.0
/** `pk stats`: figures, a line a group and the total below them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/date.h"
#include "common/client/json.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "proto/stats.gen.h"
#include "services/pk/cell.h"
#include "services/pk/csv.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum { DEFAULT_TIMEOUT_MS = 30 * 1000 };

static void add_column(struct table *table, const struct field_desc *field)
{
    table_add_column(table, field->name, cell_is_right(field));
}

/** The fields of a cell that are shown: the dimensions asked for, in their order, then the measures, and those of the period before. */
static size_t choose_fields(const struct stats_figures *query, bool has_previous, const struct field_desc *out_fields[])
{
    size_t count = 0;
    for (size_t i = 0; i < query->group_by.count; i++) {
        const char *dimension = enum_name(&dimension_enum, (int32_t)query->group_by.items[i]);
        const struct field_desc *field = struct_field(&figure_cell_desc, text_of(dimension));
        if (field)
            out_fields[count++] = field;
    }
    for (size_t i = 0; i < figure_cell_desc.count; i++)
        if (figure_cell_desc.fields[i].flags & FIELD_REQUIRED ||
            (has_previous && strncmp(figure_cell_desc.fields[i].name, "previous_", strlen("previous_")) == 0))
            out_fields[count++] = &figure_cell_desc.fields[i];
    return count;
}

static void add_cell(struct table *table, const struct field_desc *const *fields, size_t count,
                     const struct figure_cell *cell, const char *first)
{
    table_add_line(table);
    for (size_t i = 0; i < count; i++) {
        char *text = cell_text(fields[i], cell, "");
        table_set(table, i, i == 0 && first ? first : text);
        free(text);
    }
}

static void show(const struct pk *pk, const struct stats_figures *query, const struct stats_figures_reply *reply)
{
    const struct field_desc *fields[64];
    size_t count = choose_fields(query, reply->has_previous_from, fields);
    bool has_headers = !arguments_has(&pk->arguments, OWN_NO_HEADERS), is_grouped = query->group_by.count > 0;
    struct table *table = table_new(has_headers);
    for (size_t i = 0; i < count; i++)
        add_column(table, fields[i]);
    for (size_t i = 0; is_grouped && i < reply->cells.count; i++)
        add_cell(table, fields, count, &reply->cells.items[i], NULL);
    // Among values only, a rest and a total would be taken for more groups.
    if (has_headers && reply->has_rest)
        add_cell(table, fields, count, &reply->rest, "rest");
    if (has_headers || !is_grouped)
        add_cell(table, fields, count, &reply->total, is_grouped ? "total" : NULL);
    table_print(table);
    if (reply->has_previous_from && reply->has_previous_to) {
        char from[DATE_TEXT_LEN], to[DATE_TEXT_LEN];
        date_format(reply->previous_from, from);
        date_format(reply->previous_to, to);
        fprintf(stderr, "pk: the period before is %.*s to %.*s\n", DATE_TEXT_LEN, from, DATE_TEXT_LEN, to);
    }
}

/** The groups alone, or the total when there are none. */
static int show_csv(const struct pk *pk, const struct stats_figures *query, const struct stats_figures_reply *reply)
{
    const struct field_desc *fields[64];
    size_t count = choose_fields(query, reply->has_previous_from, fields);
    bool is_grouped = query->group_by.count > 0;
    char delimiter;
    if (!csv_delimiter_of(arguments_own(&pk->arguments, OWN_DELIMITER), ',', &delimiter))
        return EXIT_USAGE;
    for (size_t i = 0; i < count && !arguments_has(&pk->arguments, OWN_NO_HEADERS); i++)
        csv_write_cell(stdout, delimiter, i == 0, text_of(fields[i]->name));
    if (!arguments_has(&pk->arguments, OWN_NO_HEADERS))
        putchar('\n');
    for (size_t at = 0; at < (is_grouped ? reply->cells.count : 1); at++) {
        for (size_t i = 0; i < count; i++) {
            char *text = cell_text(fields[i], is_grouped ? &reply->cells.items[at] : &reply->total, "");
            csv_write_cell(stdout, delimiter, i == 0, text_of(text));
            free(text);
        }
        putchar('\n');
    }
    return EXIT_DONE;
}

int run_figures(struct pk *pk)
{
    struct client_answer answer;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, &stats_figures_message, pk->body, NULL, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct stats_figures_reply *reply = answer.reply;
    if (arguments_has(&pk->arguments, OWN_CSV))
        return show_csv(pk, pk->body, reply);
    if (arguments_has(&pk->arguments, OWN_JSON))
        json_print(json_of_struct(&stats_figures_reply_desc, reply));
    else
        show(pk, pk->body, reply);
    return EXIT_DONE;
}

/** What the saved question groups by; the answer has only the cells. */
static int find_grouping(struct pk *pk, uint64_t question, struct stats_figures *out_query)
{
    static const struct question_list list;
    struct client_answer answer;
    int code = session_call(pk, NULL, &question_list_message, &list, NULL, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct question_list_reply *reply = answer.reply;
    for (size_t i = 0; i < reply->questions.count; i++)
        if (reply->questions.items[i].question == question) {
            out_query->group_by.count = reply->questions.items[i].group_by.count;
            out_query->group_by.items = reply->questions.items[i].group_by.items;
        }
    return EXIT_DONE;
}

int run_question_figures(struct pk *pk)
{
    struct stats_figures query = {.has_limit = false};
    struct client_answer answer;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, &question_figures_message, pk->body, NULL, &pk->arena, &answer);
    const struct question_figures_reply *reply = code == EXIT_DONE ? answer.reply : NULL;
    if (code == EXIT_DONE && arguments_has(&pk->arguments, OWN_JSON)) {
        json_print(json_of_struct(&question_figures_reply_desc, reply));
        return code;
    }
    if (code == EXIT_DONE)
        code = find_grouping(pk, reply->figures.question, &query);
    if (code != EXIT_DONE)
        return code;
    const struct stats_figures_reply figures = {
        .cells = {reply->figures.cells.count, reply->figures.cells.items},
        .has_rest = reply->figures.has_rest,
        .rest = reply->figures.rest,
        .total = reply->figures.total,
    };
    if (arguments_has(&pk->arguments, OWN_CSV))
        return show_csv(pk, &query, &figures);
    show(pk, &query, &figures);
    return EXIT_DONE;
}

int verdict_recount(const struct pk *pk, const void *reply)
{
    (void)pk;
    const struct stats_recount_reply *recount = reply;
    if (recount->differences.count == 0)
        return EXIT_DONE;
    fputs("pk: kept figures differ from the recount; that is a defect, please report it\n", stderr);
    return EXIT_FAILED;
}
