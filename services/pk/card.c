// SPDX-License-Identifier: Apache-2.0
/** `pk person card`: the Marketing tab as one screen, from the three services that have a part of it. */
#include <stdio.h>
#include <stdlib.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"
#include "proto/stats.gen.h"
#include "services/pk/card.h"
#include "services/pk/cell.h"
#include "services/pk/own_value.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum {
    DEFAULT_TIMEOUT_MS = 10 * 1000,
    NEWEST_ACTIVITIES = 10,
    NAME_BYTES = 512,
};

/** Asks one question; NULL when it was not answered, and then `*code` is the exit code of the run. */
static const void *ask(struct pk *pk, const struct message_desc *message, const void *body, int *code)
{
    struct client_answer answer;
    int said = session_call(pk, NULL, message, body, NULL, &pk->arena, &answer);
    if (said == EXIT_DONE)
        return answer.reply;
    *code = said;
    return NULL;
}

/** Asks for the card of an account manager: one who is there no more has no name. */
static const struct person_card *ask_manager(struct pk *pk, uint64_t person, int *code)
{
    const struct person_get query = {.has_person = true, .person = person};
    struct client_answer answer;
    if (client_call(pk->session.client, NULL, &person_get_message, &query, NULL, &pk->arena, &answer) == CLIENT_DONE)
        return &((const struct person_get_reply *)answer.reply)->card;
    if (answer.outcome != CLIENT_REFUSED || answer.refusal.code != ERROR_NOT_FOUND)
        *code = session_say(pk, "person", &answer, NULL);
    return NULL;
}

int card_ask_names(struct pk *pk, struct tab *tab)
{
    int code = EXIT_DONE;
    const struct person_card *card = tab->card;
    const struct entry_list all_entries = {.has_list = false};
    const struct field_list all_fields = {0};
    const struct organisation_get organisation = {.organisation = card->organisation};
    tab->entries = ask(pk, &entry_list_message, &all_entries, &code);
    if (card->own.count > 0)
        tab->fields = ask(pk, &field_list_message, &all_fields, &code);
    if (card->has_organisation) {
        const struct organisation_get_reply *reply = ask(pk, &organisation_get_message, &organisation, &code);
        tab->organisation = reply ? &reply->organisation : NULL;
    }
    if (card->has_account_manager)
        tab->account_manager = ask_manager(pk, card->account_manager, &code);
    return code;
}

/** The card first; without it there is no tab. What else is missing is left out, and the exit code tells. */
static int gather(struct pk *pk, struct tab *out_tab)
{
    int code = EXIT_DONE;
    *out_tab = (struct tab){.card = NULL};
    const struct person_get_reply *got = ask(pk, &person_get_message, pk->body, &code);
    if (!got)
        return code;
    const struct person_card *card = &got->card;
    const struct type_list all_types = {0};
    const struct activity_list newest = {.has_person = true, .person = card->person, .limit = NEWEST_ACTIVITIES};
    static const enum dimension by_type[] = {DIMENSION_TYPE};
    const struct stats_figures figures = {.group_by = {1, by_type}, .has_person = true, .person = card->person};
    if (got->has_merged_from)
        fprintf(stderr, "pk: person %llu was merged into this one\n", (unsigned long long)got->merged_from);
    out_tab->card = card;
    code = card_ask_names(pk, out_tab);
    out_tab->activities = ask(pk, &activity_list_message, &newest, &code);
    if (out_tab->activities)
        out_tab->types = ask(pk, &type_list_message, &all_types, &code);
    out_tab->figures = ask(pk, &stats_figures_message, &figures, &code);
    return code;
}

/* Names of what has an id. */

static void print_name(FILE *out, struct text name, uint64_t id)
{
    if (name.len > 0)
        fprintf(out, "%.*s (%llu)", (int)name.len, name.data, (unsigned long long)id);
    else
        fprintf(out, "%llu", (unsigned long long)id);
}

static struct text entry_name(const struct tab *tab, uint64_t entry)
{
    for (size_t i = 0; tab->entries && i < tab->entries->entries.count; i++)
        if (tab->entries->entries.items[i].entry == entry)
            return tab->entries->entries.items[i].names.sv;
    return TEXT("");
}

struct text card_type_name(const struct tab *tab, uint64_t type)
{
    for (size_t i = 0; tab->types && i < tab->types->types.count; i++)
        if (tab->types->types.items[i].type == type)
            return tab->types->types.items[i].names.sv;
    return TEXT("");
}

void card_print_name(FILE *out, const struct person_card *card)
{
    fprintf(out, "%.*s", (int)card->given_name.len, card->given_name.data);
    if (card->has_family_name)
        fprintf(out, " %.*s", (int)card->family_name.len, card->family_name.data);
}

static void print_manager(FILE *out, const struct tab *tab)
{
    if (tab->account_manager)
        card_print_name(out, tab->account_manager);
    fprintf(out, tab->account_manager ? " (%llu)" : "%llu", (unsigned long long)tab->card->account_manager);
}

static void print_groups(FILE *out, const struct tab *tab)
{
    for (size_t i = 0; i < tab->card->groups.count; i++) {
        fputs(i ? ", " : "", out);
        print_name(out, entry_name(tab, tab->card->groups.items[i]), tab->card->groups.items[i]);
    }
}

static bool is_entry(const char *field)
{
    static const char *const names[] = {"department", "job_title",      "category",
                                        "region",     "benefit_status", "sales_status"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], field) == 0)
            return true;
    return false;
}

void card_print_value(FILE *out, const struct tab *tab, struct text field, const char *value)
{
    const struct field_desc *desc = struct_field(&person_card_desc, field);
    bool is_named = desc && (is_entry(desc->name) || strcmp(desc->name, "groups") == 0);
    while (*value) {
        size_t digits = strspn(value, "0123456789");
        if (is_named && digits > 0) {
            uint64_t id = strtoull(value, NULL, 10);
            print_name(out, entry_name(tab, id), id);
            value += digits;
        } else {
            fputs(*value == '\n' ? "\n        " : (const char[]){*value, '\0'}, out);
            value++;
        }
    }
}

/** Gives what the card's field shows: free. */
static char *field_text(const struct tab *tab, const struct field_desc *field)
{
    const struct person_card *card = tab->card;
    char *text = NULL;
    size_t len = 0;
    bool is_organisation = strcmp(field->name, "organisation") == 0 && tab->organisation;
    bool is_manager = strcmp(field->name, "account_manager") == 0, is_group = strcmp(field->name, "groups") == 0;
    if (!is_entry(field->name) && !is_organisation && !is_manager && !is_group)
        return cell_text(field, card, "\n");
    FILE *out = need(open_memstream(&text, &len));
    uint64_t id = (uint64_t)value_int64(value_member(card, field->offset));
    if (is_group)
        print_groups(out, tab);
    else if (is_manager)
        print_manager(out, tab);
    else
        print_name(out, is_organisation ? tab->organisation->name : entry_name(tab, id), id);
    need_success(fclose(out) == 0);
    return text;
}

/* Own-defined fields. */

/** The value that the card has of it; NULL: none. */
static const struct own_value *own_value_of(const struct person_card *card, const struct own_field *own)
{
    for (size_t i = 0; i < card->own.count; i++)
        if (card->own.items[i].field == own->field)
            return &card->own.items[i];
    return NULL;
}

static struct text choice_name(const struct own_field *own, uint64_t choice)
{
    for (size_t i = 0; i < own->choices.count; i++)
        if (own->choices.items[i].choice == choice)
            return own->choices.items[i].names.sv;
    return TEXT("");
}

/** Gives what the value shows: free. */
static char *own_text(const struct own_field *own, const struct own_value *value)
{
    char *text = NULL;
    size_t len = 0;
    if (!value->has_choice)
        return own_value_text(value);
    FILE *out = need(open_memstream(&text, &len));
    print_name(out, choice_name(own, value->choice), value->choice);
    need_success(fclose(out) == 0);
    return text;
}

/** By the order in which they are declared. */
static void show_own(const struct tab *tab, struct table *table)
{
    for (size_t i = 0; i < tab->fields->fields.count; i++) {
        const struct own_field *own = &tab->fields->fields.items[i];
        const struct own_value *value = own_value_of(tab->card, own);
        char label[NAME_BYTES];
        if (!value)
            continue;
        snprintf(label, sizeof label, "%.*s (own.%.*s)", (int)own->names.sv.len, own->names.sv.data, (int)own->name.len,
                 own->name.data);
        char *text = own_text(own, value);
        table_add_line(table);
        table_set(table, 0, label);
        table_set(table, 1, text);
        free(text);
    }
}

/* The parts of the screen. */

void card_print_fields(FILE *out, const struct tab *tab)
{
    struct table *table = table_new(false);
    table_add_column(table, "field", false);
    table_add_text_column(table, "value");
    for (size_t i = 0; i < person_card_desc.count; i++) {
        const struct field_desc *field = &person_card_desc.fields[i];
        if (value_presence(field, tab->card) != VALUE_PRESENT)
            continue;
        if (tab->fields && strcmp(field->name, "own") == 0) {
            show_own(tab, table);
            continue;
        }
        char *text = field_text(tab, field);
        table_add_line(table);
        table_set(table, 0, field->name);
        table_set(table, 1, text);
        free(text);
    }
    table_print_to(table, out);
}

/** A cell of a field of a struct, by the field's name. */
static void set_field(struct table *table, size_t column, const struct struct_desc *desc, const char *name,
                      const void *value)
{
    char *text = cell_text(struct_field(desc, text_of(name)), value, "; ");
    table_set(table, column, text);
    free(text);
}

static void set_type(struct table *table, size_t column, const struct tab *tab, uint64_t type)
{
    char name[NAME_BYTES];
    struct text text = card_type_name(tab, type);
    if (text.len > 0)
        snprintf(name, sizeof name, "%.*s", (int)text.len, text.data);
    else
        snprintf(name, sizeof name, "%llu", (unsigned long long)type);
    table_set(table, column, name);
}

static void show_activities(const struct tab *tab, bool has_headers)
{
    static const char *const columns[] = {"start_ms", "type", "status", "outcome", "subject"};
    struct table *table = table_new(has_headers);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_add_column(table, columns[i], false);
    for (size_t i = 0; i < tab->activities->activities.count; i++) {
        const struct activity *activity = &tab->activities->activities.items[i];
        table_add_line(table);
        for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
            set_field(table, j, &activity_desc, columns[j], activity);
        set_type(table, 1, tab, activity->type);
    }
    table_print(table);
}

static void show_figures(const struct tab *tab, bool has_headers)
{
    struct table *table = table_new(has_headers);
    table_add_column(table, "type", false);
    table_add_column(table, "activities", true);
    table_add_column(table, "contacts", true);
    size_t count = tab->figures->cells.count;
    for (size_t i = 0; i <= count; i++) {
        const struct figure_cell *cell = i < count ? &tab->figures->cells.items[i] : &tab->figures->total;
        table_add_line(table);
        if (i < count)
            set_type(table, 0, tab, cell->type);
        else
            table_set(table, 0, "total");
        set_field(table, 1, &figure_cell_desc, "activities", cell);
        set_field(table, 2, &figure_cell_desc, "contacts", cell);
    }
    table_print(table);
}

static void show(const struct pk *pk, const struct tab *tab)
{
    bool has_headers = !arguments_has(&pk->arguments, OWN_NO_HEADERS);
    card_print_name(stdout, tab->card);
    fputs("\n\n", stdout);
    card_print_fields(stdout, tab);
    if (tab->activities && tab->activities->activities.count > 0) {
        putchar('\n');
        show_activities(tab, has_headers);
    }
    if (tab->figures) {
        putchar('\n');
        show_figures(tab, has_headers);
    }
}

json_t *card_entries_json(const struct tab *tab)
{
    json_t *entries = need(json_array());
    for (size_t i = 0; tab->entries && i < tab->entries->entries.count; i++) {
        const struct pick_list_entry *entry = &tab->entries->entries.items[i];
        bool is_its = false;
        for (size_t j = 0; j < tab->card->groups.count; j++)
            is_its = is_its || tab->card->groups.items[j] == entry->entry;
        for (size_t j = 0; j < person_card_desc.count; j++) {
            const struct field_desc *field = &person_card_desc.fields[j];
            is_its = is_its || (is_entry(field->name) && value_presence(field, tab->card) == VALUE_PRESENT &&
                                (uint64_t)value_int64(value_member(tab->card, field->offset)) == entry->entry);
        }
        if (is_its)
            json_add(entries, json_of_struct(&pick_list_entry_desc, entry));
    }
    return entries;
}

json_t *card_own_fields_json(const struct tab *tab)
{
    json_t *own_fields = need(json_array());
    for (size_t i = 0; tab->fields && i < tab->fields->fields.count; i++)
        if (own_value_of(tab->card, &tab->fields->fields.items[i]))
            json_add(own_fields, json_of_struct(&own_field_desc, &tab->fields->fields.items[i]));
    return own_fields;
}

static void put_part(json_t *json, const char *name, const struct struct_desc *desc, const void *part)
{
    if (part)
        json_put(json, name, json_of_struct(desc, part));
}

static void show_json(const struct tab *tab)
{
    json_t *json = need(json_object());
    put_part(json, "card", &person_card_desc, tab->card);
    json_put(json, "entries", card_entries_json(tab));
    json_put(json, "own_fields", card_own_fields_json(tab));
    put_part(json, "organisation", &organisation_desc, tab->organisation);
    put_part(json, "activities", &activity_list_reply_desc, tab->activities);
    put_part(json, "figures", &stats_figures_reply_desc, tab->figures);
    json_print(json);
}

int run_card(struct pk *pk)
{
    struct tab tab;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code != EXIT_DONE)
        return code;
    code = gather(pk, &tab);
    if (!tab.card)
        return code;
    if (arguments_has(&pk->arguments, OWN_JSON))
        show_json(&tab);
    else
        show(pk, &tab);
    return code;
}
