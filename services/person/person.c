// SPDX-License-Identifier: Apache-2.0
#include "services/person/person.h"
#include "services/person/person_snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/grow.h"
#include "common/store/journal.h"
#include "common/wire/codec.h"
#include "proto/person_dispatch.gen.h"
#include "services/person/bulk_work.h"
#include "services/person/card_erase.h"
#include "services/person/card_history.h"
#include "services/person/choices.h"
#include "services/person/contacts.h"
#include "services/person/customers.h"
#include "services/person/import_removal.h"
#include "services/person/last_activity.h"
#include "services/person/last_starts.h"
#include "services/person/roster.h"

enum {
    FOLLOW_PACE_MS = 100,           // adr/0003
    CARD_ARENA_BYTES = 1024 * 1024, // for one card
    ROSTER_SLICE = 1000,            // cards read at once, in some milliseconds: queries wait no longer
    ROSTER_LOOK_MS = 1000,          // whether somebody has searched; the loop turns as often anyway
    ROSTER_RETRY_MS = 10 * 1000,
    ROSTER_QUIET_MS = 500,
    INDEX_ENTRIES = 300 * 1000, // that wait: the roster needs memory, too (common/store/adr/0005)
};

const struct store_table person_cards = {"card", STORE_FIRST_SERVICE_SLOT + 0};
const struct store_table person_entries = {"entry", STORE_FIRST_SERVICE_SLOT + 1};
const struct index person_numbers = {{"number", STORE_FIRST_SERVICE_SLOT + 2}, INDEX_MAP, INDEX_DIRECT};
const struct index person_entry_names = {{"entry_name", STORE_FIRST_SERVICE_SLOT + 3}, INDEX_MAP, INDEX_DIRECT};
const struct store_table person_organisations = {"organisation", STORE_FIRST_SERVICE_SLOT + 4};
const struct index person_organisation_names = {
    {"organisation_name", STORE_FIRST_SERVICE_SLOT + 5}, INDEX_MAP, INDEX_DIRECT};
const struct index person_organisation_numbers = {
    {"organisation_number", STORE_FIRST_SERVICE_SLOT + 6}, INDEX_MAP, INDEX_DIRECT};
const struct index person_personal_numbers = {
    {"personal_number", STORE_FIRST_SERVICE_SLOT + 7}, INDEX_MAP, INDEX_SOUGHT};
const struct index person_employee_numbers = {
    {"employee_number", STORE_FIRST_SERVICE_SLOT + 8}, INDEX_MAP, INDEX_DIRECT};
const struct index person_used = {{"used", STORE_FIRST_SERVICE_SLOT + 9}, INDEX_COUNTER, INDEX_DIRECT};
const struct index person_changes = {{"history", STORE_FIRST_SERVICE_SLOT + 10}, INDEX_MAP, INDEX_DEFERRED};
const struct index person_contacts = {{"contact", STORE_FIRST_SERVICE_SLOT + 11}, INDEX_MAP, INDEX_DEFERRED};
const struct store_table person_own_fields = {"own_field", STORE_FIRST_SERVICE_SLOT + 12};
const struct index person_own_field_names = {
    {"own_field_name", STORE_FIRST_SERVICE_SLOT + 13}, INDEX_MAP, INDEX_DIRECT};
const struct index person_last_activities = {{"last_activity", STORE_FIRST_SERVICE_SLOT + 14}, INDEX_MAP, INDEX_SOUGHT};
const struct index person_planned_activities = {
    {"planned_activity", STORE_FIRST_SERVICE_SLOT + 40}, INDEX_MAP, INDEX_SOUGHT};
const struct store_table person_selections = {"selection", STORE_FIRST_SERVICE_SLOT + 15};
const struct index person_selection_names = {
    {"selection_name", STORE_FIRST_SERVICE_SLOT + 16}, INDEX_MAP, INDEX_DIRECT};
const struct store_table person_activity_news = {"activity_news", STORE_FIRST_SERVICE_SLOT + 41};
const struct store_table person_merged = {"merged", STORE_FIRST_SERVICE_SLOT + 21};
const struct store_table person_bulks = {"bulk", STORE_FIRST_SERVICE_SLOT + 22};
const struct store_table person_bulk_sets = {"bulk_set", STORE_FIRST_SERVICE_SLOT + 23};
const struct store_table person_bulk_refused = {"bulk_refused", STORE_FIRST_SERVICE_SLOT + 24};
const struct store_table person_imports = {"import", STORE_FIRST_SERVICE_SLOT + 17};
const struct index person_import_persons = {
    {"import_person", STORE_FIRST_SERVICE_SLOT + 18}, INDEX_MAP, INDEX_DEFERRED};
const struct store_table person_erased_persons = {"erased", STORE_FIRST_SERVICE_SLOT + 19};

static void close_service(void *state)
{
    struct person_service *self = state;
    roster_free(self->roster);
    roster_free(self->nobody);
    bulk_box_free(self->bulk_box);
    bulk_work_free(self->bulk_work);
    last_activity_news_free(self->news);
    last_starts_free(self->last_starts);
    free(self);
}

static enum fault open_service(const struct service_options *options, struct store *store, void **out_self)
{
    static const char *const asked[] = {"person", "revision", NULL};
    (void)options;
    struct person_service *self = calloc(1, sizeof *self);
    if (!self)
        return FAULT_MEMORY;
    self->roster = roster_new();
    self->nobody = roster_of_nobody();
    self->bulk_box = bulk_box_new();
    self->bulk_work = bulk_work_new();
    self->news = last_activity_news_new();
    self->last_starts = last_starts_new();
    if (!self->roster || !self->nobody || !self->bulk_box || !self->bulk_work || !self->news || !self->last_starts) {
        close_service(self);
        return FAULT_MEMORY;
    }
    self->store = store;
    taking_find(&person_create_desc, &person_card_desc, asked, &self->create_fields);
    taking_find(&person_update_desc, &person_card_desc, asked, &self->update_fields);
    taking_find(&person_changes_desc, &person_card_desc, asked, &self->bulk_fields);
    *out_self = self;
    return FAULT_NONE;
}

static const struct store_table *const tables[] = {
    &person_cards,         &person_entries,    &person_organisations, &person_own_fields,
    &person_activity_news, &person_selections, &person_bulks,         &person_bulk_sets,
    &person_bulk_refused,  &person_imports,    &person_merged,        &person_erased_persons,
};
static const struct index *const indexes[] = {
    &person_numbers,
    &person_entry_names,
    &person_organisation_names,
    &person_organisation_numbers,
    &person_personal_numbers,
    &person_employee_numbers,
    &person_used,
    &person_changes,
    &person_contacts,
    &person_own_field_names,
    &person_last_activities,
    &person_planned_activities,
    &person_selection_names,
    &person_import_persons,
};

/** Calls `use` with every card. */
static void each_card(struct store_txn *txn, void (*use)(struct store_txn *txn, const struct person_card *card))
{
    struct arena arena;
    struct store_cursor cursor;
    arena_init(&arena, CARD_ARENA_BYTES);
    struct ctx ctx = {.txn = txn, .arena = &arena};
    store_cursor_open(&cursor, txn, &person_cards);
    for (bool there = store_cursor_first(&cursor); there; there = store_cursor_next(&cursor)) {
        struct person_card card;
        arena_reset(&arena);
        if (row_decode(&ctx, &person_card_row_desc, cursor.value, &card))
            use(txn, &card);
        else
            store_txn_fail(txn, FAULT_CORRUPT);
    }
    store_cursor_close(&cursor);
    arena_fini(&arena);
}

static void count_card(struct store_txn *txn, const struct person_card *card)
{
    used_count(txn, card, 1);
}

static void count_used(struct store_txn *txn)
{
    each_card(txn, count_card);
}

static void put_contacts(struct store_txn *txn, const struct person_card *card)
{
    contacts_put(txn, NULL, card);
}

static void index_contacts(struct store_txn *txn)
{
    each_card(txn, put_contacts);
}

/** Employees are told of by events of their own since: each who is there, once. */
static void tell_employees(struct store_txn *txn)
{
    struct arena arena;
    struct buffer body;
    struct index_scan scan;
    size_t count = 0, room = 0;
    uint64_t *persons = NULL;
    arena_init(&arena, CARD_ARENA_BYTES);
    buffer_init(&body, CARD_ARENA_BYTES);
    index_scan_open(&scan, txn, &person_employee_numbers, bytes_of("", 0), bytes_of("", 0), false);
    while (index_scan_next(&scan)) {
        uint64_t *more = grow(persons, &room, count + 1, sizeof *persons);
        if (!more) {
            store_txn_fail(txn, FAULT_MEMORY);
            break;
        }
        persons = more;
        persons[count++] = get_u64(scan.value.data);
    }
    index_scan_close(&scan);
    for (size_t i = 0; i < count; i++) {
        struct ctx ctx = {.txn = txn, .arena = &arena};
        struct person_card card;
        char subject[32];
        arena_reset(&arena);
        buffer_reset(&body);
        if (!row_get(&ctx, &person_cards, &person_card_row_desc, persons[i], &card))
            continue;
        const struct employee_changed event = {
            .person = card.person, .has_employment = card.has_employment, .employment = card.employment};
        codec_encode(&employee_changed_desc, &event, &body);
        int len = snprintf(subject, sizeof subject, "employee/%" PRIu64, card.person);
        const struct journal_header header = {
            .time_ms = clock_utc_ms(clock_system()),
            .type = text_of(employee_changed_message.type),
            .subject = {subject, (size_t)len},
            .person = card.person,
        };
        journal_append(txn, &header, buffer_bytes(&body));
    }
    free(persons);
    buffer_fini(&body);
    arena_fini(&arena);
}

/** News are read by the process that saw them come, or not at all; but a program that knows rows of one change must not read these. */
static void gather_news(struct store_txn *txn)
{
    (void)txn;
}

/** What earlier builds did not keep, or otherwise. */
static const struct store_migration migrations[] = {
    {1, count_used, "what cards name is counted"},
    {2, card_history_index, "changes of cards are indexed"},
    {3, index_contacts, "phones and e-mail addresses are indexed"},
    {4, gather_news, "changes of last activities that came together are one row"},
    {5, tell_employees, "employees have events of their own"},
};

/** Chooses for bulk changes. From the first search on, reads the register in, keeps it near what was committed, so that no question waits for much, and tidies it when all is quiet. */
static int keep_roster(void *state, struct ctx *ctx, struct figure_sink *sink)
{
    (void)sink;
    struct person_service *self = state;
    if (!bulk_choose(self->bulk_box, self->roster, ctx, ROSTER_SLICE))
        return is_refused(&ctx->refusal) ? ROSTER_RETRY_MS : 0;
    if (!roster_is_wanted(self->roster))
        return ROSTER_LOOK_MS;
    uint64_t seq = store_txn_seq(ctx->txn);
    bool is_quiet = self->kept_seq == seq, is_there = roster_catch_up(self->roster, ctx, ROSTER_SLICE);
    self->kept_seq = seq;
    if (is_refused(&ctx->refusal))
        return ROSTER_RETRY_MS;
    if (!is_there)
        return 0;
    if (is_quiet)
        roster_rest(self->roster);
    return roster_can_rest(self->roster) ? ROSTER_QUIET_MS : -1;
}

/* The service's own work: bulk changes, imports that are taken back, planned activities that begin, customers of merged
 * employees. */

static int64_t due_ms(void *self)
{
    const int64_t times[] = {bulk_work_due_ms(self), import_removal_due_ms(self), last_activity_due_ms(self),
                             customers_due_ms(self)};
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        first = times[i] < first ? times[i] : first;
    return first;
}

static void run_work(void *self, struct ctx *ctx)
{
    last_activity_begin_planned(self, ctx);
    bulk_work_run(self, ctx);
    import_removal_run(self, ctx);
    customers_run(self, ctx);
}

static void forget_work(void *self)
{
    last_activity_aborted(self);
    bulk_work_aborted(self);
    import_removal_aborted(self);
    customers_aborted(self);
}

static const char *const follows[] = {"activity"};
// The news last: while rows go in slices the roster sees no change, and when the last ones are gone it reads all anew.
static const struct derived_rows derived[] = {
    {.source = "activity", .index = &person_last_activities, .is_circular = true},
    {.source = "activity", .index = &person_planned_activities, .is_circular = true},
    {.source = "activity", .table = &person_activity_news, .is_circular = true},
};

const struct service_definition person_definition = {
    .name = "person",
    .dispatch = &person_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .index_entries = INDEX_ENTRIES,
    .schema_version = 6,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof *migrations,
    .snapshot = person_snapshot,
    .snapshot_count = PERSON_SNAPSHOT_PARTS,
    .follows = follows,
    .follow_count = sizeof follows / sizeof *follows,
    .follow_pace_ms = FOLLOW_PACE_MS,
    .derived = derived,
    .derived_count = sizeof derived / sizeof *derived,
    .erasure = &card_erasure,
    .open = open_service,
    .close = close_service,
    .resetting = last_activity_resetting,
    .work = {.wake_fd = bulk_work_wake_fd,
             .due_ms = due_ms,
             .run = run_work,
             .committing = last_activity_committing,
             .committed = bulk_work_committed,
             .aborted = forget_work,
             .clock_was_set = customers_clock_was_set},
    .publish = keep_roster,
};
