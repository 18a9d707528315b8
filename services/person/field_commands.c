// SPDX-License-Identifier: Apache-2.0
/** `field.create` and `field.update`: declaring the fields of one's own. Source: domain.md 1. */
#include <stdio.h>

#include "common/base/fold.h"
#include "common/wire/same.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/own_fields.h"

enum { PATH_BYTES = 64 };

struct field_create_plan {
    struct own_field field; // without its id
};

struct field_update_plan {
    struct own_field field; // as it will be
    bool changed;
};

static bool refuse(struct ctx *ctx, enum error_code code, const char *field, const char *message)
{
    ctx_refuse(ctx, code, field, message);
    return false;
}

/** Refuses element `at` of a list of the command. */
static bool refuse_at(struct ctx *ctx, enum error_code code, const char *list, size_t at, const char *member,
                      const char *message)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s[%zu].%s", list, at, member);
    return refuse(ctx, code, path, message);
}

static bool check_name(struct ctx *ctx, struct text name)
{
    struct own_field other;
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", name.data[i]))
            return refuse(ctx, ERROR_INVALID_FIELD, "name",
                          "has other characters than a-z, 0-9 and _; write it as shoe_size");
    if (own_field_find(ctx, name, &other))
        return refuse(ctx, ERROR_NOT_UNIQUE, "name", "there is an own field of this name; choose another name");
    return !is_refused(&ctx->refusal);
}

static bool check_room(struct ctx *ctx)
{
    struct store_cursor cursor;
    size_t count = 0;
    store_cursor_open(&cursor, ctx->txn, &person_own_fields);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
        count++;
    store_cursor_close(&cursor);
    return count < OWN_FIELDS_MOST || refuse(ctx, ERROR_WRONG_STATE, "name",
                                             "there are 64 own fields, and no more can be; delete one no card has");
}

/** Gives the field choices after those it has; `list` is the command's. */
static bool add_choices(struct ctx *ctx, struct own_field *field, const char *list, size_t count,
                        const struct entry_names *names)
{
    size_t old = field->choices.count;
    struct own_choice *choices = ctx_alloc_array(ctx, old + count, sizeof *choices);
    if (!choices)
        return false;
    if (count > 0 && field->kind != OWN_FIELD_KIND_CHOICE)
        return refuse(ctx, ERROR_INVALID_FIELD, list, "only a field of kind choice has choices; leave them out");
    if (old + count > OWN_CHOICES_MOST)
        return refuse(ctx, ERROR_INVALID_FIELD, list,
                      "would give the field more than 100 choices; rename some that are not used any more");
    if (old)
        memcpy(choices, field->choices.items, old * sizeof *choices);
    for (size_t i = 0; i < count; i++)
        choices[old + i] = (struct own_choice){.choice = old + i + 1, .names = names[i], .active = true};
    field->choices.count = old + count;
    field->choices.items = choices;
    return true;
}

/** A name as people compare it, and which of the choices has it. */
struct choice_name {
    struct text folded;
    size_t choice;
};

/** The names of all choices; returns how many there are. */
static size_t fold_names(struct ctx *ctx, const struct own_field *field, struct choice_name *out_names)
{
    uint8_t folded[FOLD_BYTES];
    size_t count = 0, len;
    for (size_t i = 0; i < field->choices.count; i++) {
        const struct entry_names *names = &field->choices.items[i].names;
        const struct text both[] = {names->sv, names->has_en ? names->en : TEXT("")};
        for (size_t j = 0; j < 2; j++)
            if (both[j].len > 0 && fold_name(both[j], folded, sizeof folded, &len))
                out_names[count++] = (struct choice_name){ctx_text(ctx, (struct text){(const char *)folded, len}), i};
    }
    return count;
}

/** A name is one choice's, and is not read as an id. The choices from `added` on are the command's `list`. */
static bool check_choices(struct ctx *ctx, const struct own_field *field, const char *list, size_t added)
{
    struct choice_name *names = ctx_alloc_array(ctx, 2 * field->choices.count, sizeof *names);
    size_t count = names ? fold_names(ctx, field, names) : 0;
    for (size_t i = 0; i < count && !is_refused(&ctx->refusal); i++) {
        const char *problem = names[i].folded.data[0] == '#' ? "begins with #, as ids do; choose another name" : NULL;
        enum error_code code = ERROR_INVALID_FIELD;
        for (size_t j = 0; j < i && !problem; j++)
            if (names[j].choice != names[i].choice && text_equal(names[j].folded, names[i].folded)) {
                problem = "two choices of the field would have one name; choose another";
                code = ERROR_NOT_UNIQUE;
            }
        if (problem && names[i].choice >= added)
            return refuse_at(ctx, code, list, names[i].choice - added, "sv", problem);
        if (problem)
            return refuse(ctx, code, "choices", problem);
    }
    return !is_refused(&ctx->refusal);
}

const struct field_create_plan *field_create_check(const struct person_service *self,
                                                   const struct field_create *command, struct ctx *ctx)
{
    (void)self;
    struct field_create_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->field = (struct own_field){
        .name = command->name,
        .kind = command->kind,
        .names = command->names,
        .order = command->has_order ? command->order : 0,
        .active = true,
        .revision = 1,
    };
    bool good = check_name(ctx, command->name) && check_room(ctx) &&
                add_choices(ctx, &plan->field, "choices", command->choices.count, command->choices.items) &&
                check_choices(ctx, &plan->field, "choices", 0);
    return good ? plan : NULL;
}

void field_create_apply(struct person_service *self, const struct field_create_plan *plan, struct ctx *ctx,
                        struct field_create_reply *out_reply)
{
    (void)self;
    struct field_created event = {.field = plan->field};
    event.field.field = store_next_id(ctx->txn, "own_field");
    struct key id = key_of_id(event.field.field);
    row_append(ctx, &person_own_fields, &own_field_row_desc, event.field.field, &event.field);
    index_put(ctx->txn, &person_own_field_names, text_bytes(event.field.name), key_bytes(&id));
    ctx_emit(ctx, &field_created_message, &event, 0, "field", event.field.field);
    out_reply->field = event.field.field;
}

static void change_choice(struct own_choice *choice, const struct own_choice_change *change)
{
    if (change->has_sv)
        choice->names.sv = change->sv;
    if (change->has_en) {
        choice->names.has_en = change->en.len > 0;
        choice->names.en = change->en;
    }
    if (change->has_active)
        choice->active = change->active;
}

/** Changes choices that the field has. */
static bool change_choices(struct ctx *ctx, struct own_field *field, const struct field_update *command)
{
    const struct own_choice_change *changes = command->choices.items;
    struct own_choice *choices = ctx_alloc_array(ctx, field->choices.count, sizeof *choices);
    if (!choices)
        return false;
    if (field->choices.count)
        memcpy(choices, field->choices.items, field->choices.count * sizeof *choices);
    for (size_t i = 0; i < command->choices.count; i++) {
        if (changes[i].choice > field->choices.count)
            return refuse_at(ctx, ERROR_NOT_FOUND, "choices", i, "choice",
                             "the field has no choice with this id; field.list shows those it has");
        for (size_t j = 0; j < i; j++)
            if (changes[j].choice == changes[i].choice)
                return refuse_at(ctx, ERROR_INVALID_FIELD, "choices", i, "choice",
                                 "two changes are of one choice; make them one");
        change_choice(&choices[changes[i].choice - 1], &changes[i]);
    }
    field->choices.items = choices;
    return true;
}

const struct field_update_plan *field_update_check(const struct person_service *self,
                                                   const struct field_update *command, struct ctx *ctx)
{
    (void)self;
    struct field_update_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan || !own_field_get(ctx, command->name, &plan->field))
        return NULL;
    struct own_field *field = &plan->field;
    const struct own_field before = *field;
    if (command->has_names)
        field->names = command->names;
    if (command->has_order)
        field->order = command->order;
    if (command->has_active)
        field->active = command->active;
    if (!change_choices(ctx, field, command) ||
        !add_choices(ctx, field, "choices_add", command->choices_add.count, command->choices_add.items) ||
        !check_choices(ctx, field, "choices_add", before.choices.count))
        return NULL;
    plan->changed = !same_struct(&own_field_desc, &before, field);
    field->revision += plan->changed;
    return plan;
}

void field_update_apply(struct person_service *self, const struct field_update_plan *plan, struct ctx *ctx,
                        struct field_update_reply *out_reply)
{
    (void)self;
    const struct field_updated event = {.field = plan->field};
    if (plan->changed) {
        row_put(ctx, &person_own_fields, &own_field_row_desc, event.field.field, &event.field);
        ctx_emit(ctx, &field_updated_message, &event, 0, "field", event.field.field);
    }
    *out_reply = (struct field_update_reply){.field = event.field.field, .revision = event.field.revision};
}
