// SPDX-License-Identifier: Apache-2.0
/** `pk follow replay` and `pk follow reset`: the same command again until there is no more to do. */
#include <inttypes.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "proto/service.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum { DEFAULT_TIMEOUT_MS = 30 * 1000 };

/** Numbers of the answer, added up. */
struct sum {
    const char *name;
    int64_t value;
};

static void show(const struct pk *pk, const struct sum *sums, size_t count)
{
    if (arguments_has(&pk->arguments, OWN_JSON)) {
        json_t *json = need(json_object());
        for (size_t i = 0; i < count; i++)
            json_put(json, sums[i].name, json_integer(sums[i].value));
        json_print(json);
        return;
    }
    struct table *table = table_new(!arguments_has(&pk->arguments, OWN_NO_HEADERS));
    for (size_t i = 0; i < count; i++)
        table_add_column(table, sums[i].name, true);
    table_add_line(table);
    for (size_t i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "%" PRId64, sums[i].value);
        table_set(table, i, text);
    }
    table_print(table);
}

/** The first command has the id that was given, and can be repeated; each later one is another command. */
static int call(struct pk *pk, const char *first_id, bool is_first, const void *body, struct client_answer *out_answer)
{
    const char *service = arguments_own(&pk->arguments, OWN_SERVICE);
    char next[33];
    client_new_id(next);
    return session_call(pk, service, pk->arguments.command->message, body, is_first ? first_id : next, &pk->arena,
                        out_answer);
}

int run_follow_replay(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct follow_replay body = *(const struct follow_replay *)pk->body;
    struct sum sums[] = {{"applied", 0}, {"left", 0}};
    bool more = true;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    for (bool first = true; code == EXIT_DONE && more; first = false) {
        struct client_answer answer;
        struct arena_mark mark = arena_mark(&pk->arena);
        code = call(pk, id, first, &body, &answer);
        if (code != EXIT_DONE)
            break;
        const struct follow_replay_reply *reply = answer.reply;
        sums[0].value += reply->applied;
        sums[1].value = reply->left;
        more = reply->more;
        if (reply->has_last) {
            body.has_after = true;
            body.after = reply->last;
        }
        arena_rewind(&pk->arena, mark);
    }
    if (code != EXIT_DONE)
        return code;
    show(pk, sums, 2);
    return sums[1].value == 0 ? EXIT_DONE : EXIT_FAILED;
}

int run_follow_reset(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct sum sums[] = {{"removed", 0}};
    bool more = true;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    for (bool first = true; code == EXIT_DONE && more; first = false) {
        struct client_answer answer;
        struct arena_mark mark = arena_mark(&pk->arena);
        code = call(pk, id, first, pk->body, &answer);
        if (code != EXIT_DONE)
            break;
        const struct follow_reset_reply *reply = answer.reply;
        sums[0].value += reply->removed;
        more = reply->more;
        arena_rewind(&pk->arena, mark);
    }
    if (code == EXIT_DONE)
        show(pk, sums, 1);
    return code;
}
