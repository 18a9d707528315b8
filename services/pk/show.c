// SPDX-License-Identifier: Apache-2.0
#include "services/pk/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/client/json.h"
#include "common/wire/codec.h"
#include "common/wire/value.h"
#include "services/pk/cell.h"
#include "services/pk/columns.h"
#include "services/pk/near.h"
#include "services/pk/table.h"

/** The field that the block's path leads to, and where it stands in the reply. */
static const struct field_desc *block_field(const struct command *command, const struct block *block,
                                            uint16_t *out_offset)
{
    const struct struct_desc *desc = command->message->reply;
    const struct field_desc *field = NULL;
    *out_offset = 0;
    for (const char *at = block->field; *at; desc = field->structure) {
        size_t len = strcspn(at, ".");
        field = struct_field(desc, (struct text){at, len});
        must(field && field->kind == FIELD_STRUCT);
        *out_offset = (uint16_t)(*out_offset + field->offset);
        at += at[len] ? len + 1 : len;
    }
    return field;
}

static const struct struct_desc *block_struct(const struct command *command, const struct block *block)
{
    uint16_t offset;
    return block->field ? block_field(command, block, &offset)->structure : command->message->reply;
}

/** The last one: the one that --columns is about. */
static const struct block *last_block(const struct command *command)
{
    const struct block *block = command->blocks;
    while (block->style != BLOCK_NONE && block[1].style != BLOCK_NONE)
        block++;
    return block;
}

const struct struct_desc *show_struct(const struct arguments *arguments)
{
    const struct command *command = arguments->command;
    if (command->awaited)
        return arguments_has(arguments, OWN_WAIT_FINAL) ? command->awaited : command->message->reply;
    if (command->run || !command->message)
        return NULL;
    return command->blocks[0].style == BLOCK_NONE ? command->message->reply
                                                  : block_struct(command, last_block(command));
}

int show_check(const struct pk *pk)
{
    const char *names = arguments_own(&pk->arguments, OWN_COLUMNS);
    const struct struct_desc *desc = show_struct(&pk->arguments);
    struct columns columns;
    struct text wrong;
    if (names && !desc) {
        fputs("pk: this command's table is always the same; leave --columns out, or take --json\n", stderr);
        return EXIT_USAGE;
    }
    if (!names || columns_parse(desc, names, &columns, &wrong))
        return EXIT_DONE;
    fputs("pk: --columns has a name that is no field", stderr);
    const char *near = columns_near(desc, wrong);
    if (is_name_like(wrong))
        fprintf(stderr, ", %.*s", (int)wrong.len, wrong.data);
    if (near)
        fprintf(stderr, "; did you mean %s?", near);
    fputs("; there are", stderr);
    for (size_t i = 0; i < desc->count; i++)
        fprintf(stderr, "%s %s", i ? "," : "", desc->fields[i].name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/** What --columns, --wide or the command choose. */
static void choose_columns(const struct pk *pk, const struct struct_desc *desc, const char *usual,
                           struct columns *out_columns)
{
    const char *chosen = arguments_own(&pk->arguments, OWN_COLUMNS);
    const char *names = chosen ? chosen : arguments_has(&pk->arguments, OWN_WIDE) ? NULL : usual;
    struct text wrong;
    if (names)
        must(columns_parse(desc, names, out_columns, &wrong));
    else
        columns_all(desc, out_columns);
}

static bool has_headers(const struct pk *pk)
{
    return !arguments_has(&pk->arguments, OWN_NO_HEADERS);
}

void show_list(const struct pk *pk, const struct struct_desc *desc, const char *columns, const void *items,
               size_t count)
{
    struct columns chosen;
    struct table *table = table_new(has_headers(pk));
    choose_columns(pk, desc, columns, &chosen);
    for (size_t i = 0; i < chosen.count; i++) {
        char name[COLUMN_NAME_BYTES];
        column_name(&chosen.paths[i], name);
        table_add_column(table, name, cell_is_right(chosen.paths[i].field));
    }
    for (size_t row = 0; row < count; row++) {
        table_add_line(table);
        for (size_t i = 0; i < chosen.count; i++) {
            char *text = column_text(&chosen.paths[i], (const char *)items + row * desc->size, "; ");
            table_set(table, i, text);
            free(text);
        }
    }
    table_print(table);
}

void show_card(const struct pk *pk, const struct struct_desc *desc, const char *columns, const void *value)
{
    struct columns chosen;
    bool headers = has_headers(pk), is_chosen = arguments_has(&pk->arguments, OWN_COLUMNS);
    struct table *table = table_new(false);
    choose_columns(pk, desc, columns, &chosen);
    if (headers)
        table_add_column(table, "field", false);
    table_add_text_column(table, "value");
    for (size_t i = 0; i < chosen.count; i++) {
        char name[COLUMN_NAME_BYTES];
        if (!is_chosen && !column_is_present(&chosen.paths[i], value))
            continue;
        column_name(&chosen.paths[i], name);
        char *text = column_text(&chosen.paths[i], value, "\n");
        table_add_line(table);
        if (headers)
            table_set(table, 0, name);
        table_set(table, headers ? 1 : 0, text);
        free(text);
    }
    table_print(table);
}

static void show_block(const struct pk *pk, const struct block *block, const void *reply)
{
    const struct command *command = pk->arguments.command;
    const struct struct_desc *desc = block_struct(command, block);
    uint16_t offset = 0;
    if (block->field)
        block_field(command, block, &offset);
    if (block->style == BLOCK_CARD) {
        show_card(pk, desc, block->columns, value_member(reply, offset));
        return;
    }
    struct list list = value_list(value_member(reply, offset));
    show_list(pk, desc, block->columns, list.items, list.count);
}

/** The field of the reply by its name, when it is of the kind and has a value. */
static const void *reply_value(const struct struct_desc *desc, const void *reply, const char *name,
                               enum field_kind kind)
{
    const struct field_desc *field = struct_field(desc, text_of(name));
    if (!field || field->kind != kind || field->flags & FIELD_LIST || value_presence(field, reply) != VALUE_PRESENT)
        return NULL;
    return value_member(reply, field->offset);
}

/** How the next page of activities is asked for: by the exact moment of the last one looked at. */
static void say_next_activities(const struct struct_desc *desc, const void *reply, const void *activity)
{
    const void *start = reply_value(desc, reply, "next_start_ms", FIELD_TIME);
    const void *due = reply_value(desc, reply, "next_due_ms", FIELD_TIME);
    bool is_by_due = struct_field(desc, TEXT("next_due_ms")) != NULL;
    fputs("pk: there may be more; ask for the next page with", stderr);
    if (start || due)
        fprintf(stderr, " --%s %" PRId64, is_by_due ? "after-due" : "before-start",
                value_int64(is_by_due ? due : start));
    fprintf(stderr, " --%s-activity %" PRId64 "\n", is_by_due ? "after" : "before", value_int64(activity));
}

/** What people want to know of an answer beside its lines: how many there are in all, that there are more, that it is about another person. */
static void say_more(const struct struct_desc *desc, const void *reply)
{
    const void *total = reply_value(desc, reply, "total", FIELD_INT);
    const void *more = reply_value(desc, reply, "more", FIELD_BOOL);
    const void *next = reply_value(desc, reply, "next", FIELD_LINE);
    const void *next_id = reply_value(desc, reply, "next", FIELD_ID);
    const void *next_activity = reply_value(desc, reply, "next_activity", FIELD_ID);
    const void *merged_from = reply_value(desc, reply, "merged_from", FIELD_ID);
    if (total)
        fprintf(stderr, "pk: %" PRId64 " in all\n", value_int64(total));
    if (next_activity)
        say_next_activities(desc, reply, next_activity);
    else if (more && value_bool(more) && !next_id)
        fputs("pk: there are more; ask for the next page by the last line, or for a larger --limit\n", stderr);
    if (merged_from)
        fprintf(stderr, "pk: person %" PRId64 " was merged into this one\n", value_int64(merged_from));
    if (next_id)
        fprintf(stderr, "pk: there are more; ask for the next page with --after %" PRId64 "\n", value_int64(next_id));
    if (next) {
        struct text place = value_text(next);
        fprintf(stderr, "pk: there are more; ask for the next page with --after %.*s\n", (int)place.len, place.data);
    }
}

void show_reply(const struct pk *pk, const void *reply)
{
    const struct command *command = pk->arguments.command;
    const struct struct_desc *desc = command->message->reply;
    if (arguments_has(&pk->arguments, OWN_JSON)) {
        json_print(json_of_struct(desc, reply));
        return;
    }
    if (command->blocks[0].style == BLOCK_NONE)
        show_list(pk, desc, NULL, reply, 1);
    // With columns chosen only what they are of is shown.
    bool is_chosen = arguments_has(&pk->arguments, OWN_COLUMNS);
    for (const struct block *block = command->blocks; block->style != BLOCK_NONE; block++)
        if (!is_chosen || block == last_block(command))
            show_block(pk, block, reply);
    say_more(desc, reply);
}
