// SPDX-License-Identifier: Apache-2.0
#include "services/person/person.h"

#include <stdlib.h>

#include "proto/person_dispatch.gen.h"
#include "services/person/state.h"

const struct store_table person_cards = {"card", STORE_FIRST_SERVICE_SLOT + 0};
const struct store_table person_entries = {"entry", STORE_FIRST_SERVICE_SLOT + 1};
const struct index person_numbers = {{"number", STORE_FIRST_SERVICE_SLOT + 2}, INDEX_MAP, INDEX_DIRECT};
const struct index person_entry_names = {{"entry_name", STORE_FIRST_SERVICE_SLOT + 3}, INDEX_MAP, INDEX_DIRECT};

static enum fault open_service(const struct service_options *options, struct store *store, void **out_self)
{
    (void)options;
    struct person_service *self = calloc(1, sizeof *self);
    if (!self)
        return FAULT_MEMORY;
    self->store = store;
    *out_self = self;
    return FAULT_NONE;
}

static void close_service(void *self)
{
    free(self);
}

static const struct store_table *const tables[] = {&person_cards, &person_entries};
static const struct index *const indexes[] = {&person_numbers, &person_entry_names};

const struct service_definition person_definition = {
    .name = "person",
    .dispatch = &person_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .schema_version = 1,
    .open = open_service,
    .close = close_service,
};
