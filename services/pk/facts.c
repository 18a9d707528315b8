// SPDX-License-Identifier: Apache-2.0
#include "services/pk/facts.h"

#include "common/wire/codec.h"

static uint64_t *id_copy(uint64_t id)
{
    return g_memdup2(&id, sizeof id);
}

static GHashTable *id_table(GDestroyNotify free_value)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_value);
}

struct facts *facts_new(void)
{
    struct facts *facts = g_new0(struct facts, 1);
    // A fact begins with its id, which is its key.
    facts->by_activity = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    facts->by_type = id_table(g_free);
    facts->by_person = id_table(g_free);
    facts->type_leads = id_table(g_free);
    facts->recipient_of = id_table(g_free);
    facts->deleted_recipients = id_table(NULL);
    journal_walk_init(&facts->walk, 0);
    return facts;
}

void facts_free(struct facts *facts)
{
    if (!facts)
        return;
    g_hash_table_destroy(facts->by_activity);
    g_hash_table_destroy(facts->by_type);
    g_hash_table_destroy(facts->by_person);
    g_hash_table_destroy(facts->type_leads);
    g_hash_table_destroy(facts->recipient_of);
    g_hash_table_destroy(facts->deleted_recipients);
    g_free(facts);
}

struct measures facts_measures(GHashTable *table, uint64_t id)
{
    const struct measures *measures = g_hash_table_lookup(table, &id);
    return measures ? *measures : (struct measures){0, 0};
}

/** Begun or done, and not failed or bounced. */
static bool is_contact(const struct fact *fact)
{
    return fact->status != ACTIVITY_STATUS_NOT_STARTED && fact->outcome != OUTCOME_FAILED &&
           fact->outcome != OUTCOME_BOUNCED;
}

static void add_to(struct measures *measures, const struct fact *fact, int sign)
{
    measures->activities += sign;
    measures->contacts += is_contact(fact) ? sign : 0;
}

static void add_to_group(GHashTable *table, uint64_t id, const struct fact *fact, int sign)
{
    struct measures *measures = g_hash_table_lookup(table, &id);
    if (!measures) {
        measures = g_new0(struct measures, 1);
        g_hash_table_insert(table, id_copy(id), measures);
    }
    add_to(measures, fact, sign);
}

static void count(struct facts *facts, const struct fact *fact, int sign)
{
    add_to(&facts->total, fact, sign);
    add_to_group(facts->by_type, fact->type, fact, sign);
    add_to_group(facts->by_person, fact->person, fact, sign);
}

static void drop(struct facts *facts, uint64_t activity)
{
    const struct fact *fact = g_hash_table_lookup(facts->by_activity, &activity);
    if (!fact)
        return;
    count(facts, fact, -1);
    g_hash_table_remove(facts->by_activity, &activity);
}

void facts_take_type(struct facts *facts, const struct activity_type *type)
{
    if (type->has_merged_into)
        g_hash_table_replace(facts->type_leads, id_copy(type->type), id_copy(type->merged_into));
}

GHashTable *facts_by_led_type(const struct facts *facts)
{
    GHashTable *led = id_table(g_free);
    GHashTableIter iter;
    void *key = NULL, *value = NULL;
    g_hash_table_iter_init(&iter, facts->by_type);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const struct measures *counted = value;
        const uint64_t *lead = g_hash_table_lookup(facts->type_leads, key);
        uint64_t type = lead ? *lead : *(const uint64_t *)key;
        struct measures *sum = g_hash_table_lookup(led, &type);
        if (!sum) {
            sum = g_new0(struct measures, 1);
            g_hash_table_insert(led, id_copy(type), sum);
        }
        sum->activities += counted->activities;
        sum->contacts += counted->contacts;
    }
    return led;
}

void facts_take(struct facts *facts, const struct activity *activity)
{
    struct fact fact = {
        .activity = activity->activity,
        .person = activity->person,
        .type = activity->type,
        .send = activity->has_send ? activity->send : 0,
        .recipient = activity->has_recipient ? activity->recipient : 0,
        .start_ms = activity->start_ms,
        .origin = activity->origin,
        .outcome = activity->has_outcome ? activity->outcome : 0,
        .status = activity->status,
    };
    drop(facts, fact.activity);
    struct fact *kept = g_memdup2(&fact, sizeof fact);
    g_hash_table_insert(facts->by_activity, &kept->activity, kept);
    count(facts, kept, 1);
}

static bool take_made(struct facts *facts, const void *body, bool applies)
{
    // created, updated and moved begin with the activity
    const struct activity *activity = &((const struct activity_created *)body)->activity;
    if (activity->has_recipient)
        g_hash_table_replace(facts->recipient_of, id_copy(activity->activity), id_copy(activity->recipient));
    if (applies)
        facts_take(facts, activity);
    return true;
}

/** Types are as the journal says last, whatever the rows were when they were read. */
static bool take_type(struct facts *facts, const void *body, bool applies)
{
    (void)applies;
    facts_take_type(facts, &((const struct type_updated *)body)->type);
    return true;
}

static bool take_deleted(struct facts *facts, const void *body, bool applies)
{
    const struct activity_deleted *event = body;
    const uint64_t *recipient = g_hash_table_lookup(facts->recipient_of, &event->activity);
    if (event->has_recipient)
        recipient = &event->recipient;
    if (recipient) // events of earlier builds do not name it
        g_hash_table_add(facts->deleted_recipients, id_copy(*recipient));
    if (applies)
        drop(facts, event->activity);
    return true;
}

static const struct change {
    const struct message_desc *event;
    bool (*take)(struct facts *facts, const void *body, bool applies);
} changes[] = {
    {&activity_created_message, take_made}, {&activity_updated_message, take_made},
    {&activity_moved_message, take_made},   {&activity_deleted_message, take_deleted},
    {&type_updated_message, take_type},
};

bool facts_take_record(struct facts *facts, const struct journal_record *record, bool applies, struct arena *arena)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct struct_desc *desc = changes[i].event->body;
        struct refusal refusal = {.code = ERROR_NONE};
        if (!text_equal(text_of(changes[i].event->type), record->header.type))
            continue;
        if (record->erased)
            return true; // what is erased is in the rows as it is now
        void *body = arena_alloc(arena, desc->size);
        return body && codec_decode_frame(desc, record->body, CODEC_SKIP_UNKNOWN, arena, body, &refusal) &&
               changes[i].take(facts, body, applies);
    }
    return true;
}
