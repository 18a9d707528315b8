// SPDX-License-Identifier: Apache-2.0
/** `pk person needles`: what a person's bytes can be found by, from the services that have a part of him. */
#include <glib.h>
#include <stdio.h>

#include "common/client/json.h"
#include "common/client/need.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "proto/activity.gen.h"
#include "proto/notification.gen.h"
#include "proto/person.gen.h"
#include "services/pk/pk.h"
#include "services/pk/runs.h"

enum {
    DEFAULT_TIMEOUT_MS = 60 * 1000,
    PAGE_ROWS = 500,
    PAGE_CHANGES = 100,
    SHORTEST_NAME = 4, // bytes; shorter ones stand in other words
    SHORTEST_TEXT = 12,
};

/** What was printed is not printed again: an address stands on the card, in its history and in every message. */
static GHashTable *printed;

static void print_line(struct text line, size_t shortest)
{
    while (line.len > 0 && (line.data[line.len - 1] == '\r' || line.data[line.len - 1] == ' '))
        line.len--;
    if (line.len < shortest)
        return;
    char *text = g_strndup(line.data, line.len);
    if (g_hash_table_add(printed, text))
        printf("%s\n", text);
}

/** Each line of a text by itself: that is how mails have it. */
static void print_text(struct text text, size_t shortest)
{
    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        print_line((struct text){text.data, len}, shortest);
        len += end != NULL;
        text = (struct text){text.data + len, text.len - len};
    }
}

/** Every text of the struct that is personal, by the schema. */
static void print_personal(const struct struct_desc *desc, const void *value, size_t shortest)
{
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        const char *at = value_member(value, field->offset);
        if (value_presence(field, value) != VALUE_PRESENT)
            continue;
        struct list list = field->flags & FIELD_LIST ? value_list(at) : (struct list){1, at};
        for (size_t j = 0; j < list.count; j++) {
            const char *item = (const char *)list.items + j * value_size(field);
            if (field->kind == FIELD_STRUCT)
                print_personal(field->structure, item, shortest);
            else if (field->flags & FIELD_PERSONAL && (field->kind == FIELD_TEXT || field->kind == FIELD_LINE))
                print_text(value_text(item), shortest);
        }
    }
}

static int ask(struct pk *pk, const struct message_desc *message, const void *body, const void **out_reply)
{
    struct client_answer answer;
    int code = session_call(pk, NULL, message, body, NULL, &pk->arena, &answer);
    if (code == EXIT_DONE)
        *out_reply = answer.reply;
    return code;
}

/** A name alone, unless more than `most` persons have it, or one that begins so. */
static int print_name(struct pk *pk, struct text name, int64_t most)
{
    char where[256];
    const void *reply = NULL;
    if (name.len < SHORTEST_NAME || memchr(name.data, '"', name.len))
        return EXIT_DONE;
    snprintf(where, sizeof where, "name:\"%.*s\"", (int)name.len, name.data);
    const struct person_search query = {.has_where = true, .where = text_of(where), .has_count = true, .count = true};
    int code = ask(pk, &person_search_message, &query, &reply);
    if (code == EXIT_DONE && ((const struct person_search_reply *)reply)->total <= most)
        print_line(name, SHORTEST_NAME);
    return code;
}

static int print_card(struct pk *pk, const struct person_card *card)
{
    struct person_card rest = *card;
    printf("# strike out what others have too: it will be found of them\n");
    if (card->has_family_name) {
        char whole[512];
        int len = snprintf(whole, sizeof whole, "%.*s %.*s", (int)card->given_name.len, card->given_name.data,
                           (int)card->family_name.len, card->family_name.data);
        print_line((struct text){whole, (size_t)len}, SHORTEST_NAME);
    }
    int code = print_name(pk, card->given_name, 1);
    if (code == EXIT_DONE && card->has_family_name)
        code = print_name(pk, card->family_name, 1);
    // Of these others have many.
    rest.given_name = rest.family_name = TEXT("");
    rest.address.city = rest.address.postal_code = rest.address.country = TEXT("");
    print_personal(&person_card_desc, &rest, SHORTEST_NAME + 2);
    return code;
}

/* What the card had earlier, and what other cards had that were merged into it. */

static bool is_name(struct text field)
{
    return text_equal(field, TEXT("given_name")) || text_equal(field, TEXT("family_name"));
}

/** Whether a field of the card may be told by what it holds: own-defined ones, and structs of which one field is. */
static bool is_telling(struct text field)
{
    const struct field_desc *desc = struct_field(&person_card_desc, field);
    return !desc || desc->flags & FIELD_PERSONAL || desc->kind == FIELD_STRUCT;
}

/** Whether a part of an address is one that others have, too. */
static bool is_shared(const char *part)
{
    return strcmp(part, "city") == 0 || strcmp(part, "postal_code") == 0 || strcmp(part, "country") == 0;
}

/** Every text of the value. */
static void print_texts(json_t *value)
{
    if (json_is_string(value))
        print_text((struct text){json_string_value(value), json_string_length(value)}, SHORTEST_NAME + 2);
    for (size_t i = 0; i < json_array_size(value); i++)
        print_texts(json_array_get(value, i));
    for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at))
        if (!is_shared(json_object_iter_key(at)))
            print_texts(json_object_iter_value(at));
}

static int print_value(struct pk *pk, struct text field, struct bytes value)
{
    json_t *json = json_of_msgpack(value);
    int code = EXIT_DONE;
    if (is_name(field) && json_is_string(json))
        code = print_name(pk, (struct text){json_string_value(json), json_string_length(json)}, 0);
    else if (is_telling(field))
        print_texts(json);
    json_decref(json);
    return code;
}

static int print_version(struct pk *pk, const struct card_version *version)
{
    int code = EXIT_DONE;
    if (version->has_reason)
        print_text(version->reason, SHORTEST_TEXT);
    for (size_t i = 0; i < version->changes.count && code == EXIT_DONE; i++) {
        const struct field_change *change = &version->changes.items[i];
        if (change->has_from)
            code = print_value(pk, change->field, change->from);
        if (code == EXIT_DONE && change->has_to)
            code = print_value(pk, change->field, change->to);
    }
    return code;
}

/** Of one card; the ids of those that were merged into it are added to `ids`. */
static int print_changes(struct pk *pk, uint64_t id, GArray *ids)
{
    struct person_history query = {.person = id, .limit = PAGE_CHANGES, .has_before_merge = true, .before_merge = true};
    for (bool more = true; more;) {
        struct arena_mark mark = arena_mark(&pk->arena);
        const void *reply = NULL;
        int code = ask(pk, &person_history_message, &query, &reply);
        const struct person_history_reply *page = reply;
        for (size_t i = 0; code == EXIT_DONE && i < page->versions.count; i++) {
            const struct card_version *version = &page->versions.items[i];
            if (version->has_merged)
                g_array_append_val(ids, version->merged);
            query.has_before = true;
            query.before = version->seq;
            code = print_version(pk, version);
        }
        if (code != EXIT_DONE)
            return code;
        more = page->more && page->versions.count > 0;
        arena_rewind(&pk->arena, mark);
    }
    return EXIT_DONE;
}

static int print_history(struct pk *pk, uint64_t person)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof person);
    int code = EXIT_DONE;
    g_array_append_val(ids, person);
    for (guint i = 0; i < ids->len && code == EXIT_DONE; i++)
        code = print_changes(pk, g_array_index(ids, uint64_t, i), ids);
    g_array_unref(ids);
    return code;
}

/** What an activity and its send say. */
static int print_activity(struct pk *pk, uint64_t id)
{
    const struct activity_get query = {.activity = id};
    const void *reply = NULL;
    int code = ask(pk, &activity_get_message, &query, &reply);
    if (code != EXIT_DONE)
        return code;
    const struct activity *activity = &((const struct activity_get_reply *)reply)->activity;
    print_personal(&activity_desc, activity, SHORTEST_TEXT);
    const struct send_get send = {.send = activity->send};
    if (activity->has_send && (code = ask(pk, &send_get_message, &send, &reply)) == EXIT_DONE)
        print_personal(&send_desc, &((const struct send_get_reply *)reply)->send, SHORTEST_TEXT);
    return code;
}

static int print_person(struct pk *pk)
{
    const void *reply = NULL;
    int code = session_open(pk, DEFAULT_TIMEOUT_MS);
    if (code == EXIT_DONE)
        code = ask(pk, &person_get_message, pk->body, &reply);
    if (code != EXIT_DONE)
        return code;
    uint64_t person = ((const struct person_get_reply *)reply)->card.person;
    code = print_card(pk, &((const struct person_get_reply *)reply)->card);
    if (code == EXIT_DONE)
        code = print_history(pk, person);
    struct activity_list query = {.has_person = true, .person = person, .limit = PAGE_ROWS};
    for (bool more = true; more && code == EXIT_DONE;) {
        struct arena_mark mark = arena_mark(&pk->arena);
        code = ask(pk, &activity_list_message, &query, &reply);
        if (code != EXIT_DONE)
            return code;
        const struct activity_list_reply *page = reply;
        for (size_t i = 0; i < page->activities.count && code == EXIT_DONE; i++) {
            query.has_before_start_ms = query.has_before_activity = true;
            query.before_start_ms = page->activities.items[i].start_ms;
            query.before_activity = page->activities.items[i].activity;
            code = print_activity(pk, query.before_activity);
        }
        more = page->more && page->activities.count > 0;
        arena_rewind(&pk->arena, mark);
    }
    return code;
}

int run_person_needles(struct pk *pk)
{
    printed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    int code = print_person(pk);
    g_hash_table_destroy(printed);
    return code;
}
