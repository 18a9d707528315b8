// SPDX-License-Identifier: Apache-2.0
#include "services/activity/types.h"

#include "common/store/alias.h"

/** Ids of the types that sends need. */
enum {
    TYPE_EMAIL_OUT = 7,
    TYPE_SMS_OUT = 9,
};

/** In the order of their ids, from 1, which never changes. */
static const struct usual_type {
    const char *code;
    const char *sv;
    const char *en;
    enum direction direction;
    enum activity_channel channel;
} usual_types[] = {
    {"call_out", "Utgående samtal", "Outgoing call", DIRECTION_OUT, ACTIVITY_CHANNEL_CALL},
    {"call_in", "Inkommande samtal", "Incoming call", DIRECTION_IN, ACTIVITY_CHANNEL_CALL},
    {"visit_out", "Utgående besök", "Outgoing visit", DIRECTION_OUT, ACTIVITY_CHANNEL_VISIT},
    {"visit_in", "Inkommande besök", "Incoming visit", DIRECTION_IN, ACTIVITY_CHANNEL_VISIT},
    {"letter_out", "Utgående brev", "Outgoing letter", DIRECTION_OUT, ACTIVITY_CHANNEL_LETTER},
    {"letter_in", "Inkommande brev", "Incoming letter", DIRECTION_IN, ACTIVITY_CHANNEL_LETTER},
    [TYPE_EMAIL_OUT - 1] = {"email_out", "Utgående e-post", "Outgoing e-mail", DIRECTION_OUT, ACTIVITY_CHANNEL_EMAIL},
    {"email_in", "Inkommande e-post", "Incoming e-mail", DIRECTION_IN, ACTIVITY_CHANNEL_EMAIL},
    [TYPE_SMS_OUT - 1] = {"sms_out", "Utgående SMS", "Outgoing SMS", DIRECTION_OUT, ACTIVITY_CHANNEL_SMS},
    {"sms_in", "Inkommande SMS", "Incoming SMS", DIRECTION_IN, ACTIVITY_CHANNEL_SMS},
    {"other", "Övrigt", "Other", DIRECTION_NONE, ACTIVITY_CHANNEL_OTHER},
};

enum { USUAL_TYPES = sizeof usual_types / sizeof *usual_types };

struct key types_name_key(struct ctx *ctx, struct text name)
{
    struct key key = {.len = 0};
    ctx_key_name(ctx, "names.sv", name, &key);
    return key;
}

bool types_check_name(struct ctx *ctx, const struct key *name, uint64_t owner)
{
    struct bytes value;
    if (index_get_unique(ctx->txn, &activity_type_names, key_bytes(name), &value) && get_u64(value.data) != owner)
        ctx_refuse(ctx, ERROR_NOT_UNIQUE, "names.sv", "there is an activity type of this name; choose another name");
    return !is_refused(&ctx->refusal);
}

bool types_get(struct ctx *ctx, const char *field, uint64_t type, struct activity_type *out_type)
{
    if (!row_get(ctx, &activity_types, &activity_type_row_desc, type, out_type))
        ctx_refuse(ctx, ERROR_NOT_FOUND, field,
                   "there is no activity type with this id; type.list shows those there are");
    return !is_refused(&ctx->refusal);
}

bool types_choose(struct ctx *ctx, const char *field, uint64_t type, struct activity_type *out_type)
{
    if (!row_get(ctx, &activity_types, &activity_type_row_desc, type, out_type))
        ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, field, "there is no such activity type; type.list shows those there are");
    return !is_refused(&ctx->refusal);
}

uint64_t types_lead(struct ctx *ctx, uint64_t type)
{
    return alias_end(ctx->txn, &activity_merged_types, type);
}

struct activity_type *types_read(struct ctx *ctx, size_t *out_count)
{
    struct activity_type *types = ctx_alloc_array(ctx, TYPES_MAX, sizeof *types);
    struct store_cursor cursor;
    size_t count = 0;
    if (!types)
        return NULL;
    store_cursor_open(&cursor, ctx->txn, &activity_types);
    for (bool there = store_cursor_first(&cursor); there && count < TYPES_MAX; there = store_cursor_next(&cursor))
        if (!row_decode(ctx, &activity_type_row_desc, cursor.value, &types[count++]))
            break;
    store_cursor_close(&cursor);
    *out_count = count;
    return is_refused(&ctx->refusal) ? NULL : types;
}

int64_t types_put(struct ctx *ctx, const struct activity_type *type)
{
    struct type_updated event = {.type = *type};
    event.type.revision++;
    row_put(ctx, &activity_types, &activity_type_row_desc, type->type, &event.type);
    ctx_emit(ctx, &type_updated_message, &event, 0, "type", type->type);
    return event.type.revision;
}

uint64_t types_add(struct ctx *ctx, const struct activity_type *type)
{
    struct type_created event = {.type = *type};
    event.type.type = store_next_id(ctx->txn, "type");
    event.type.revision = 1;
    struct key id = key_of_id(event.type.type);
    struct key name = types_name_key(ctx, type->names.sv);
    row_append(ctx, &activity_types, &activity_type_row_desc, event.type.type, &event.type);
    index_put(ctx->txn, &activity_type_names, key_bytes(&name), key_bytes(&id));
    ctx_emit(ctx, &type_created_message, &event, 0, "type", event.type.type);
    return event.type.type;
}

bool types_make_usual(struct ctx *ctx)
{
    if (store_count(ctx->txn, &activity_types) > 0)
        return false;
    for (size_t i = 0; i < USUAL_TYPES; i++) {
        const struct usual_type *usual = &usual_types[i];
        const struct activity_type type = {
            .has_code = true,
            .code = text_of(usual->code),
            .names = {.sv = text_of(usual->sv), .has_en = true, .en = text_of(usual->en)},
            .direction = usual->direction,
            .channel = usual->channel,
            .active = true,
        };
        types_add(ctx, &type);
    }
    return true;
}

uint64_t types_of_send(struct ctx *ctx, enum send_channel channel)
{
    if (store_count(ctx->txn, &activity_types) == 0)
        return 0;
    return channel == SEND_CHANNEL_EMAIL ? TYPE_EMAIL_OUT : TYPE_SMS_OUT;
}

bool types_is_needed(uint64_t type)
{
    return type == TYPE_EMAIL_OUT || type == TYPE_SMS_OUT;
}
