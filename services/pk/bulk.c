// SPDX-License-Identifier: Apache-2.0
/** `pk bulk start` and `pk bulk watch`: the command, and how far the change has come until it ends. */
#include <poll.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "proto/person.gen.h"
#include "services/pk/progress.h"
#include "services/pk/runs.h"
#include "services/pk/show.h"

enum { DEFAULT_TIMEOUT_MS = 10 * 1000, LOOK_MS = 200 };

static bool has_ended(const struct bulk *bulk)
{
    return bulk->state != BULK_STATE_CHOOSING && bulk->state != BULK_STATE_RUNNING;
}

static int wait_for_end(struct pk *pk, uint64_t id)
{
    const struct bulk_get query = {.bulk = id};
    int64_t end_ms = clock_monotonic_ms(clock_system()) + pk->session.timeout_ms;
    struct progress progress;
    progress_begin(&progress, "changing", "cards", 0, 0);
    for (;;) {
        struct arena_mark mark = arena_mark(&pk->arena);
        struct client_answer answer;
        int code = session_call(pk, NULL, &bulk_get_message, &query, NULL, &pk->arena, &answer);
        if (code != EXIT_DONE) {
            progress_end(&progress);
            return code;
        }
        const struct bulk *bulk = &((const struct bulk_get_reply *)answer.reply)->bulk;
        bool is_over = clock_monotonic_ms(clock_system()) >= end_ms;
        progress_show(&progress, bulk->looked_at,
                      bulk->has_total && bulk->total > 0 ? (double)bulk->looked_at / (double)bulk->total : -1);
        if (has_ended(bulk) || is_over) {
            progress_end(&progress);
            if (arguments_has(&pk->arguments, OWN_JSON))
                json_print(json_of_struct(&bulk_desc, bulk));
            else
                show_card(pk, &bulk_desc, NULL, bulk);
            if (!has_ended(bulk))
                fprintf(stderr, "pk: it goes on still; pk bulk watch %llu waits for its end\n", (unsigned long long)id);
            return bulk->state == BULK_STATE_DONE ? EXIT_DONE : has_ended(bulk) ? EXIT_FAILED : EXIT_UNREACHABLE;
        }
        arena_rewind(&pk->arena, mark); // what was read before it is of no use any more
        poll(NULL, 0, LOOK_MS);
    }
}

int run_bulk_start(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct client_answer answer;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, &bulk_start_message, pk->body, id, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    if (arguments_has(&pk->arguments, OWN_WAIT_FINAL))
        return wait_for_end(pk, ((const struct bulk_start_reply *)answer.reply)->bulk);
    show_reply(pk, answer.reply);
    return EXIT_DONE;
}

int run_bulk_watch(struct pk *pk)
{
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    return code == EXIT_DONE ? wait_for_end(pk, ((const struct bulk_get *)pk->body)->bulk) : code;
}
