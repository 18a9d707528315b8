// SPDX-License-Identifier: Apache-2.0
#include "services/person/own_values.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/date.h"
#include "common/base/must.h"
#include "common/wire/same.h"
#include "common/wire/value.h"
#include "services/person/own_fields.h"
#include "services/person/own_numbers.h"

enum {
    TEXT_BYTES = 500,
    PATH_BYTES = 48,
};

static bool refuse(struct ctx *ctx, enum error_code code, struct text name, const char *message)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "own.%.*s", (int)name.len, name.data);
    ctx_refuse(ctx, code, path, message);
    return false;
}

static bool read_text(struct ctx *ctx, struct text text, struct own_value *value)
{
    value->has_text = true;
    value->text = text;
    return text.len <= TEXT_BYTES || refuse(ctx, ERROR_INVALID_FIELD, value->name,
                                            "is longer than 500 bytes; shorten it, or write it in the notes");
}

static bool read_number(struct ctx *ctx, struct text text, struct own_value *value)
{
    int64_t number;
    char kept[OWN_NUMBER_BYTES];
    if (!own_number_read(text, &number))
        return refuse(
            ctx, ERROR_INVALID_FIELD, value->name,
            "is not a number; write it as 42 or -3.25, with at most 14 digits before the point and 4 after it");
    value->has_number = true;
    value->number = ctx_text(ctx, (struct text){kept, own_number_write(number, kept)});
    return value->number.data != NULL;
}

static bool read_date(struct ctx *ctx, struct text text, struct own_value *value)
{
    value->has_date = date_parse(text, &value->date);
    return value->has_date || refuse(ctx, ERROR_INVALID_FIELD, value->name,
                                     "is not a day that exists, from 1800 to 9999; write it as 2027-01-31");
}

static bool read_yes_no(struct ctx *ctx, struct text text, struct own_value *value)
{
    value->has_yes_no = true;
    value->yes_no = text_equal(text, TEXT("yes"));
    return value->yes_no || text_equal(text, TEXT("no")) ||
           refuse(ctx, ERROR_INVALID_FIELD, value->name, "is neither yes nor no; write one of them");
}

/** What is declared, as far as a value has to do with it. */
struct declared {
    uint64_t field;
    enum own_field_kind kind;
    bool is_active;
    uint64_t choice; // that the value names; 0: it names none
    bool is_choice_active;
};

/** False: there is no such field. */
static bool look_up(struct ctx *ctx, const struct own_change *change, struct declared *out_declared)
{
    struct arena_mark mark = arena_mark(ctx->arena); // a field with its choices is larger than all else of a command
    struct own_field field;
    bool found = own_field_find(ctx, change->name, &field);
    if (found) {
        bool is_choice = field.kind == OWN_FIELD_KIND_CHOICE;
        const struct own_choice *choice = is_choice ? own_choice_find(&field, change->value) : NULL;
        *out_declared = (struct declared){
            .field = field.field,
            .kind = field.kind,
            .is_active = field.active,
            .choice = choice ? choice->choice : 0,
            .is_choice_active = choice && choice->active,
        };
    }
    arena_rewind(ctx->arena, mark);
    return found;
}

/** Reads a value as the field has it. */
static bool read_value(struct ctx *ctx, const struct own_change *change, const struct declared *declared,
                       struct own_value *out_value)
{
    *out_value = (struct own_value){.field = declared->field, .name = change->name};
    switch (declared->kind) {
    case OWN_FIELD_KIND_TEXT:
        return read_text(ctx, change->value, out_value);
    case OWN_FIELD_KIND_NUMBER:
        return read_number(ctx, change->value, out_value);
    case OWN_FIELD_KIND_DATE:
        return read_date(ctx, change->value, out_value);
    case OWN_FIELD_KIND_YES_NO:
        return read_yes_no(ctx, change->value, out_value);
    case OWN_FIELD_KIND_CHOICE:
        out_value->has_choice = true;
        out_value->choice = declared->choice;
        return declared->choice || refuse(ctx, ERROR_UNKNOWN_ENTRY, change->name,
                                          "is none of the field's choices; field.list shows those it has");
    }
    must(false); // the codec knows no other
    return false;
}

/** What is not active any more cannot be newly set. */
static bool check_active(struct ctx *ctx, struct text name, const struct declared *declared)
{
    if (!declared->is_active)
        return refuse(
            ctx, ERROR_INACTIVE_ENTRY, name,
            "the field is deactivated and cannot be newly set; leave it, take it away, or activate the field");
    return declared->kind != OWN_FIELD_KIND_CHOICE || declared->is_choice_active ||
           refuse(ctx, ERROR_INACTIVE_ENTRY, name,
                  "the choice is deactivated and cannot be newly chosen; choose another or activate it");
}

static int order_values(const void *a, const void *b)
{
    uint64_t left = ((const struct own_value *)a)->field, right = ((const struct own_value *)b)->field;
    return (left > right) - (left < right);
}

/** Values as they are being changed. */
struct values {
    struct own_value *items;
    size_t count;
};

/** Gives or takes away one. */
static bool change_value(struct ctx *ctx, struct values *values, const struct own_change *change,
                         const struct declared *declared)
{
    struct own_value value;
    size_t at = 0;
    while (at < values->count && values->items[at].field != declared->field)
        at++;
    bool is_there = at < values->count;
    if (change->value.len == 0) {
        if (is_there)
            values->items[at] = values->items[--values->count];
        return true;
    }
    if (!read_value(ctx, change, declared, &value))
        return false;
    if (is_there && same_struct(&own_value_desc, &values->items[at], &value))
        return true;
    if (!check_active(ctx, change->name, declared))
        return false;
    values->items[at] = value;
    values->count += !is_there;
    return true;
}

static bool check_once(struct ctx *ctx, const struct own_change *changes, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (text_equal(changes[i].name, changes[at].name))
            return refuse(ctx, ERROR_INVALID_FIELD, changes[at].name, "is given twice; give it once");
    return true;
}

/** The name is not said again: it is no field's, and might be anything. */
static bool refuse_unknown(struct ctx *ctx, size_t at)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "own[%zu].name", at);
    ctx_refuse(ctx, ERROR_UNKNOWN_ENTRY, path, "there is no own field of this name; field.list shows those there are");
    return false;
}

bool own_values_check(struct ctx *ctx, struct card_change *change, size_t count, const struct own_change *changes)
{
    const struct person_card *before = &change->before;
    struct values values = {ctx_alloc_array(ctx, before->own.count + count, sizeof *values.items), before->own.count};
    if (!values.items)
        return false;
    if (values.count)
        memcpy(values.items, before->own.items, values.count * sizeof *values.items);
    for (size_t i = 0; i < count; i++) {
        struct declared declared;
        if (!look_up(ctx, &changes[i], &declared))
            return refuse_unknown(ctx, i);
        if (!check_once(ctx, changes, i) || !change_value(ctx, &values, &changes[i], &declared))
            return false;
    }
    if (values.count)
        qsort(values.items, values.count, sizeof *values.items, order_values);
    must(values.count <= OWN_FIELDS_MOST); // each is of a field that there is
    change->card.own.count = values.count;
    change->card.own.items = values.items;
    return true;
}

const struct field_desc *own_value_member(const struct own_value *value)
{
    static const char *const others[] = {"field", "name"};
    for (size_t i = sizeof others / sizeof *others; i < own_value_desc.count; i++)
        if (value_presence(&own_value_desc.fields[i], value) == VALUE_PRESENT)
            return &own_value_desc.fields[i];
    must(false); // a value without one is not kept
    return NULL;
}
