// SPDX-License-Identifier: Apache-2.0
/** What must hold when all is at rest: design.md 10, the services' answers against each other and against the model. */
#include "common/base/must.h"
#include "common/store/following.h"
#include "proto/activity.gen.h"
#include "proto/person.gen.h"
#include "proto/stats.gen.h"
#include "tests/sim/world.h"

/** What the observer counts of one group. */
struct count {
    int64_t activities;
    int64_t contacts;
};

struct counts {
    struct count total;
    struct count types[16];
    struct count persons[MODEL_PERSONS];
};

/** An activity's outcome, by its recipient's state; 0: the state is none that an activity is made of. */
static enum outcome outcome_of(enum recipient_state state)
{
    static const enum outcome outcomes[] = {
        [RECIPIENT_STATE_ACCEPTED] = OUTCOME_ACCEPTED, [RECIPIENT_STATE_DELIVERED] = OUTCOME_DELIVERED,
        [RECIPIENT_STATE_FAILED] = OUTCOME_FAILED,     [RECIPIENT_STATE_BOUNCED] = OUTCOME_BOUNCED,
        [RECIPIENT_STATE_UNKNOWN] = OUTCOME_UNKNOWN,   [RECIPIENT_STATE_HELD] = 0,
    };
    return outcomes[state];
}

static void check_following(struct world *world, struct node *node)
{
    for (size_t i = 0; i < node->source_count; i++) {
        struct node *source = &world->nodes[node->sources[i].node];
        struct store_txn *txn = store_begin_read(source->store);
        struct journal_position last = journal_last(txn);
        struct journal_position at = node_followed(node, i);
        store_abort(txn);
        if (at.seq != last.seq || memcmp(at.digest, last.digest, sizeof at.digest) != 0)
            fail(world, "%s followed %s to %llu of %llu, or to another history", node->definition->name,
                 source->definition->name, (unsigned long long)at.seq, (unsigned long long)last.seq);
    }
}

static bool is_followed(const struct node *node, const char *source, struct text type)
{
    const struct dispatch *dispatch = node->definition->dispatch;
    for (size_t i = 0; i < dispatch->event_count; i++)
        if (strcmp(dispatch->events[i].source, source) == 0 &&
            text_equal(text_of(dispatch->events[i].message->type), type))
            return true;
    return false;
}

/** Events that cannot be applied, and all later ones of their subjects, wait; no others do. */
static void check_set_aside(struct world *world, struct node *node, size_t index)
{
    enum { SUBJECTS = 64 };
    struct node *source = &world->nodes[node->sources[index].node];
    const char *name = source->definition->name;
    struct text subjects[SUBJECTS];
    size_t count = 0;
    struct store_txn *events = store_begin_read(source->store);
    struct store_txn *waiting = store_begin_read(node->store);
    uint64_t last = store_txn_seq(events);
    for (uint64_t seq = 1; seq <= last; seq++) {
        struct journal_record record, kept;
        struct text reason;
        bool found = false;
        if (journal_get(events, seq, &record, &found) != FAULT_NONE || !found)
            break;
        bool expected = false;
        for (size_t i = 0; i < count; i++)
            expected = expected || text_equal(subjects[i], record.header.subject);
        bool broken = !expected && record.body.len == 1 && record.header.id.len == 0;
        if (record.header.person && model_person_left(world, record.header.person) == 0)
            broken = expected = false; // of who is erased nothing waits
        bool followed = is_followed(node, name, record.header.type);
        if (followed && broken && count < SUBJECTS) {
            subjects[count++] = record.header.subject;
            expected = true;
        }
        bool waits = set_aside_next(waiting, name, seq, &kept, &reason) && kept.seq == seq;
        if (waits != (followed && expected))
            fail(world, "%s has %s aside event %llu of %s", node->definition->name, waits ? "set" : "not set",
                 (unsigned long long)seq, name);
    }
    store_abort(waiting);
    store_abort(events);
}

static void check_persons(struct world *world)
{
    struct person_list query = {.limit = 500};
    struct person_list_reply page;
    uint64_t expected = 0;
    if (!node_answer(world, &world->nodes[NODE_PERSON], &person_list_message, &query, &page))
        return;
    for (uint64_t i = 1; i <= world->model.last_person; i++)
        expected += world->model.persons[i].created_seq != 0 && model_person_left(world, i) == i;
    if (page.cards.count != expected)
        fail(world, "there are %zu persons, and %llu were made", page.cards.count, (unsigned long long)expected);
    for (size_t i = 0; i < page.cards.count; i++) {
        const struct person_card *card = &page.cards.items[i];
        const struct model_person *known = &world->model.persons[card->person];
        if (known->merged_into || card->revision != known->revision || !text_equal(card->email, text_of(known->email)))
            fail(world, "person %llu is not as it was left", (unsigned long long)card->person);
    }
}

/** Whether a recipient's state is what the world outside did to it. */
static bool is_true(const struct world *world, const struct model_recipient *known, enum recipient_state state)
{
    bool died_since = known->incarnation != world->nodes[NODE_NOTIFICATION].incarnation;
    switch (state) {
    case RECIPIENT_STATE_ACCEPTED:
        return known->truth == TRUTH_ACCEPTED || known->resolved;
    case RECIPIENT_STATE_FAILED:
        return known->truth == TRUTH_FAILED || known->resolved;
    case RECIPIENT_STATE_DELIVERED:
    case RECIPIENT_STATE_BOUNCED:
        return known->resolved;
    case RECIPIENT_STATE_UNKNOWN:
        return known->truth == TRUTH_UNKNOWN || (died_since && known->handed_over > 0) || known->truth == TRUTH_NONE;
    case RECIPIENT_STATE_SUPPRESSED:
    case RECIPIENT_STATE_CANCELLED:
    case RECIPIENT_STATE_EXPIRED:
        return known->truth != TRUTH_ACCEPTED || known->at_least_once;
    case RECIPIENT_STATE_QUEUED:
    case RECIPIENT_STATE_CLAIMED:
    case RECIPIENT_STATE_DEFERRED:
    case RECIPIENT_STATE_HELD:
        break;
    }
    return false; // not at rest, or held without a restore
}

static void check_recipient(struct world *world, const struct recipient *row)
{
    const struct model_recipient *known = &world->model.recipients[row->recipient];
    enum outcome outcome = outcome_of(row->state);
    const char *state = enum_name(&recipient_state_enum, (int32_t)row->state);
    unsigned long long id = row->recipient;
    uint64_t left = model_person_left(world, known->person);
    bool is_his = left == 0 ? !row->has_person : model_leads(world, known->person, row->person);
    if (!known->made || !is_his || known->send != row->send)
        fail(world, "recipient %llu is not what was asked for", id);
    else if (!row->has_person && (row->has_address || row->has_outcome_text || row->has_retry_ms))
        fail(world, "recipient %llu tells of a person who is erased", id);
    else if (!is_true(world, known, row->state))
        fail(world, "recipient %llu is %s, handed over %u times, in truth %d", id, state, known->handed_over,
             (int)known->truth);
    else if (outcome && !known->test && !known->activity)
        fail(world, "recipient %llu is %s and has no activity", id, state);
    else if (known->activity && (known->test || (!outcome && !known->at_least_once)))
        fail(world, "recipient %llu is %s and has activity %llu", id, state, (unsigned long long)known->activity);
}

/** Recipients as the service has them; their states in `out_states`, by id. */
static void check_recipients(struct world *world, enum recipient_state *out_states)
{
    struct recipient_list query = {.limit = 1000};
    struct recipient_list_reply page;
    size_t expected = 0;
    if (!node_answer(world, &world->nodes[NODE_NOTIFICATION], &recipient_list_message, &query, &page))
        return;
    for (size_t i = 1; i <= world->model.last_recipient; i++)
        expected += world->model.recipients[i].made;
    if (page.recipients.count != expected)
        fail(world, "there are %zu recipients, and %zu were made", page.recipients.count, expected);
    for (size_t i = 0; i < page.recipients.count; i++) {
        check_recipient(world, &page.recipients.items[i]);
        out_states[page.recipients.items[i].recipient] = page.recipients.items[i].state;
    }
}

/** One activity of the service against the model; counts what it should count as. */
static void check_activity(struct world *world, const struct activity *row, const enum recipient_state *states)
{
    const struct model_activity *known = &world->model.activities[row->activity];
    unsigned long long id = row->activity;
    uint64_t person = known->recipient ? world->model.recipients[known->recipient].person : known->person;
    if (!known->made || known->deleted || model_person_left(world, person) != row->person || known->type != row->type)
        fail(world, "activity %llu is not as it was left", id);
    else if (!row->has_person &&
             (row->has_outcome_text || row->has_created_by || !text_equal(row->subject, TEXT("erased"))))
        fail(world, "activity %llu tells of a person who is erased", id);
    else if ((known->recipient != 0) != (row->origin != ORIGIN_MANUAL) || known->recipient != row->recipient)
        fail(world, "activity %llu has another origin than it was made by", id);
    else if (known->recipient) {
        enum outcome outcome = outcome_of(states[known->recipient]);
        if (row->outcome != (outcome ? outcome : OUTCOME_UNKNOWN))
            fail(world, "activity %llu has another outcome than recipient %llu", id,
                 (unsigned long long)known->recipient);
    }
}

static void check_activities(struct world *world, const enum recipient_state *states)
{
    struct activity_scan query = {.limit = 5000};
    struct activity_scan_reply page;
    size_t expected = 0;
    if (!node_answer(world, &world->nodes[NODE_ACTIVITY], &activity_scan_message, &query, &page))
        return;
    for (uint64_t i = 1; i <= world->model.last_activity; i++)
        expected += world->model.activities[i].made && !world->model.activities[i].deleted;
    if (page.activities.count != expected)
        fail(world, "there are %zu activities, and %zu were left", page.activities.count, expected);
    for (size_t i = 0; i < page.activities.count; i++)
        check_activity(world, &page.activities.items[i], states);
}

/** The history of each person, which is read through a deferred index. */
static void check_histories(struct world *world, const struct counts *counts)
{
    for (uint64_t person = 1; person <= world->model.last_person; person++) {
        struct activity_list query = {.has_person = true, .person = person, .limit = 500};
        struct activity_list_reply page;
        arena_reset(&world->arena);
        if (!node_answer(world, &world->nodes[NODE_ACTIVITY], &activity_list_message, &query, &page))
            return;
        uint64_t kept = model_kept(world, person);
        if ((int64_t)page.activities.count != counts->persons[kept].activities)
            fail(world, "person %llu has %zu activities listed, and %lld were left", (unsigned long long)person,
                 page.activities.count, (long long)counts->persons[kept].activities);
        for (size_t i = 0; i < page.activities.count; i++)
            if (page.activities.items[i].person != kept)
                fail(world, "person %llu has another's activity listed", (unsigned long long)person);
    }
}

/** What person made of the activities' events against the activities: none is planned any more when all is at rest. */
static void check_last_activities(struct world *world)
{
    const struct activity_scan scan = {.limit = 5000};
    const struct person_last_activities query = {.limit = 5000};
    struct activity_scan_reply activities;
    struct person_last_activities_reply page;
    int64_t last_ms[MODEL_PERSONS] = {0};
    size_t expected = 0;
    if (!node_answer(world, &world->nodes[NODE_ACTIVITY], &activity_scan_message, &scan, &activities) ||
        !node_answer(world, &world->nodes[NODE_PERSON], &person_last_activities_message, &query, &page))
        return;
    for (size_t i = 0; i < activities.activities.count; i++) {
        const struct activity *activity = &activities.activities.items[i];
        if (!activity->has_person)
            continue;
        must(activity->person < MODEL_PERSONS && activity->start_ms > 0);
        expected += last_ms[activity->person] == 0;
        if (activity->start_ms > last_ms[activity->person])
            last_ms[activity->person] = activity->start_ms;
    }
    if (page.last_activities.count != expected || page.has_planned_from_ms)
        fail(world, "%zu persons have a last activity, and %zu have activities%s", page.last_activities.count, expected,
             page.has_planned_from_ms ? "; some are still to begin" : "");
    for (size_t i = 0; i < page.last_activities.count; i++) {
        const struct last_activity *row = &page.last_activities.items[i];
        if (row->person >= MODEL_PERSONS || row->start_ms != last_ms[row->person])
            fail(world, "person %llu is said to have had his last activity at %lld", (unsigned long long)row->person,
                 (long long)row->start_ms);
    }
}

/** Counts everything anew, from the model alone. */
static void count_all(const struct world *world, const enum recipient_state *states, struct counts *out)
{
    memset(out, 0, sizeof *out);
    for (uint64_t i = 1; i <= world->model.last_activity; i++) {
        const struct model_activity *activity = &world->model.activities[i];
        if (!activity->made || activity->deleted)
            continue;
        enum outcome outcome = activity->recipient ? outcome_of(states[activity->recipient]) : 0;
        bool contact =
            activity->recipient ? outcome != OUTCOME_FAILED && outcome != OUTCOME_BOUNCED : activity->contact;
        uint64_t person = activity->recipient ? world->model.recipients[activity->recipient].person : activity->person;
        struct count *groups[] = {&out->total, &out->types[activity->type],
                                  &out->persons[model_person_left(world, person)]};
        for (size_t g = 0; g < 3; g++) {
            groups[g]->activities++;
            groups[g]->contacts += contact;
        }
    }
}

static void check_figures_by(struct world *world, enum dimension dimension, const struct counts *counts)
{
    const struct stats_figures query = {.group_by = {1, &dimension}, .has_limit = true, .limit = 1000};
    struct stats_figures_reply figures;
    struct count sum = {0, 0};
    if (!node_answer(world, &world->nodes[NODE_STATS], &stats_figures_message, &query, &figures))
        return;
    for (size_t i = 0; i < figures.cells.count; i++) {
        const struct figure_cell *cell = &figures.cells.items[i];
        const struct count *expected =
            dimension == DIMENSION_TYPE ? &counts->types[cell->type] : &counts->persons[cell->person];
        sum.activities += cell->activities;
        sum.contacts += cell->contacts;
        if (dimension != DIMENSION_DAY &&
            (cell->activities != expected->activities || cell->contacts != expected->contacts))
            fail(world, "%s %llu has %lld activities and %lld contacts; there are %lld and %lld",
                 enum_name(&dimension_enum, (int32_t)dimension),
                 (unsigned long long)(dimension == DIMENSION_TYPE ? cell->type : cell->person),
                 (long long)cell->activities, (long long)cell->contacts, (long long)expected->activities,
                 (long long)expected->contacts);
    }
    if (sum.activities != counts->total.activities || sum.contacts != counts->total.contacts ||
        figures.total.activities != sum.activities || figures.total.contacts != sum.contacts)
        fail(world, "by %s there are %lld activities and %lld contacts; there are %lld and %lld",
             enum_name(&dimension_enum, (int32_t)dimension), (long long)sum.activities, (long long)sum.contacts,
             (long long)counts->total.activities, (long long)counts->total.contacts);
}

static void check_recount(struct world *world, const struct counts *counts)
{
    const struct stats_recount query = {0};
    struct stats_recount_reply recount;
    if (!node_answer(world, &world->nodes[NODE_STATS], &stats_recount_message, &query, &recount))
        return;
    if (recount.differences.count > 0)
        fail(world, "a recount finds %zu differences, the first in %.*s: kept %lld, counted %lld",
             recount.differences.count, (int)recount.differences.items[0].cell.len,
             recount.differences.items[0].cell.data, (long long)recount.differences.items[0].kept,
             (long long)recount.differences.items[0].counted);
    if (recount.facts != counts->total.activities)
        fail(world, "a recount finds %lld activities; there are %lld", (long long)recount.facts,
             (long long)counts->total.activities);
}

/** Whether a journal's record may keep its content though it is about somebody who is erased: it has nothing but ids. */
static bool has_ids_alone(const struct journal_record *record)
{
    return text_equal(record->header.type, text_of(person_erased_message.type)) ||
           text_equal(record->header.type, text_of(person_merged_message.type)) ||
           text_equal(record->header.type, text_of(activity_deleted_message.type));
}

static void check_erased_records(struct world *world, struct node *node, struct store_txn *txn)
{
    uint64_t last = store_txn_seq(txn);
    for (uint64_t seq = 1; seq <= last; seq++) {
        struct journal_record record;
        bool found = false;
        if (journal_get(txn, seq, &record, &found) != FAULT_NONE || !found)
            return;
        bool broken = record.body.len == 1; // of a program of another version, and empty
        if (record.header.person && model_person_left(world, record.header.person) == 0 && !record.erased &&
            !has_ids_alone(&record) && !broken)
            fail(world, "%s has %.*s at %llu of person %llu, who is erased", node->definition->name,
                 (int)record.header.type.len, record.header.type.data, (unsigned long long)seq,
                 (unsigned long long)record.header.person);
    }
}

static bool holds(struct bytes bytes, const char *needle)
{
    return bytes.len > 0 && memmem(bytes.data, bytes.len, needle, strlen(needle)) != NULL;
}

/** Whether a row or an entry of an index has these bytes. */
static bool node_holds(struct node *node, struct store_txn *txn, const char *needle)
{
    bool found = false;
    for (size_t i = 0; i < node->definition->table_count; i++) {
        struct store_cursor cursor;
        store_cursor_open(&cursor, txn, node->definition->tables[i]);
        for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor))
            found = found || holds(cursor.key, needle) || holds(cursor.value, needle);
        store_cursor_close(&cursor);
    }
    for (size_t i = 0; i < node->definition->index_count; i++) {
        struct index_scan scan;
        index_scan_open(&scan, txn, node->definition->indexes[i], bytes_of("", 0), bytes_of("", 0), false);
        while (index_scan_next(&scan))
            found = found || holds(scan.key, needle) || holds(scan.value, needle);
        index_scan_close(&scan);
    }
    return found;
}

/** Of who is erased no service has an address, nor a record with content. */
static void check_erased(struct world *world)
{
    for (int n = 0; n < NODE_COUNT; n++) {
        struct node *node = &world->nodes[n];
        struct store_txn *txn = store_begin_read(node->store);
        check_erased_records(world, node, txn);
        for (uint64_t i = 1; i <= world->model.last_person; i++) {
            const struct model_person *known = &world->model.persons[i];
            if (model_person_left(world, i) == 0 && known->email[0] && node_holds(node, txn, known->email))
                fail(world, "%s has the address of person %llu, who is erased", node->definition->name,
                     (unsigned long long)i);
        }
        store_abort(txn);
    }
}

void model_check_rest(struct world *world)
{
    enum recipient_state states[MODEL_RECIPIENTS] = {0};
    struct counts counts;
    for (int i = 0; i < NODE_COUNT; i++) {
        model_check_kept(world, &world->nodes[i]);
        check_following(world, &world->nodes[i]);
        for (size_t s = 0; s < world->nodes[i].source_count; s++)
            if (world->nodes[i].snapshot_from == 0) // a snapshot has no events that cannot be applied
                check_set_aside(world, &world->nodes[i], s);
    }
    check_persons(world);
    check_recipients(world, states);
    check_activities(world, states);
    count_all(world, states, &counts);
    check_histories(world, &counts);
    check_last_activities(world);
    check_figures_by(world, DIMENSION_TYPE, &counts);
    check_figures_by(world, DIMENSION_PERSON, &counts);
    check_figures_by(world, DIMENSION_DAY, &counts);
    check_recount(world, &counts);
    check_erased(world);
}
