// SPDX-License-Identifier: Apache-2.0
/** `pk stats watch`: the figures as a table that keeps itself current, or as lines of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/client/json.h"
#include "common/client/live_json.h"
#include "proto/activity.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"
#include "services/pk/watch.h"

enum {
    CALL_TIMEOUT_MS = 5000,
    PAUSE_MS = 250, // between two tables: faster nobody reads
    LABEL_BYTES = 600,
};

#define HOME_AND_CLEAR "\033[H\033[2J"

struct watching {
    struct pk *pk;
    struct watch_count count;
    bool on_terminal;
    bool as_json;
    bool is_over;
    bool is_changed; // since the last table
    bool had_problem;
    int64_t shown_ms;
    const struct type_list_reply *types; // their names, when the watch began; NULL: not known
};

static void note_change(void *user, const struct live_value *value)
{
    struct watching *watching = user;
    watching->is_changed = true;
    if (!watching->as_json || watching->is_over)
        return;
    json_print_line(live_json(value));
    watching->is_over = !watch_count_down(&watching->count) || ferror(stdout);
}

/** The Swedish name, which every type has. */
static void name_type(const struct watching *watching, uint64_t type, char out[LABEL_BYTES])
{
    for (size_t i = 0; watching->types && i < watching->types->types.count; i++) {
        const struct activity_type *one = &watching->types->types.items[i];
        if (one->type == type) {
            snprintf(out, LABEL_BYTES, "type %" PRIu64 ", %.*s", type, (int)one->names.sv.len, one->names.sv.data);
            return;
        }
    }
    snprintf(out, LABEL_BYTES, "type %" PRIu64, type);
}

static void name_of(const struct watching *watching, const struct live_value *value, char out[LABEL_BYTES])
{
    switch (value->kind) {
    case LIVE_TOTAL:
        snprintf(out, LABEL_BYTES, "total");
        break;
    case LIVE_TYPE:
        name_type(watching, value->id, out);
        break;
    case LIVE_ASSIGNEE:
        snprintf(out, LABEL_BYTES, "assignee %" PRIu64, value->id);
        break;
    case LIVE_QUESTION:
        snprintf(out, LABEL_BYTES, "question %" PRIu64 ", %s", value->id, value->name);
        break;
    }
}

static void show(const struct watching *watching, const struct live *live)
{
    size_t count;
    const struct live_value *values = live_figures(live, &count);
    struct table *table = table_new(!arguments_has(&watching->pk->arguments, OWN_NO_HEADERS));
    table_add_column(table, "figure", false);
    table_add_column(table, "activities", true);
    table_add_column(table, "contacts", true);
    for (size_t i = 0; i < count; i++) {
        char label[LABEL_BYTES], number[32];
        name_of(watching, &values[i], label);
        table_add_line(table);
        table_set(table, 0, label);
        snprintf(number, sizeof number, "%" PRId64, values[i].activities);
        table_set(table, 1, number);
        snprintf(number, sizeof number, "%" PRId64, values[i].contacts);
        table_set(table, 2, number);
    }
    if (watching->on_terminal)
        fputs(HOME_AND_CLEAR, stdout);
    table_print(table);
    if (live_problem(live))
        printf("(%s; these are the last figures known)\n", live_problem(live));
    putchar('\n');
    fflush(stdout);
}

/** Shows what is to be shown now; false when it was the last. A table counts that has figures of now. */
static bool show_if_due(struct watching *watching, const struct live *live)
{
    int64_t now_ms = clock_monotonic_ms(clock_system());
    bool has_problem = live_problem(live) != NULL;
    bool is_due = has_problem != watching->had_problem || (watching->is_changed && live_is_current(live));
    if (!is_due || now_ms - watching->shown_ms < PAUSE_MS)
        return true;
    watching->is_changed = watching->is_changed && has_problem;
    watching->had_problem = has_problem;
    watching->shown_ms = now_ms;
    show(watching, live);
    return (has_problem || watch_count_down(&watching->count)) && !ferror(stdout);
}

/** As lines of JSON, figures go out as they come; what is wrong goes to standard error. */
static bool tell_problem(struct watching *watching, const struct live *live)
{
    bool has_problem = live_problem(live) != NULL;
    if (has_problem && !watching->had_problem)
        fprintf(stderr, "pk: %s; trying again\n", live_problem(live));
    watching->had_problem = has_problem;
    return !watching->is_over;
}

static int watch(struct watching *watching)
{
    struct pk *pk = watching->pk;
    struct live *live = NULL;
    const struct live_config config = {
        .bus = pk->session.bus,
        .map = &pk->session.map,
        .client = pk->session.client,
        .changed = note_change,
        .user = watching,
    };
    if (live_open(&config, &live) != FAULT_NONE)
        return EXIT_UNREACHABLE;
    struct bus_poll_item item = {.socket = live_socket(live)};
    do {
        int due_ms = live_due_ms(live);
        bus_poll(&item, 1, watching->is_changed && due_ms > PAUSE_MS ? PAUSE_MS : due_ms);
        live_turn(live);
    } while (watching->as_json ? tell_problem(watching, live) : show_if_due(watching, live));
    live_close(live);
    return EXIT_DONE;
}

int run_watch_stats(struct pk *pk)
{
    static const struct type_list list;
    struct watching watching = {
        .pk = pk,
        .on_terminal = isatty(STDOUT_FILENO) == 1,
        .as_json = arguments_has(&pk->arguments, OWN_JSON),
    };
    struct client_answer answer;
    int code = watch_count_of(pk, &watching.count);
    if (code == EXIT_DONE)
        code = session_open(pk, CALL_TIMEOUT_MS);
    if (code != EXIT_DONE)
        return code;
    if (!watching.as_json &&
        client_call(pk->session.client, NULL, &type_list_message, &list, NULL, &pk->arena, &answer) == CLIENT_DONE)
        watching.types = answer.reply; // without, figures are as right
    watching.shown_ms = clock_monotonic_ms(clock_system()) - PAUSE_MS;
    return watch(&watching);
}
