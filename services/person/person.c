// SPDX-License-Identifier: Apache-2.0
#include "services/person/person.h"

#include <stdlib.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/choices.h"
#include "services/person/card_history.h"

enum { CARD_ARENA_BYTES = 1024 * 1024 }; // for one card

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
    {"personal_number", STORE_FIRST_SERVICE_SLOT + 7}, INDEX_MAP, INDEX_DEFERRED};
const struct index person_employee_numbers = {
    {"employee_number", STORE_FIRST_SERVICE_SLOT + 8}, INDEX_MAP, INDEX_DIRECT};
const struct index person_used = {{"used", STORE_FIRST_SERVICE_SLOT + 9}, INDEX_COUNTER, INDEX_DIRECT};
const struct index person_changes = {{"history", STORE_FIRST_SERVICE_SLOT + 10}, INDEX_MAP, INDEX_DEFERRED};

static enum fault open_service(const struct service_options *options, struct store *store, void **out_self)
{
    (void)options;
    struct person_service *self = calloc(1, sizeof *self);
    if (!self)
        return FAULT_MEMORY;
    self->store = store;
    card_fields_find(&person_create_desc, &self->create_fields);
    card_fields_find(&person_update_desc, &self->update_fields);
    *out_self = self;
    return FAULT_NONE;
}

static void close_service(void *self)
{
    free(self);
}

static const struct store_table *const tables[] = {&person_cards, &person_entries, &person_organisations};
static const struct index *const indexes[] = {
    &person_numbers,
    &person_entry_names,
    &person_organisation_names,
    &person_organisation_numbers,
    &person_personal_numbers,
    &person_employee_numbers,
    &person_used,
    &person_changes,
};

/** Counts what the cards name, which earlier builds did not. */
static void count_used(struct store_txn *txn)
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
            used_count(txn, &card, 1);
        else
            store_txn_fail(txn, FAULT_CORRUPT);
    }
    store_cursor_close(&cursor);
    arena_fini(&arena);
}

static const struct store_migration migrations[] = {
    {1, count_used, "what cards name is counted"},
    {2, card_history_index, "changes of cards are indexed"},
};

const struct service_definition person_definition = {
    .name = "person",
    .dispatch = &person_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .schema_version = 3,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof *migrations,
    .open = open_service,
    .close = close_service,
};
