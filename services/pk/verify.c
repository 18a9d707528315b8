// SPDX-License-Identifier: Apache-2.0
/** `pk verify`, and the part of it that is `pk access verify`: runs the checks and reports. */
#include "services/pk/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "proto/activity.gen.h"
#include "proto/service.gen.h"
#include "services/pk/facts.h"
#include "services/pk/needles.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum {
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    PING_MS = 2000,
    MOST_SHOWN = 20, // differences of one check that are told one by one
};

/** A difference that is told. */
struct difference {
    const struct check *check;
    char text[VERIFY_TEXT_BYTES];
};

struct check *verify_check(struct verification *verification, const char *name, const char *of)
{
    struct check *check = g_new0(struct check, 1);
    check->name = name;
    check->of = of;
    g_ptr_array_add(verification->checks, check);
    return check;
}

void verify_differs(struct verification *verification, struct check *check, const char *text)
{
    if (check->differences++ >= MOST_SHOWN)
        return;
    struct difference *difference = g_new0(struct difference, 1);
    difference->check = check;
    snprintf(difference->text, sizeof difference->text, "%s", text);
    g_ptr_array_add(verification->differences, difference);
}

void verify_undone(struct check *check, const char *reason)
{
    if (!check->undone[0])
        snprintf(check->undone, sizeof check->undone, "%s", reason);
}

/** NULL when the service can be asked. */
static const char *obstacle(const struct verification *verification, const char *service)
{
    const struct bus_map *map = &verification->pk->session.map;
    for (size_t i = 0; i < map->count; i++)
        if (text_equal(text_of(map->services[i].service), text_of(service)))
            return verification->is_up[i] ? NULL : "is down";
    return "is not in the bus file";
}

static bool needs(const struct verification *verification, struct check *check, const char *service)
{
    const char *reason = service ? obstacle(verification, service) : NULL;
    char text[VERIFY_TEXT_BYTES];
    if (!reason)
        return true;
    snprintf(text, sizeof text, "%s %s", service, reason);
    verify_undone(check, text);
    return false;
}

bool verify_needs(const struct verification *verification, struct check *check, const char *first, const char *second)
{
    return needs(verification, check, first) && needs(verification, check, second);
}

bool verify_ask(const struct verification *verification, struct check *check, const char *service,
                const struct message_desc *message, const void *body, struct client_answer *out_answer)
{
    struct pk *pk = verification->pk;
    char text[VERIFY_TEXT_BYTES];
    enum client_outcome outcome = client_call(pk->session.client, service, message, body, NULL, &pk->arena, out_answer);
    if (outcome == CLIENT_DONE)
        return true;
    const struct refusal *refusal = &out_answer->refusal;
    snprintf(text, sizeof text, "%s: %s", service ? service : message->service,
             is_refused(refusal) ? refusal->message : "does not answer");
    verify_undone(check, text);
    return false;
}

static bool is_chosen(const struct verification *verification, const char *service)
{
    for (size_t i = 0; i < verification->services.count; i++)
        if (strcmp(verification->services.names[i], service) == 0)
            return true;
    return false;
}

/** Finds out who is there, all at once. */
static void ping_all(struct verification *verification)
{
    static const struct service_ping query;
    const struct bus_map *map = &verification->pk->session.map;
    struct client *client = NULL;
    struct client_config config = {.bus = verification->pk->session.bus,
                                   .map = map,
                                   .source = "pk",
                                   .timeout_ms = PING_MS,
                                   .resend_ms = PING_MS / 4};
    need_success(client_open(&config, &client) == FAULT_NONE);
    for (size_t i = 0; i < map->count; i++)
        if (is_chosen(verification, map->services[i].service))
            need_success(client_send(client, map->services[i].service, &service_ping_message, &query, NULL,
                                     &verification->is_up[i]));
    struct client_answer answer;
    while (client_in_flight(client) > 0)
        if (client_receive(client, PING_MS, &verification->pk->arena, &answer) && answer.outcome == CLIENT_DONE)
            *(bool *)answer.user = true;
    client_close(client);
}

static json_t *of_check(const struct verification *verification, const struct check *check)
{
    json_t *json = need(json_object()), *differences = need(json_array());
    json_put(json, "check", json_of_text(text_of(check->name)));
    json_put(json, "of", json_of_text(text_of(check->of)));
    json_put(json, "checked", json_integer((json_int_t)check->checked));
    json_put(json, "difference_count", json_integer((json_int_t)check->differences));
    for (size_t i = 0; i < verification->differences->len; i++) {
        const struct difference *difference = g_ptr_array_index(verification->differences, i);
        if (difference->check == check)
            json_add(differences, json_of_text(text_of(difference->text)));
    }
    json_put(json, "differences", differences);
    if (check->undone[0])
        json_put(json, "undone", json_of_text(text_of(check->undone)));
    return json;
}

static void show_json(const struct verification *verification)
{
    json_t *json = need(json_object()), *checks = need(json_array());
    for (size_t i = 0; i < verification->checks->len; i++)
        json_add(checks, of_check(verification, g_ptr_array_index(verification->checks, i)));
    json_put(json, "checks", checks);
    json_print(json);
}

static void add_line(struct table *table, const struct check *check)
{
    char number[32];
    table_add_line(table);
    table_set(table, 0, check->name);
    table_set(table, 1, check->of);
    snprintf(number, sizeof number, "%" PRIu64, check->checked);
    table_set(table, 2, number);
    snprintf(number, sizeof number, "%" PRIu64, check->differences);
    table_set(table, 3, number);
    char result[VERIFY_TEXT_BYTES + 16];
    snprintf(result, sizeof result, "not done: %s", check->undone);
    table_set(table, 4, check->undone[0] ? result : check->differences ? "differs" : "ok");
}

static void show_table(const struct verification *verification)
{
    struct table *table = table_new(!arguments_has(&verification->pk->arguments, OWN_NO_HEADERS));
    table_add_column(table, "check", false);
    table_add_column(table, "of", false);
    table_add_column(table, "checked", true);
    table_add_column(table, "differences", true);
    table_add_column(table, "result", false);
    for (size_t i = 0; i < verification->checks->len; i++)
        add_line(table, g_ptr_array_index(verification->checks, i));
    table_print(table);
    for (size_t i = 0; i < verification->differences->len; i++) {
        const struct difference *difference = g_ptr_array_index(verification->differences, i);
        printf("%s of %s: %s\n", difference->check->name, difference->check->of, difference->text);
    }
}

static int code_of(const struct verification *verification)
{
    bool differs = false, is_undone = false;
    for (size_t i = 0; i < verification->checks->len; i++) {
        const struct check *check = g_ptr_array_index(verification->checks, i);
        differs |= check->differences > 0;
        is_undone |= check->undone[0] != '\0';
    }
    return differs ? EXIT_FAILED : is_undone ? EXIT_UNREACHABLE : EXIT_DONE;
}

static void check_all(struct verification *verification)
{
    verification->facts = obstacle(verification, activity_created_message.service) ? NULL : facts_new();
    verify_journals(verification);
    verify_access(verification);
    verify_followers(verification);
    verify_sends(verification);
    verify_figures(verification);
    verify_last_activities(verification);
}

/** Runs checks and reports; the session is open. */
static int report(struct verification *verification, void (*check)(struct verification *verification))
{
    int code = session_choose(verification->pk, &verification->services);
    if (code != EXIT_DONE)
        return code;
    verification->checks = g_ptr_array_new_with_free_func(g_free);
    verification->differences = g_ptr_array_new_with_free_func(g_free);
    verification->test_sends = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    ping_all(verification);
    check(verification);
    if (arguments_has(&verification->pk->arguments, OWN_JSON))
        show_json(verification);
    else
        show_table(verification);
    code = code_of(verification);
    facts_free(verification->facts);
    g_hash_table_destroy(verification->test_sends);
    g_ptr_array_unref(verification->differences);
    g_ptr_array_unref(verification->checks);
    return code;
}

int run_verify(struct pk *pk)
{
    struct verification verification = {.pk = pk};
    if (!verify_erased_begin(&verification))
        return EXIT_USAGE;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    code = code == EXIT_DONE ? report(&verification, verification.erased ? verify_erased : check_all) : code;
    needles_free(verification.needles);
    return code;
}

int run_access_verify(struct pk *pk)
{
    struct verification verification = {.pk = pk};
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = verify_take_heads(&verification);
    if (code == EXIT_DONE)
        code = report(&verification, verify_access);
    json_decref(verification.heads);
    return code;
}
