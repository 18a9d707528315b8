// SPDX-License-Identifier: Apache-2.0
/** The queries that every service answers: who it is, how it is, what became of a command, and its journal. */
#include "common/service/derived.h"
#include "common/service/internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/service/erasing.h"
#include "common/service/version.h"
#include "proto/shell_dispatch.gen.h"

bool service_ping_answer(const struct shell_service *self, const struct service_ping *query, struct ctx *ctx,
                         struct service_ping_reply *out_reply)
{
    (void)self, (void)query, (void)ctx, (void)out_reply;
    return true;
}

bool service_info_answer(const struct shell_service *self, const struct service_info *query, struct ctx *ctx,
                         struct service_info_reply *out_reply)
{
    (void)query;
    const struct core *core = self->core;
    const struct bus_map *map = core->config.map;
    struct store_identity identity = store_identity(core->config.store);
    struct endpoint *endpoints = ctx_alloc_array(ctx, map->count, sizeof *endpoints);
    struct text store = ctx_text(ctx, bytes_text(bytes_of(identity.id, sizeof identity.id)));
    if (!endpoints || !store.data)
        return false;
    for (size_t i = 0; i < map->count; i++) {
        const struct bus_address *address = &map->services[i];
        endpoints[i] = (struct endpoint){
            .service = text_of(address->service),
            .command = text_of(address->command),
            .query = text_of(address->query),
            .events = text_of(address->events),
            .has_command_tcp = *address->command_tcp != '\0',
            .command_tcp = text_of(address->command_tcp),
            .has_query_tcp = *address->query_tcp != '\0',
            .query_tcp = text_of(address->query_tcp),
            .has_events_tcp = *address->events_tcp != '\0',
            .events_tcp = text_of(address->events_tcp),
        };
    }
    *out_reply = (struct service_info_reply){
        .service = text_of(core->config.definition->name),
        .version = TEXT(PERSONKORT_VERSION),
        .protocol = PERSONKORT_PROTOCOL,
        .store = text_bytes(store),
        .epoch = (int64_t)identity.epoch,
        .seq = (int64_t)store_txn_seq(ctx->txn),
        .started_ms = core->started_ms,
        .now_ms = ctx->now_ms,
        .endpoints = {map->count, endpoints},
    };
    return true;
}

/** The sources as the command side last reported them. */
static size_t reported_sources(struct core *core, struct source out_sources[CORE_MAX_FOLLOWED], enum fault *out_fault)
{
    pthread_mutex_lock(&core->status_lock);
    memcpy(out_sources, core->reported, sizeof core->reported);
    *out_fault = core->last_fault;
    pthread_mutex_unlock(&core->status_lock);
    return core->config.definition->follow_count;
}

static void add_reason(struct ctx *ctx, struct text *reasons, size_t *count, const char *what, const char *of)
{
    char reason[200];
    int len = snprintf(reason, sizeof reason, "%s%s%s", what, *of ? ": " : "", of);
    reasons[(*count)++] =
        ctx_text(ctx, (struct text){reason, (size_t)len < sizeof reason ? (size_t)len : sizeof reason - 1});
}

static bool has_old_reader(struct core *core)
{
    pthread_mutex_lock(&core->status_lock);
    bool has = core->has_old_reader;
    pthread_mutex_unlock(&core->status_lock);
    return has;
}

static size_t reasons_of(struct ctx *ctx, struct core *core, const struct source *sources, size_t count,
                         enum fault fault, struct text reasons[16])
{
    size_t n = 0;
    if (store_has_room(core->config.store) != FAULT_NONE)
        add_reason(ctx, reasons, &n, "the disk or the store's quota is full; writes are refused until there is room",
                   "");
    else if (fault != FAULT_NONE)
        add_reason(ctx, reasons, &n, "the last batch could not be saved", fault_name(fault));
    for (size_t i = 0; i < count && n + 2 <= 16; i++) {
        if (sources[i].state == FOLLOW_STATE_UNREACHABLE)
            add_reason(ctx, reasons, &n, "a followed service does not answer", sources[i].name);
        if (sources[i].state == FOLLOW_STATE_DIVERGED)
            add_reason(ctx, reasons, &n, "a followed service's history diverged; an operator has to decide",
                       sources[i].name);
        if (sources[i].set_aside > 0 && n < 16)
            add_reason(ctx, reasons, &n, "events were set aside because they could not be applied", sources[i].name);
    }
    if (has_old_reader(core) && n < 16)
        add_reason(ctx, reasons, &n,
                   "another program has been reading one state of the store for long, and the file grows until it ends",
                   "");
    if (core->config.definition->reasons && n < 16)
        n += core->config.definition->reasons(core->config.self, reasons + n, 16 - n);
    return n;
}

static bool followed_of(struct ctx *ctx, const struct source *source, struct followed_store *out)
{
    bool is_circular = derived_is_circular(ctx->core->config.definition, source->name);
    *out = (struct followed_store){
        .source = text_of(source->name),
        .has_store = source->committed_known,
        .store = arena_bytes(ctx->arena, bytes_of(source->committed.store, STORE_ID_BYTES)),
        .has_epoch = source->committed_known,
        .epoch = (int64_t)source->committed.epoch,
        .seq = (int64_t)source->committed.at.seq,
        .has_source_seq = source->committed_known,
        .source_seq = (int64_t)source->source_seq,
        .state = source->state,
        .set_aside = (int64_t)source->set_aside,
        .has_circular = is_circular,
        .circular = is_circular,
    };
    return out->store.data != NULL;
}

static void describe_erasing(const struct core *core, struct ctx *ctx, struct service_health_reply *reply)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    if (!erasure)
        return;
    reply->erasing = (int64_t)erasing_count(ctx->txn, erasure->table);
    reply->has_erasing = reply->erasing > 0;
    reply->compact_since_ms = erasing_since_ms(ctx->txn, erasure->table);
    reply->has_compact_since_ms = reply->compact_since_ms != 0;
}

bool service_health_answer(const struct shell_service *self, const struct service_health *query, struct ctx *ctx,
                           struct service_health_reply *out_reply)
{
    (void)query;
    struct source sources[CORE_MAX_FOLLOWED];
    enum fault fault = FAULT_NONE;
    size_t count = reported_sources(self->core, sources, &fault);
    struct text *reasons = ctx_alloc_array(ctx, 16, sizeof *reasons);
    struct followed_store *followed = ctx_alloc_array(ctx, CORE_MAX_FOLLOWED, sizeof *followed);
    if (!reasons || !followed)
        return false;
    size_t reason_count = reasons_of(ctx, self->core, sources, count, fault, reasons);
    for (size_t i = 0; i < count; i++)
        if (!followed_of(ctx, &sources[i], &followed[i]))
            return ctx_refuse(ctx, ERROR_BUSY, NULL, "The service has no memory left; ask again.") != NULL;
    struct store_usage usage = store_usage(self->core->config.store);
    *out_reply = (struct service_health_reply){
        .health = reason_count ? HEALTH_DEGRADED : HEALTH_OK,
        .reasons = {reason_count, reasons},
        .seq = (int64_t)store_txn_seq(ctx->txn),
        .followed = {count, followed},
        .store_bytes = (int64_t)usage.used_bytes,
        .quota_bytes = (int64_t)usage.quota_bytes,
    };
    describe_erasing(self->core, ctx, out_reply);
    return !is_refused(&ctx->refusal);
}

bool service_counters_answer(const struct shell_service *self, const struct service_counters *query, struct ctx *ctx,
                             struct service_counters_reply *out_reply)
{
    (void)query;
    struct counter_value *values = ctx_alloc_array(ctx, COUNTER_COUNT, sizeof *values);
    if (!values)
        return false;
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        values[i] = (struct counter_value){
            .name = text_of(counter_infos[i].name),
            .value = counter_get(self->core->config.counters, (enum counter)i),
        };
    *out_reply = (struct service_counters_reply){.counters = {COUNTER_COUNT, values}};
    return true;
}

bool command_result_answer(const struct shell_service *self, const struct command_result *query, struct ctx *ctx,
                           struct command_result_reply *out_reply)
{
    struct journal_record record;
    bool found = false;
    if (core_find_command(self->core, ctx->txn, ctx->sender, query->command_id, &record, &found) == FAULT_CORRUPT)
        return ctx_refuse(
                   ctx, ERROR_CORRUPT, NULL,
                   "What became of this command cannot be read any more; an operator has to restore the store.") !=
               NULL;
    if (found) {
        *out_reply = (struct command_result_reply){record.header.reply, (int64_t)record.seq};
        return true;
    }
    return ctx_refuse(
               ctx, ERROR_NOT_FOUND, "command_id",
               "No command of this sender with that id is remembered; it took no effect, or its time is over.") != NULL;
}
