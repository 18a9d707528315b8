// SPDX-License-Identifier: Apache-2.0
#include "services/pk/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/bus/key_pair.h"
#include "proto/service.gen.h"
#include "services/pk/interrupt.h"
#include "services/pk/pk.h"

enum { SCOUT_MS = 500 };

static int load_map(const struct arguments *arguments, struct bus_map *out_map)
{
    const char *path = arguments_own(arguments, OWN_BUS);
    char problem[512];
    if (bus_map_load(path ? path : bus_map_default_path(), out_map, problem, sizeof problem) == FAULT_NONE)
        return EXIT_DONE;
    fprintf(stderr, "pk: %s; or give --bus FILE\n", problem);
    return EXIT_USAGE;
}

/** The file of the key to come in with; NULL: none, and then tcp is refused. `out_is_asked`: for this run, not for all. */
static const char *key_of(const struct arguments *arguments, const struct bus_map *map, bool *out_is_asked)
{
    const char *given = arguments_own(arguments, OWN_KEY);
    const char *environment = getenv("PERSONKORT_KEY");
    const char *asked = given ? given : environment && *environment ? environment : NULL;
    *out_is_asked = asked != NULL;
    return asked ? asked : *map->curve.key ? map->curve.key : NULL;
}

/** Who comes with a key comes over tcp, where the bus file has that. */
static int take_key(struct pk *pk)
{
    struct session *session = &pk->session;
    struct key_pair pair;
    char problem[512];
    bool is_asked = false;
    const char *path = key_of(&pk->arguments, &session->map, &is_asked);
    if (!path)
        return EXIT_DONE;
    if (is_asked)
        bus_map_prefer_tcp(&session->map);
    if (!*session->map.curve.server_public) {
        fputs("pk: the bus file does not say who the services are: put server_public = \"…\" in its section curve, the "
              "key that pk key show prints for them\n",
              stderr);
        return EXIT_USAGE;
    }
    if (key_pair_load(path, &pair, problem, sizeof problem) != FAULT_NONE) {
        fprintf(stderr, "pk: %s\n", problem);
        return EXIT_USAGE;
    }
    key_pair_wipe(&pair);
    session->has_key = true;
    return bus_take_key(session->bus, path, session->map.curve.server_public) == FAULT_NONE ? EXIT_DONE : EXIT_FAILED;
}

static const char *actor_of(const struct arguments *arguments)
{
    const char *actor = arguments_own(arguments, OWN_ACTOR);
    const char *user = getenv("USER");
    return actor ? actor : user && *user ? user : NULL;
}

int session_open(struct pk *pk, int64_t timeout_ms)
{
    struct session *session = &pk->session;
    int code = arguments_seconds(&pk->arguments, OWN_TIMEOUT, timeout_ms, &session->timeout_ms);
    if (code == EXIT_DONE)
        code = load_map(&pk->arguments, &session->map);
    if (code != EXIT_DONE)
        return code;
    bus_block_signals();
    if (bus_open(&session->bus) != FAULT_NONE)
        return EXIT_FAILED;
    interrupt_ends_program();
    code = take_key(pk);
    if (code != EXIT_DONE)
        return code;
    struct client_config config = {
        .bus = session->bus,
        .map = &session->map,
        .source = "pk",
        .actor = actor_of(&pk->arguments),
        .timeout_ms = session->timeout_ms,
    };
    return client_open(&config, &session->client) == FAULT_NONE ? EXIT_DONE : EXIT_FAILED;
}

void session_close(struct session *session)
{
    if (session->client)
        client_close(session->client);
    if (session->bus)
        bus_close(session->bus);
    session->client = NULL;
    session->bus = NULL;
}

bool session_has(const struct pk *pk, const char *service)
{
    const struct bus_map *map = &pk->session.map;
    if (bus_map_find(map, text_of(service)))
        return true;
    fputs("pk: there is no such service in the bus file; it has", stderr);
    for (size_t i = 0; i < map->count; i++)
        fprintf(stderr, "%s %s", i ? "," : "", map->services[i].service);
    fputc('\n', stderr);
    return false;
}

int session_choose(const struct pk *pk, struct session_services *out_services)
{
    *out_services = (struct session_services){.count = 0};
    for (size_t i = 0; i < pk->arguments.count && out_services->count < BUS_MAP_SERVICES; i++) {
        const struct given *given = &pk->arguments.given[i];
        if (given->option || given->own != OWN_ONLY_SERVICE)
            continue;
        if (!session_has(pk, given->value))
            return EXIT_USAGE;
        out_services->names[out_services->count++] = given->value;
    }
    for (size_t i = 0; !arguments_has(&pk->arguments, OWN_ONLY_SERVICE) && i < pk->session.map.count; i++)
        out_services->names[out_services->count++] = pk->session.map.services[i].service;
    return EXIT_DONE;
}

static int choose_id(const struct pk *pk, char out_id[SESSION_ID_BYTES])
{
    const char *id = arguments_own(&pk->arguments, OWN_ID);
    if (!id) {
        client_new_id(out_id);
        return EXIT_DONE;
    }
    if (!*id || strlen(id) >= SESSION_ID_BYTES) {
        fputs("pk: --id must be 1 to 64 bytes\n", stderr);
        return EXIT_USAGE;
    }
    memcpy(out_id, id, strlen(id) + 1);
    return EXIT_DONE;
}

int session_open_command(struct pk *pk, int64_t timeout_ms, char out_id[SESSION_ID_BYTES])
{
    int code = choose_id(pk, out_id);
    return code == EXIT_DONE ? session_open(pk, timeout_ms) : code;
}

/** Path of the field without the places in lists: consents[2].channel is consents. */
static struct text outer_field(const char *path)
{
    return (struct text){path, strcspn(path, "[")};
}

/** "--email: " or "PERSON: ", for a field that can be given here. */
static void say_field(const struct arguments *arguments, const char *path)
{
    const struct option *option = options_of_field(&arguments->options, outer_field(path));
    if (!option)
        option = options_find(&arguments->options, text_of(path)); // "id", of the envelope
    char label[OPTION_NAME_BYTES];
    if (option) {
        option_label(&arguments->options, option, label);
        fprintf(stderr, "%s: ", label);
    } else if (*path)
        fprintf(stderr, "%s: ", path);
}

int session_say(const struct pk *pk, const char *service, const struct client_answer *answer, const char *id)
{
    const struct refusal *refusal = &answer->refusal;
    const struct error_info *error = error_info(refusal->code);
    bool is_refused = answer->outcome == CLIENT_REFUSED;
    fputs("pk: ", stderr);
    if (is_refused)
        say_field(&pk->arguments, refusal->field);
    if (error)
        fprintf(stderr, "%s (%s)\n", refusal->message, error->name);
    else if (pk->session.has_key)
        fprintf(stderr, "%s does not answer, or does not let this key in; whoever runs it sees with pk key list\n",
                service);
    else
        fprintf(stderr, "%s does not answer; pk status shows which services are up\n", service);
    if (!is_refused && id)
        fprintf(stderr, "pk: whether it was done is not known; the same command with --id %s does it once, or tells\n",
                id);
    return is_refused && error ? error->exit : EXIT_UNREACHABLE;
}

/** One source that a service follows: makes later answers of that not older than what the source has now. */
static bool catch_up_with(struct pk *pk, struct client *scout, const struct followed_store *followed,
                          struct arena *arena)
{
    static const struct service_info query;
    struct client_answer answer;
    char source[sizeof(((struct bus_address *)NULL)->service)];
    snprintf(source, sizeof source, "%.*s", (int)followed->source.len, followed->source.data);
    if (followed->state != FOLLOW_STATE_FOLLOWING ||
        client_call(scout, source, &service_info_message, &query, NULL, arena, &answer) != CLIENT_DONE)
        return false;
    client_saw(pk->session.client, source, (uint64_t)((const struct service_info_reply *)answer.reply)->seq);
    return true;
}

/**
 * Makes later answers of a service not older than what those that it follows have now. Sources that are not there are left out.
 * False: there is nothing to wait for.
 */
static bool catch_up(struct pk *pk, const char *service, struct arena *arena)
{
    static const struct service_health query;
    struct client_config config = {.bus = pk->session.bus,
                                   .map = &pk->session.map,
                                   .source = "pk",
                                   .timeout_ms = SCOUT_MS,
                                   .resend_ms = SCOUT_MS,
                                   .in_flight = 1};
    struct client *scout = NULL; // its own, since these questions are not worth the time of a command
    struct client_answer answer;
    bool waits = false;
    if (client_open(&config, &scout) != FAULT_NONE)
        return false;
    if (client_call(scout, service, &service_health_message, &query, NULL, arena, &answer) == CLIENT_DONE) {
        const struct service_health_reply *health = answer.reply;
        for (size_t i = 0; i < health->followed.count; i++)
            waits |= catch_up_with(pk, scout, &health->followed.items[i], arena);
    }
    client_close(scout);
    return waits;
}

int session_call(struct pk *pk, const char *service, const struct message_desc *message, const void *body,
                 const char *id, struct arena *arena, struct client_answer *out_answer)
{
    struct client *client = pk->session.client;
    const char *asked = service ? service : message->service;
    bool is_command = message->kind == MESSAGE_COMMAND, is_given = is_command && arguments_has(&pk->arguments, OWN_ID);
    char again[33];
    if (!session_has(pk, asked))
        return service ? EXIT_NOT_FOUND : EXIT_UNREACHABLE;
    // A refusal is remembered under its id. So an id that was given is not spent on one that would be another a moment later.
    if (is_given)
        catch_up(pk, asked, arena);
    interrupt_tells_id(is_command ? id : NULL);
    enum client_outcome outcome = client_call(client, service, message, body, id, arena, out_answer);
    if (outcome == CLIENT_REFUSED && out_answer->refusal.code == ERROR_NOT_FOUND && !is_given &&
        catch_up(pk, asked, arena)) {
        client_new_id(again);
        id = again;
        interrupt_tells_id(is_command ? id : NULL);
        outcome = client_call(client, service, message, body, id, arena, out_answer);
    }
    interrupt_tells_id(NULL);
    return outcome == CLIENT_DONE ? EXIT_DONE : session_say(pk, asked, out_answer, is_command ? id : NULL);
}
