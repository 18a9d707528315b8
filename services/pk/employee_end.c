// SPDX-License-Identifier: Apache-2.0
/** `pk employee end`: the command, and the customers who need another account manager now. */
#include <inttypes.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "proto/person.gen.h"
#include "services/pk/runs.h"
#include "services/pk/show.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000, SHOWN = 500 };

static int find_customers(struct pk *pk, uint64_t employee, const struct person_search_reply **out_found)
{
    char where[64];
    struct client_answer answer;
    snprintf(where, sizeof where, "account_manager:#%" PRIu64, employee);
    const struct person_search query = {.has_where = true, .where = text_of(where), .limit = SHOWN};
    int code = session_call(pk, NULL, &person_search_message, &query, NULL, &pk->arena, &answer);
    *out_found = code == EXIT_DONE ? answer.reply : NULL;
    return code;
}

static void print_json(const struct employee_end_reply *ended, const struct person_search_reply *found)
{
    json_t *json = json_of_struct(&employee_end_reply_desc, ended);
    json_t *cards = need(json_array());
    for (size_t i = 0; i < found->cards.count; i++)
        json_add(cards, json_of_struct(&person_card_desc, &found->cards.items[i]));
    json_put(json, "cards", cards);
    json_print(json);
}

static void print_tables(const struct pk *pk, const struct employee_end_reply *ended,
                         const struct person_search_reply *found)
{
    show_reply(pk, ended);
    fputs("\nThey need another account manager:\n", stdout);
    show_list(pk, &person_card_desc, "person,customer_number,given_name,family_name,email,mobile", found->cards.items,
              found->cards.count);
}

static void show_all(const struct pk *pk, const struct employee_end_reply *ended,
                     const struct person_search_reply *found)
{
    if (arguments_has(&pk->arguments, OWN_JSON))
        print_json(ended, found);
    else
        print_tables(pk, ended, found);
    if (found->has_next)
        fprintf(stderr, "pk: these are the first %d; pk person search account_manager:#%" PRIu64 " lists all\n", SHOWN,
                ended->person);
}

int run_employee_end(struct pk *pk)
{
    char id[SESSION_ID_BYTES];
    struct client_answer answer;
    int code = session_open_command(pk, DEFAULT_TIMEOUT_MS, id);
    if (code == EXIT_DONE)
        code = session_call(pk, NULL, &employee_end_message, pk->body, id, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct employee_end_reply *ended = answer.reply;
    const struct person_search_reply *found = NULL;
    bool has_customers = ended->customers > 0 && !ended->has_bulk && !arguments_has(&pk->arguments, OWN_COLUMNS);
    code = has_customers ? find_customers(pk, ended->person, &found) : EXIT_DONE;
    if (found && found->cards.count > 0)
        show_all(pk, ended, found);
    else
        show_reply(pk, ended); // it is done, whether they can be listed or not
    return code;
}
