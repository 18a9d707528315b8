// SPDX-License-Identifier: Apache-2.0
/** `service.schema`: the generated tables, told over the bus. */
#include "common/service/internal.h"

#include <stdio.h>

#include "proto/shell_dispatch.gen.h"

enum { MAX_STRUCTS = 1024, MAX_MESSAGES = 512 };

/** What has been gathered so far. */
struct gathering {
    struct ctx *ctx;
    const struct struct_desc **structs; // each once
    size_t struct_count;
    struct schema_message *messages;
    size_t message_count;
};

static void gather_struct(struct gathering *gathering, const struct struct_desc *desc)
{
    for (size_t i = 0; i < gathering->struct_count; i++)
        if (gathering->structs[i] == desc)
            return;
    if (gathering->struct_count == MAX_STRUCTS)
        return;
    gathering->structs[gathering->struct_count++] = desc;
    for (size_t i = 0; i < desc->count; i++)
        if (desc->fields[i].structure)
            gather_struct(gathering, desc->fields[i].structure);
}

static void gather_message(struct gathering *gathering, const struct message_desc *message)
{
    static const char *const kinds[] = {"command", "query", "event", "figure"};
    if (gathering->message_count == MAX_MESSAGES)
        return;
    gather_struct(gathering, message->body);
    if (message->reply)
        gather_struct(gathering, message->reply);
    gathering->messages[gathering->message_count++] = (struct schema_message){
        .type = text_of(message->type),
        .kind = text_of(kinds[message->kind]),
        .body = text_of(message->body->name),
        .has_reply = message->reply != NULL,
        .reply = text_of(message->reply ? message->reply->name : ""),
        .doc = text_of(message->doc),
    };
}

static void gather_dispatch(struct gathering *gathering, const struct dispatch *dispatch)
{
    for (size_t i = 0; i < dispatch->command_count; i++)
        gather_message(gathering, dispatch->commands[i].message);
    for (size_t i = 0; i < dispatch->query_count; i++)
        gather_message(gathering, dispatch->queries[i].message);
    for (size_t i = 0; i < dispatch->published_count; i++)
        gather_message(gathering, dispatch->published[i]);
}

/** The field's type as proto/README.md writes it. */
static struct text type_of(struct ctx *ctx, const struct field_desc *field)
{
    static const char *const kinds[] = {
        [FIELD_BOOL] = "bool",  [FIELD_INT] = "int",        [FIELD_ID] = "id",     [FIELD_TIME] = "time",
        [FIELD_DATE] = "date",  [FIELD_TEXT] = "text",      [FIELD_LINE] = "line", [FIELD_BIN] = "bin",
        [FIELD_ENUM] = "enum.", [FIELD_STRUCT] = "struct.", [FIELD_RAW] = "raw",
    };
    char type[80];
    const char *name = field->structure ? field->structure->name : field->enumeration ? field->enumeration->name : "";
    bool list = field->flags & FIELD_LIST;
    int len = snprintf(type, sizeof type, "%s%s%s%s", list ? "[" : "", kinds[field->kind], name, list ? "]" : "");
    return ctx_text(ctx, (struct text){type, (size_t)len < sizeof type ? (size_t)len : sizeof type - 1});
}

static bool has_limits(const struct field_desc *field)
{
    switch ((enum field_kind)field->kind) {
    case FIELD_INT:
    case FIELD_TEXT:
    case FIELD_LINE:
    case FIELD_BIN:
    case FIELD_RAW:
        return true;
    case FIELD_BOOL:
    case FIELD_ID:
    case FIELD_TIME:
    case FIELD_DATE:
    case FIELD_ENUM:
    case FIELD_STRUCT:
        return false;
    }
    return false;
}

static bool fill_struct(struct ctx *ctx, const struct struct_desc *desc, struct schema_struct *out)
{
    struct schema_field *fields = ctx_alloc_array(ctx, desc->count, sizeof *fields);
    if (!fields)
        return false;
    for (size_t i = 0; i < desc->count; i++) {
        const struct field_desc *field = &desc->fields[i];
        fields[i] = (struct schema_field){
            .name = {field->name, field->name_len},
            .type = type_of(ctx, field),
            .required = field->flags & FIELD_REQUIRED,
            .has_min = has_limits(field),
            .min = field->min,
            .has_max = has_limits(field),
            .max = field->max,
            .has_items = field->flags & FIELD_LIST,
            .items = field->max_items,
            .doc = text_of(field->doc),
        };
    }
    *out = (struct schema_struct){text_of(desc->name), text_of(desc->doc), {desc->count, fields}};
    return true;
}

bool service_schema_answer(const struct shell_service *self, const struct service_schema *query, struct ctx *ctx,
                           struct service_schema_reply *out_reply)
{
    (void)query;
    struct gathering gathering = {.ctx = ctx};
    gathering.structs = ctx_alloc_array(ctx, MAX_STRUCTS, sizeof(const struct struct_desc *));
    gathering.messages = ctx_alloc_array(ctx, MAX_MESSAGES, sizeof(struct schema_message));
    if (!gathering.structs || !gathering.messages)
        return false;
    gather_dispatch(&gathering, self->core->config.definition->dispatch);
    gather_dispatch(&gathering, &shell_dispatch);
    struct schema_struct *structs = ctx_alloc_array(ctx, gathering.struct_count, sizeof *structs);
    if (!structs)
        return false;
    for (size_t i = 0; i < gathering.struct_count; i++)
        if (!fill_struct(ctx, gathering.structs[i], &structs[i]))
            return false;
    out_reply->messages.count = gathering.message_count;
    out_reply->messages.items = gathering.messages;
    out_reply->structs.count = gathering.struct_count;
    out_reply->structs.items = structs;
    return !is_refused(&ctx->refusal);
}
