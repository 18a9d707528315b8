// SPDX-License-Identifier: Apache-2.0
/** An access on its way into the log: whom an answer shows, whom a command concerned, and the batch that writes it down. */
#include "common/service/internal.h"

#include "common/base/must.h"
#include "common/wire/value.h"

enum {
    WAIT_MS = 250,  // from an answer to the batch that logs it
    RETRY_MS = 500, // after a batch that failed
};

static struct access_act act_of(const struct message_desc *message, struct text actor, struct text sender)
{
    static const enum access_kind kinds[] = {
        [MESSAGE_SAW] = ACCESS_KIND_SAW,
        [MESSAGE_CHANGED] = ACCESS_KIND_CHANGED,
        [MESSAGE_EXPORTED] = ACCESS_KIND_EXPORTED,
        [MESSAGE_ERASED] = ACCESS_KIND_ERASED,
    };
    return (struct access_act){kinds[message->audited], text_of(message->type), actor, sender};
}

/* Whom an answer shows: whoever stands in a field `person`, or one of two of a pair, of the query or the reply, or of a struct in the reply. */

struct persons {
    uint64_t *ids;
    size_t count;
    size_t most;
};

static bool is_person(const struct field_desc *field)
{
    static const struct text names[] = {{"person", 6}, {"other", 5}, {"keep", 4}, {"drop", 4}};
    const struct text name = {field->name, field->name_len};
    if (field->kind != FIELD_ID || field->flags & FIELD_LIST)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal(name, names[i]))
            return true;
    return false;
}

/** The rows of one person's list all name him. */
static void add_person(struct persons *persons, uint64_t person)
{
    if (!person || (persons->count > 0 && persons->ids[persons->count - 1] == person))
        return;
    must(persons->count < persons->most);
    persons->ids[persons->count++] = person;
}

/** How many fields of a struct name a person: one that is a pair has two. */
static size_t person_fields(const struct struct_desc *desc)
{
    size_t count = 0;
    for (size_t i = 0; i < desc->count; i++)
        count += is_person(&desc->fields[i]);
    return count;
}

static void add_persons_of(struct persons *persons, const struct struct_desc *desc, const void *items, size_t count)
{
    for (size_t at = 0; at < desc->count; at++)
        for (size_t i = 0; i < count && is_person(&desc->fields[at]); i++)
            add_person(persons, (uint64_t)value_int64(
                                    value_member((const char *)items + i * desc->size, desc->fields[at].offset)));
}

/** Of a struct in the reply, or the elements of a list of them. */
static struct list structs_of(const struct field_desc *field, const void *reply)
{
    const void *at = value_member(reply, field->offset);
    if (field->kind != FIELD_STRUCT)
        return (struct list){0, NULL};
    return field->flags & FIELD_LIST ? value_list(at) : (struct list){1, at};
}

static bool find_persons(struct ctx *ctx, const struct message_desc *message, const void *body, const void *reply,
                         struct persons *out_persons)
{
    size_t most = person_fields(message->body) + person_fields(message->reply);
    for (size_t i = 0; i < message->reply->count; i++) {
        struct list structs = structs_of(&message->reply->fields[i], reply);
        if (structs.count)
            most += structs.count * person_fields(message->reply->fields[i].structure);
    }
    *out_persons = (struct persons){ctx_alloc_array(ctx, most + 1, sizeof *out_persons->ids), 0, most};
    if (!out_persons->ids)
        return false;
    add_persons_of(out_persons, message->body, body, 1);
    add_persons_of(out_persons, message->reply, reply, 1);
    for (size_t i = 0; i < message->reply->count; i++) {
        struct list structs = structs_of(&message->reply->fields[i], reply);
        if (structs.count)
            add_persons_of(out_persons, message->reply->fields[i].structure, structs.items, structs.count);
    }
    return true;
}

bool core_access_shown(struct core *core, struct ctx *ctx, const struct message_desc *message, const void *body,
                       const void *reply)
{
    struct persons persons;
    bool wakes = false;
    if (!find_persons(ctx, message, body, reply, &persons))
        return false;
    const struct access_act act = act_of(message, ctx->actor, ctx->sender);
    if (persons.count > 0 && !access_queue_add(&core->shown, &act, persons.ids, persons.count, ctx->now_ms,
                                               clock_monotonic_ms(core->config.clock), &wakes)) {
        counter_add(core->config.counters, COUNTER_ACCESSES_REFUSED, 1);
        ctx_refuse(
            ctx, ERROR_BUSY, NULL,
            "The access log has no room for more at the moment, and what is not logged is not shown; ask again.");
        return false;
    }
    core->access_wakes = core->access_wakes || wakes;
    return true;
}

bool core_access_wakes(struct core *core)
{
    bool wakes = core->access_wakes;
    core->access_wakes = false;
    return wakes;
}

/* The command side. */

static void append(struct core *core, struct access_batch *list)
{
    counter_add(core->config.counters, COUNTER_ACCESSES_LOGGED, (int64_t)list->count);
    access_log_append(core->txn, list->acts, list->entries, list->count);
    core->wrote = true;
}

static void note(struct core *core, const struct access_act *act, uint64_t person, int64_t now_ms)
{
    if (access_batch_add(&core->done, act, &person, 1, now_ms))
        return;
    append(core, &core->done);
    access_batch_reset(&core->done);
    access_batch_add(&core->done, act, &person, 1, now_ms);
}

void core_access_done(struct core *core, const struct ctx *ctx, const struct message_desc *message)
{
    const struct access_act act = act_of(message, ctx->actor, ctx->sender);
    uint64_t last = 0;
    for (const struct pending_event *event = ctx->first_event; event; event = event->next)
        if (event->person != 0 && event->person != last) {
            last = event->person;
            note(core, &act, last, ctx->now_ms);
        }
}

void core_access_worked(struct core *core, const struct ctx *ctx)
{
    for (const struct pending_event *event = ctx->first_event; event; event = event->next)
        if (event->event->audited && event->person != 0) {
            const struct access_act act = act_of(event->event, event->actor, event->sender);
            note(core, &act, event->person, ctx->now_ms);
        }
}

int64_t core_access_due_ms(struct core *core)
{
    int64_t due_ms = access_queue_due_ms(&core->shown, WAIT_MS);
    if (due_ms == INT64_MAX || store_has_room(core->config.store) != FAULT_NONE)
        return INT64_MAX;
    return due_ms > core->access_retry_ms ? due_ms : core->access_retry_ms;
}

void core_access_finish(struct core *core)
{
    core->access_finishes = true;
}

void core_access_begin(struct core *core)
{
    access_batch_reset(&core->done);
    core->access_taken = false;
}

void core_access_write(struct core *core)
{
    bool is_due = core->access_finishes || core_access_due_ms(core) <= core->monotonic_ms;
    if (store_txn_fault(core->txn) != FAULT_NONE)
        return;
    if (core->done.count > 0)
        append(core, &core->done);
    struct access_batch *shown = is_due && core->has_room ? access_queue_take(&core->shown) : NULL;
    if (!shown || shown->count == 0)
        return;
    append(core, shown);
    core->access_taken = true;
}

void core_access_end(struct core *core, bool committed)
{
    if (!committed)
        core->access_retry_ms = core->monotonic_ms + RETRY_MS;
    else if (core->access_taken)
        access_queue_logged(&core->shown);
}
