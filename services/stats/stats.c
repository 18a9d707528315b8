// SPDX-License-Identifier: Apache-2.0
#include "services/stats/stats.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/store/following.h"
#include "proto/stats_dispatch.gen.h"
#include "services/stats/changes.h"
#include "services/stats/cube.h"
#include "services/stats/persons.h"
#include "services/stats/publish.h"
#include "services/stats/renewal.h"
#include "services/stats/saved.h"
#include "services/stats/state.h"
#include "services/stats/sums.h"
#include "services/stats/topics.h"
#include "services/stats/zone.h"

const struct index stats_cells = {{"cell", STORE_FIRST_SERVICE_SLOT + 1}, INDEX_COUNTER, INDEX_DEFERRED};
const struct store_table stats_types = {"type", STORE_FIRST_SERVICE_SLOT + 2};
const struct store_table stats_layout = {"layout", STORE_FIRST_SERVICE_SLOT + 4};
const struct store_table stats_merged = {"merged", STORE_FIRST_SERVICE_SLOT + 14};
const struct store_table stats_merged_types = {"merged_type", STORE_FIRST_SERVICE_SLOT + 10};
const struct store_table stats_erased_persons = {"erased", STORE_FIRST_SERVICE_SLOT + 5};

/** Of older builds: their rows are of no use. */
static const struct store_table retired[] = {
    {"person", STORE_FIRST_SERVICE_SLOT + 3}, // first: what is of persons
    {"fact", STORE_FIRST_SERVICE_SLOT + 0},
};
enum {
    RETIRED = sizeof retired / sizeof *retired,
    RETIRED_A_SLICE = 5000, // rows
};

uint64_t stats_activity_seq(struct store_txn *txn)
{
    struct follow_position position;
    return follow_position_get(txn, "activity", &position) ? position.at.seq : 0;
}

bool stats_is_sound(struct ctx *ctx)
{
    if (store_txn_fault(ctx->txn) != FAULT_NONE)
        ctx_refuse(ctx, ERROR_CORRUPT, NULL, "The figures cannot be read; an operator has to restore the store.");
    return !is_refused(&ctx->refusal);
}

static bool has_retired(struct store *store)
{
    struct store_txn *txn = store_begin_read(store);
    uint64_t rows = 0;
    for (size_t i = 0; i < RETIRED; i++)
        rows += store_count(txn, &retired[i]);
    store_abort(txn);
    return rows > 0;
}

static void close_service(void *state)
{
    struct stats_service *self = state;
    cube_close(self);
    block_cache_free(self->facts);
    persons_free(self->persons);
    sums_free(self->sums);
    zone_close(self->zone);
    zones_free(self->zones);
    changes_free(self->changes);
    topics_free(self->topics);
    free(self);
}

static enum fault open_service(const struct service_options *options, struct store *store, void **out_self)
{
    struct stats_service *self = calloc(1, sizeof *self);
    if (!self)
        return FAULT_MEMORY;
    self->store = store;
    self->counters = options->counters;
    self->zone = zone_open(STATS_DEFAULT_ZONE);
    self->facts = block_cache_new(&stats_facts);
    self->persons = persons_new();
    self->sums = sums_new();
    self->zones = zones_new();
    self->changes = changes_new();
    self->topics = topics_new();
    enum fault fault = self->facts && self->persons && self->sums && self->zones && self->changes && self->topics
                           ? FAULT_NONE
                           : FAULT_MEMORY;
    if (!self->zone) {
        LOG(LOG_LEVEL_ERROR, "the default time zone is missing; install the package tzdata",
            log_text("zone", STATS_DEFAULT_ZONE));
        fault = FAULT_CONFIG;
    }
    if (fault == FAULT_NONE)
        fault = cube_open(self);
    self->has_retired = fault == FAULT_NONE && has_retired(store);
    if (fault != FAULT_NONE) {
        close_service(self);
        return fault;
    }
    *out_self = self;
    return FAULT_NONE;
}

static enum fault batch_committing(void *state, struct ctx *ctx)
{
    struct stats_service *self = state;
    cube_move(self, ctx->txn);
    sums_flush(self->sums, ctx->txn);
    block_cache_flush(self->facts, ctx->txn);
    return store_txn_fault(ctx->txn);
}

/** Writes what the batch has changed so far, which would come back after it was removed. */
static void resetting(void *state, struct ctx *ctx, const char *source)
{
    batch_committing(state, ctx);
    cube_invalidate(state, ctx->txn);
    renewal_await(ctx->txn, source);
}

static void beginning(void *state, struct ctx *ctx, const char *source, uint64_t last_seq)
{
    (void)state;
    renewal_begin(ctx->txn, source, last_seq);
}

static void batch_committed(void *state)
{
    struct stats_service *self = state;
    cube_committed(self);
    changes_commit(self->changes);
}

static void batch_aborted(void *state)
{
    struct stats_service *self = state;
    block_cache_forget(self->facts);
    persons_forget(self->persons);
    sums_forget(self->sums);
    cube_aborted(self);
    self->has_retired = has_retired(self->store);
    changes_abort(self->changes);
}

/** Removes a slice of what older builds left; false when there is nothing. */
static bool remove_retired(struct store_txn *txn)
{
    struct store_cursor cursor;
    size_t left = RETIRED_A_SLICE;
    for (size_t i = 0; i < RETIRED && left == RETIRED_A_SLICE; i++) {
        store_cursor_open(&cursor, txn, &retired[i]);
        while (left > 0 && store_cursor_first(&cursor)) {
            struct key key = {.len = 0};
            key_bytes_add(&key, cursor.key);
            store_delete(txn, &retired[i], key_bytes(&key));
            left--;
        }
        store_cursor_close(&cursor);
    }
    return left < RETIRED_A_SLICE;
}

static int64_t work_due_ms(void *state)
{
    const struct stats_service *self = state;
    return self->has_retired || cube_has_work(self) ? 0 : INT64_MAX;
}

static void work_run(void *state, struct ctx *ctx)
{
    struct stats_service *self = state;
    if (self->has_retired)
        self->has_retired = remove_retired(ctx->txn);
    if (cube_has_work(self))
        cube_work(self, ctx);
}

static const char *const follows[] = {"activity", "person"};

static const struct store_table *const tables[] = {
    &stats_facts.table, &stats_attributes.table, &stats_groups,         &stats_questions, &stats_types, &stats_layout,
    &stats_merged,      &stats_merged_types,     &stats_erased_persons, &retired[0],      &retired[1]};
static const struct index *const indexes[] = {&stats_cells};

static const struct derived_rows derived[] = {
    {.source = "activity", .table = &stats_facts.table},    {.source = "activity", .table = &stats_types},
    {.source = "person", .table = &stats_attributes.table}, {.source = "person", .table = &stats_groups},
    {.source = "person", .table = &stats_merged},           {.source = "activity", .table = &stats_merged_types},
};

/** The table is complete as it is; but a program that knows no log of entries must not open the store any more. */
static void defer_cells(struct store_txn *txn)
{
    (void)txn;
}

/** Sums of eight bytes are read as they are; but a program that knows no shorter ones must not read those. */
static void shorten_sums(struct store_txn *txn)
{
    (void)txn;
}

/** Facts and persons lack what figures are told apart by since; what is followed again makes them whole, and ends as it is. */
static void keep_more(struct store_txn *txn)
{
    for (size_t i = 0; i < sizeof follows / sizeof *follows; i++) {
        renewal_await(txn, follows[i]);
        follow_anew(txn, follows[i]);
    }
}

/** No type is merged; but a program that knows no merged ones must not open the store any more. */
static void merge_types(struct store_txn *txn)
{
    (void)txn;
}

static const struct store_migration migrations[] = {
    {1, defer_cells, "the cells are deferred"},
    {2, shorten_sums, "sums take as few bytes as hold them"},
    {3, keep_more, "activities and persons are followed for more dimensions, from the beginning"},
    {4, keep_more, "facts and persons are kept in blocks; activities and persons are followed again for them"},
    {5, merge_types, "a type can stand for others"},
};

const struct service_definition stats_definition = {
    .name = "stats",
    .dispatch = &stats_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .schema_version = 6,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof *migrations,
    .follows = follows,
    .follow_count = sizeof follows / sizeof *follows,
    .follow_records = 10000,     // the more, the more of them meet in the same cells
    .snapshot_from = 100 * 1000, // a second of following
    .derived = derived,
    .derived_count = sizeof derived / sizeof *derived,
    .erasure = &stats_erasure,
    .open = open_service,
    .close = close_service,
    .resetting = resetting,
    .beginning = beginning,
    .work = {.due_ms = work_due_ms,
             .run = work_run,
             .committing = batch_committing,
             .committed = batch_committed,
             .aborted = batch_aborted},
    .publish = stats_publish,
};
