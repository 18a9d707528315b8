// SPDX-License-Identifier: Apache-2.0
/** `pk person update`, when somebody else was first: both versions side by side. */
#include <stdio.h>
#include <stdlib.h>

#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "proto/person.gen.h"
#include "services/pk/cell.h"
#include "services/pk/own_value.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"
#include "services/pk/table.h"

enum {
    VERSIONS_MOST = 100, // of the others, that are looked through
    NAME_BYTES = 64,
};

/** What the others did to a field since the card was read; each NULL when they left it alone. */
struct theirs {
    const struct field_change *first;
    const struct field_change *last;
};

static const struct field_desc *change_field(const char *name)
{
    return struct_field(&field_change_desc, text_of(name));
}

/** `history` is newest first. */
static struct theirs find_theirs(const struct person_history_reply *history, int64_t revision, struct text field)
{
    struct theirs theirs = {NULL, NULL};
    for (size_t i = 0; i < history->versions.count && history->versions.items[i].revision > revision; i++) {
        const struct card_version *version = &history->versions.items[i];
        for (size_t k = 0; k < version->changes.count; k++) {
            const struct field_change *change = &version->changes.items[k];
            if (!text_equal(change->field, field))
                continue;
            theirs.first = change;
            theirs.last = theirs.last ? theirs.last : change;
        }
    }
    return theirs;
}

static void add_cell(struct table *table, size_t column, char *text)
{
    table_set(table, column, text);
    free(text);
}

static char *own_cell(const struct field_desc *field, const void *command)
{
    return value_presence(field, command) == VALUE_CLEARED ? need(strdup("(none)")) : cell_text(field, command, "; ");
}

/* Own-defined fields, which the history names own.NAME. */

static const struct text own_prefix = {"own.", 4};

static const struct own_change *wanted_own(const struct person_update *command, struct text name)
{
    for (size_t i = 0; i < command->own.count; i++)
        if (text_equal(command->own.items[i].name, name))
            return &command->own.items[i];
    return NULL;
}

/** Gives what the card has of the field: free. */
static char *card_own(const struct person_card *card, struct text name)
{
    for (size_t i = 0; i < card->own.count; i++)
        if (text_equal(card->own.items[i].name, name))
            return own_value_text(&card->own.items[i]);
    return need(strdup(""));
}

static void show_own(struct table *table, const struct person_update *command, const struct person_card *card,
                     const struct person_history_reply *history, struct text name)
{
    char label[NAME_BYTES];
    snprintf(label, sizeof label, "own.%.*s", (int)name.len, name.data);
    struct theirs theirs = find_theirs(history, command->revision, text_of(label));
    const struct own_change *wanted = wanted_own(command, name);
    table_add_line(table);
    table_set(table, 0, label);
    add_cell(table, 1, theirs.first ? cell_text(change_field("from"), theirs.first, "") : card_own(card, name));
    add_cell(table, 2, theirs.last ? cell_text(change_field("to"), theirs.last, "") : card_own(card, name));
    if (wanted)
        add_cell(table, 3,
                 wanted->value.len ? need(strndup(wanted->value.data, wanted->value.len)) : need(strdup("(none)")));
}

/** A line for each own-defined field that they changed, and that this command does not. */
static void show_their_own(struct table *table, const struct person_update *command, const struct person_card *card,
                           const struct person_history_reply *history)
{
    for (size_t i = 0; i < history->versions.count && history->versions.items[i].revision > command->revision; i++) {
        const struct card_version *version = &history->versions.items[i];
        for (size_t k = 0; k < version->changes.count; k++) {
            const struct field_change *change = &version->changes.items[k];
            struct text field = change->field;
            if (!text_starts_with(field, own_prefix))
                continue;
            struct text name = {field.data + own_prefix.len, field.len - own_prefix.len};
            bool is_newest = find_theirs(history, command->revision, field).last == change;
            if (is_newest && !wanted_own(command, name))
                show_own(table, command, card, history, name);
        }
    }
}

/** A line for each field that they or this command changed. */
static void show_versions(const struct person_update *command, const struct person_card *card,
                          const struct person_history_reply *history)
{
    struct table *table = table_new(true);
    table_add_column(table, "field", false);
    table_add_text_column(table, "when_you_read_it");
    table_add_text_column(table, "now");
    table_add_text_column(table, "you_wanted");
    for (size_t i = 0; i < person_card_desc.count; i++) {
        const struct field_desc *field = &person_card_desc.fields[i];
        const struct field_desc *own = struct_field(&person_update_desc, text_of(field->name));
        struct theirs theirs = find_theirs(history, command->revision, text_of(field->name));
        bool is_asked =
            text_equal(text_of(field->name), TEXT("person")) || text_equal(text_of(field->name), TEXT("revision"));
        bool is_own = own && !is_asked && value_presence(own, command) != VALUE_ABSENT;
        if (text_equal(text_of(field->name), TEXT("own")))
            continue; // one by one, below
        if (!theirs.first && !is_own)
            continue;
        table_add_line(table);
        table_set(table, 0, field->name);
        add_cell(table, 1,
                 theirs.first ? cell_text(change_field("from"), theirs.first, "") : cell_text(field, card, "; "));
        add_cell(table, 2, theirs.last ? cell_text(change_field("to"), theirs.last, "") : cell_text(field, card, "; "));
        if (is_own)
            add_cell(table, 3, own_cell(own, command));
    }
    for (size_t i = 0; i < command->own.count; i++)
        show_own(table, command, card, history, command->own.items[i].name);
    show_their_own(table, command, card, history);
    table_print_to(table, stderr);
}

/** Who was first, when. */
static void say_who(const struct person_history_reply *history, int64_t revision)
{
    for (size_t i = 0; i < history->versions.count && history->versions.items[i].revision > revision; i++) {
        const struct card_version *version = &history->versions.items[i];
        char *when = cell_text(struct_field(&card_version_desc, TEXT("time_ms")), version, "");
        fprintf(stderr, "pk: revision %lld is of %s, by %.*s\n", (long long)version->revision, when,
                version->has_actor ? (int)version->actor.len : 7, version->has_actor ? version->actor.data : "unnamed");
        free(when);
    }
}

void refused_person_update(struct pk *pk, enum error_code why)
{
    struct client_answer history, card;
    const struct person_update *command = pk->body;
    const struct person_history versions = {.person = command->person, .limit = VERSIONS_MOST};
    const struct person_get get = {.has_person = true, .person = command->person};
    if (why != ERROR_CHANGED_SINCE ||
        session_call(pk, NULL, &person_history_message, &versions, NULL, &pk->arena, &history) != EXIT_DONE ||
        session_call(pk, NULL, &person_get_message, &get, NULL, &pk->arena, &card) != EXIT_DONE)
        return;
    say_who(history.reply, command->revision);
    show_versions(command, &((const struct person_get_reply *)card.reply)->card, history.reply);
}
