// SPDX-License-Identifier: Apache-2.0
#include "services/stats/stats.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/store/following.h"
#include "proto/stats_dispatch.gen.h"
#include "services/stats/changes.h"
#include "services/stats/publish.h"
#include "services/stats/rebuild.h"
#include "services/stats/renewal.h"
#include "services/stats/state.h"
#include "services/stats/topics.h"
#include "services/stats/zone.h"

const struct store_table stats_facts = {"fact", STORE_FIRST_SERVICE_SLOT + 0};
const struct index stats_cells = {{"cell", STORE_FIRST_SERVICE_SLOT + 1}, INDEX_COUNTER, INDEX_DEFERRED};
const struct store_table stats_types = {"type", STORE_FIRST_SERVICE_SLOT + 2};
const struct store_table stats_persons = {"person", STORE_FIRST_SERVICE_SLOT + 3};
const struct store_table stats_layout = {"layout", STORE_FIRST_SERVICE_SLOT + 4};
const struct store_table stats_merged = {"merged", STORE_FIRST_SERVICE_SLOT + 14};
const struct store_table stats_erased_persons = {"erased", STORE_FIRST_SERVICE_SLOT + 5};

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

static void close_service(void *state)
{
    struct stats_service *self = state;
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
    self->zones = zones_new();
    self->changes = changes_new();
    self->topics = topics_new();
    enum fault fault = self->zones && self->changes && self->topics ? FAULT_NONE : FAULT_MEMORY;
    if (!self->zone) {
        LOG(LOG_LEVEL_ERROR, "the default time zone is missing; install the package tzdata",
            log_text("zone", STATS_DEFAULT_ZONE));
        fault = FAULT_CONFIG;
    }
    if (fault == FAULT_NONE)
        fault = rebuild_cells(store, options->goes_on);
    if (fault != FAULT_NONE) {
        close_service(self);
        return fault;
    }
    *out_self = self;
    return FAULT_NONE;
}

static void batch_committed(void *state)
{
    struct stats_service *self = state;
    changes_commit(self->changes);
}

static void batch_aborted(void *state)
{
    struct stats_service *self = state;
    changes_abort(self->changes);
}

static const char *const follows[] = {"activity", "person"};

static const struct store_table *const tables[] = {&stats_facts,  &stats_types,  &stats_persons,
                                                   &stats_layout, &stats_merged, &stats_erased_persons};
static const struct index *const indexes[] = {&stats_cells};

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
    renewal_begin(txn);
    for (size_t i = 0; i < sizeof follows / sizeof *follows; i++)
        follow_anew(txn, follows[i]);
}

static const struct store_migration migrations[] = {
    {1, defer_cells, "the cells are deferred"},
    {2, shorten_sums, "sums take as few bytes as hold them"},
    {3, keep_more, "activities and persons are followed for more dimensions, from the beginning"},
};

const struct service_definition stats_definition = {
    .name = "stats",
    .dispatch = &stats_dispatch,
    .tables = tables,
    .table_count = sizeof tables / sizeof *tables,
    .indexes = indexes,
    .index_count = sizeof indexes / sizeof *indexes,
    .schema_version = 4,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof *migrations,
    .follows = follows,
    .follow_count = sizeof follows / sizeof *follows,
    .is_all_derived = true,
    .erasure = &stats_erasure,
    .open = open_service,
    .close = close_service,
    .work = {.committed = batch_committed, .aborted = batch_aborted},
    .publish = stats_publish,
};
