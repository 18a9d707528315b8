// SPDX-License-Identifier: Apache-2.0
#include "services/pk/card_names.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/client/need.h"
#include "proto/person.gen.h"

enum { KEPT_MOST = 10000 }; // of organisations, and of employees; then they are asked for again

struct card_names {
    struct pk *pk;
    GHashTable *entries;
    GHashTable *organisations;
    GHashTable *employees;
    int code;
    char number[24];
};

static GHashTable *table_of_names(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

/** "#17" for what has no name, or one that means something else in a file. */
static char *plain(struct text name, uint64_t id)
{
    bool is_plain = name.len > 0 && name.data[0] != '#' && !memchr(name.data, '|', name.len);
    return is_plain ? g_strndup(name.data, name.len) : g_strdup_printf("#%" PRIu64, id);
}

static const char *keep(GHashTable *table, uint64_t id, struct text name)
{
    char *kept = plain(name, id);
    g_hash_table_insert(table, g_memdup2(&id, sizeof id), kept);
    return kept;
}

int card_names_new(struct pk *pk, struct card_names **out_names)
{
    static const struct entry_list all;
    struct client_answer answer;
    int code = session_call(pk, NULL, &entry_list_message, &all, NULL, &pk->arena, &answer);
    if (code != EXIT_DONE)
        return code;
    const struct entry_list_reply *reply = answer.reply;
    struct card_names *names = need(calloc(1, sizeof *names));
    names->pk = pk;
    names->entries = table_of_names();
    names->organisations = table_of_names();
    names->employees = table_of_names();
    for (size_t i = 0; i < reply->entries.count; i++)
        keep(names->entries, reply->entries.items[i].entry, reply->entries.items[i].names.sv);
    *out_names = names;
    return EXIT_DONE;
}

void card_names_free(struct card_names *names)
{
    g_hash_table_destroy(names->entries);
    g_hash_table_destroy(names->organisations);
    g_hash_table_destroy(names->employees);
    free(names);
}

int card_names_code(const struct card_names *names)
{
    return names->code;
}

static const char *number(struct card_names *names, uint64_t id)
{
    snprintf(names->number, sizeof names->number, "#%" PRIu64, id);
    return names->number;
}

const char *card_names_entry(struct card_names *names, uint64_t entry)
{
    const char *name = g_hash_table_lookup(names->entries, &entry);
    return name ? name : number(names, entry);
}

/** Asks; NULL when it was not answered. What is there no more has no name. */
static const void *ask(struct card_names *names, const struct message_desc *message, const void *query)
{
    struct client_answer answer;
    if (client_call(names->pk->session.client, NULL, message, query, NULL, &names->pk->arena, &answer) == CLIENT_DONE)
        return answer.reply;
    if (answer.outcome != CLIENT_REFUSED || answer.refusal.code != ERROR_NOT_FOUND)
        names->code = session_say(names->pk, "person", &answer, NULL);
    return NULL;
}

static const char *known(GHashTable *table, uint64_t id)
{
    const char *name = g_hash_table_lookup(table, &id);
    if (!name && g_hash_table_size(table) >= KEPT_MOST)
        g_hash_table_remove_all(table);
    return name;
}

const char *card_names_organisation(struct card_names *names, uint64_t organisation)
{
    const char *name = known(names->organisations, organisation);
    if (name)
        return name;
    const struct organisation_get query = {.organisation = organisation};
    const struct organisation_get_reply *reply = ask(names, &organisation_get_message, &query);
    return reply ? keep(names->organisations, organisation, reply->organisation.name) : number(names, organisation);
}

const char *card_names_employee(struct card_names *names, uint64_t person)
{
    const char *name = known(names->employees, person);
    if (name)
        return name;
    const struct person_get query = {.has_person = true, .person = person};
    const struct person_get_reply *reply = ask(names, &person_get_message, &query);
    return reply ? keep(names->employees, person, reply->card.employment.employee_number) : number(names, person);
}
