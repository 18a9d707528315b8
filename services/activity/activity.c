// SPDX-License-Identifier: Apache-2.0
#include "services/activity/activity.h"

#include <stdlib.h>

#include "common/store/following.h"
#include "proto/activity_dispatch.gen.h"
#include "services/activity/activity_erase.h"
#include "services/activity/activity_snapshot.h"
#include "services/activity/moves.h"
#include "services/activity/state.h"
#include "services/activity/tasks.h"
#include "services/activity/types.h"

enum { TYPES_AGAIN_MS = 1000 };

const struct store_table activity_rows = {"activity", STORE_FIRST_SERVICE_SLOT + 0};
const struct store_table activity_bodies = {"body", STORE_FIRST_SERVICE_SLOT + 1};
const struct store_table activity_persons = {"person", STORE_FIRST_SERVICE_SLOT + 2};
const struct store_table activity_types = {"type", STORE_FIRST_SERVICE_SLOT + 3};
const struct index activity_by_person = {{"by_person", STORE_FIRST_SERVICE_SLOT + 4}, INDEX_MAP, INDEX_DEFERRED};
const struct index activity_by_send = {{"by_send", STORE_FIRST_SERVICE_SLOT + 5}, INDEX_MAP, INDEX_DIRECT};
const struct index activity_type_names = {{"type_name", STORE_FIRST_SERVICE_SLOT + 6}, INDEX_MAP, INDEX_DIRECT};
const struct store_table activity_merged = {"merged", STORE_FIRST_SERVICE_SLOT + 10};
const struct store_table activity_moves = {"move", STORE_FIRST_SERVICE_SLOT + 11};
const struct store_table activity_erased_persons = {"erased", STORE_FIRST_SERVICE_SLOT + 7};
const struct store_table activity_employees = {"employee", STORE_FIRST_SERVICE_SLOT + 12};
const struct store_table activity_organisations = {"organisation", STORE_FIRST_SERVICE_SLOT + 13};
const struct index activity_by_organisation = {
    {"by_organisation", STORE_FIRST_SERVICE_SLOT + 14}, INDEX_MAP, INDEX_DEFERRED};
const struct index activity_by_assignee = {{"by_assignee", STORE_FIRST_SERVICE_SLOT + 15}, INDEX_MAP, INDEX_DEFERRED};
const struct store_table activity_merged_types = {"merged_type", STORE_FIRST_SERVICE_SLOT + 17};
const struct index activity_by_due = {{"by_due", STORE_FIRST_SERVICE_SLOT + 16}, INDEX_MAP, INDEX_DEFERRED};

static enum fault open_service(const struct service_options *options, struct store *store, void **out_self)
{
    (void)options;
    (void)store;
    struct activity_service *self = calloc(1, sizeof *self);
    static const char *const asked[] = {"activity", "revision", "body", NULL};
    if (!self)
        return FAULT_MEMORY;
    taking_find(&activity_update_desc, &activity_desc, asked, &self->update_fields);
    *out_self = self;
    return FAULT_NONE;
}

static void close_service(void *self)
{
    free(self);
}

static int64_t due_ms(void *state)
{
    const struct activity_service *self = state;
    int64_t first = self->types_due_ms < self->moves_due_ms ? self->types_due_ms : self->moves_due_ms;
    return first < tasks_due_ms(self) ? first : tasks_due_ms(self);
}

/** Makes the usual types, and comes back once to see that their batch stood. */
static void make_types(struct activity_service *self, struct ctx *ctx)
{
    bool made = types_make_usual(ctx);
    self->types_due_ms = made ? ctx->now_ms + TYPES_AGAIN_MS : INT64_MAX;
}

static void work(void *state, struct ctx *ctx)
{
    make_types(state, ctx);
    moves_run(state, ctx);
    tasks_run(state, ctx);
}

static void clock_was_set(void *state, int64_t by_ms)
{
    (void)by_ms;
    struct activity_service *self = state;
    self->moves_due_ms = self->tasks_due_ms = 0;
}

static void batch_aborted(void *state)
{
    moves_aborted(state);
    tasks_aborted(state);
}

static const struct store_table *const tables[] = {
    &activity_rows,  &activity_bodies,         &activity_persons,   &activity_types,         &activity_merged,
    &activity_moves, &activity_erased_persons, &activity_employees, &activity_organisations, &activity_merged_types,
};
static const struct index *const indexes[] = {
    &activity_by_person,       &activity_by_send,     &activity_type_names,
    &activity_by_organisation, &activity_by_assignee, &activity_by_due,
};

/** The table is complete as it is; but a program that knows no log of entries must not open the store any more. */
static void defer_index(struct store_txn *txn)
{
    (void)txn;
}

/** Who works here, and which organisations there are, was not kept; what was kept is kept again as it is. */
static void follow_persons_anew(struct store_txn *txn)
{
    follow_anew(txn, "person");
}

/** No type is merged; but a program that knows no merged ones must not open the store any more. */
static void merge_types(struct store_txn *txn)
{
    (void)txn;
}

static const struct store_migration migrations[] = {
    {1, defer_index, "the index by person is deferred"},
    {2, follow_persons_anew, "employees and organisations are followed, from the beginning"},
    {3, merge_types, "a type can stand for others"},
};

static const char *const follows[] = {"person", "notification"};
static const struct derived_rows derived[] = {{.source = "person", .table = &activity_persons},
                                              {.source = "person", .table = &activity_merged},
                                              {.source = "person", .table = &activity_employees},
                                              {.source = "person", .table = &activity_organisations}};

const struct service_definition activity_definition = {
    .name = "activity",
    .dispatch = &activity_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .schema_version = 4,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof *migrations,
    .follows = follows,
    .follow_count = sizeof follows / sizeof *follows,
    .snapshot = activity_snapshot,
    .snapshot_count = ACTIVITY_SNAPSHOT_PARTS,
    .derived = derived,
    .derived_count = sizeof derived / sizeof *derived,
    .erasure = &activity_erasure,
    .open = open_service,
    .close = close_service,
    .work = {.due_ms = due_ms, .run = work, .aborted = batch_aborted, .clock_was_set = clock_was_set},
};
