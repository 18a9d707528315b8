// SPDX-License-Identifier: Apache-2.0
#include "common/service/internal.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/service/backup_job.h"
#include "common/service/erasing.h"

enum {
    BATCH_ARENA_BYTES = 96 * 1024 * 1024,
    QUERY_ARENA_BYTES = 32 * 1024 * 1024,
    WORK_RETRY_MS = 500, // as a disk that is full, or a machine without memory, is looked at again
    ROW_BYTES = 1024 * 1024,
    BATCH_REPLY_BYTES = 128 * 1024 * 1024,
    APPLY_BYTES = 16 * 1024 * 1024, // more than one apply ever wants
};

_Static_assert(CORE_PAGE_BYTES + ROW_BYTES + 64 * 1024 <= FRAME_SERVICE_BYTES, "a page fits into a frame");

static void lane_init(struct lane *lane, size_t arena_bytes, size_t scratch_bytes, size_t reply_bytes)
{
    arena_init(&lane->arena, arena_bytes);
    buffer_init(&lane->scratch, scratch_bytes);
    buffer_init(&lane->replies, reply_bytes);
}

static void lane_fini(struct lane *lane)
{
    arena_fini(&lane->arena);
    buffer_fini(&lane->scratch);
    buffer_fini(&lane->replies);
}

struct core_sender core_trusted_sender(void)
{
    return (struct core_sender){{NULL, 0}, UINT32_MAX};
}

/** Reads how far each followed service was followed. */
static enum fault recall_sources(struct core *core)
{
    const struct service_definition *definition = core->config.definition;
    must(definition->follow_count <= CORE_MAX_FOLLOWED);
    struct store_txn *txn = store_begin_read(core->config.store);
    core->source_count = definition->follow_count;
    for (size_t i = 0; i < core->source_count; i++) {
        struct source *source = &core->sources[i];
        source->name = definition->follows[i];
        source->state = FOLLOW_STATE_UNREACHABLE; // until it answers
        source->known = follow_position_get(txn, source->name, &source->position);
        source->has_snapshot = follow_snapshot_get(txn, source->name, &source->snapshot) && source->snapshot.until == 0;
        source->has_no_snapshot = follow_needs_all(txn, source->name);
        source->committed_has_snapshot = source->has_snapshot;
        source->committed_snapshot = source->snapshot;
        source->committed = source->position;
        source->committed_known = source->known;
        source->set_aside = set_aside_count(txn, source->name);
        source->set_aside_committed = source->set_aside;
        source->resetting = follow_reset_is_under_way(txn, source->name);
        source->resetting_committed = source->resetting;
        if (source->resetting)
            source->state = FOLLOW_STATE_DIVERGED;
    }
    enum fault fault = store_txn_fault(txn);
    store_abort(txn);
    core_report_sources(core);
    return fault;
}

/** Whether the last run left persons under way. */
static enum fault recall_erasing(struct core *core)
{
    const struct service_erasure *erasure = core->config.definition->erasure;
    if (!erasure)
        return FAULT_NONE;
    struct store_txn *txn = store_begin_read(core->config.store);
    core->is_erasing = erasing_count(txn, erasure->table) > 0;
    enum fault fault = store_txn_fault(txn);
    store_abort(txn);
    return fault;
}

enum fault core_new(const struct core_config *config, struct core **out_core)
{
    struct core *core = calloc(1, sizeof *core);
    if (!core)
        return FAULT_MEMORY;
    core->config = *config;
    core->shell.core = core;
    core->started_ms = clock_utc_ms(config->clock);
    core->has_room = true;
    bool has_memory = access_batch_init(&core->done);
    has_memory = access_queue_init(&core->shown) && has_memory;
    lane_init(&core->commands, BATCH_ARENA_BYTES, ROW_BYTES, BATCH_REPLY_BYTES);
    lane_init(&core->queries, QUERY_ARENA_BYTES, FRAME_SERVICE_BYTES, 2 * FRAME_SERVICE_BYTES);
    must(pthread_mutex_init(&core->status_lock, NULL) == 0);
    buffer_init(&core->ids.row, KEPT_ROW_BYTES);
    core->memory = memory_new(config->memory_limit, store_secret(config->store).data);
    enum fault fault = core->memory && has_memory ? core_recall(core) : FAULT_MEMORY;
    if (fault == FAULT_NONE)
        fault = recall_sources(core);
    if (fault == FAULT_NONE)
        fault = recall_erasing(core);
    if (fault != FAULT_NONE) {
        core_free(core);
        return fault;
    }
    *out_core = core;
    return FAULT_NONE;
}

void core_free(struct core *core)
{
    if (!core)
        return;
    memory_free(core->memory);
    access_queue_fini(&core->shown);
    access_batch_fini(&core->done);
    buffer_fini(&core->ids.row);
    pthread_mutex_destroy(&core->status_lock);
    lane_fini(&core->commands);
    lane_fini(&core->queries);
    free(core);
}

struct ctx core_command_ctx(struct core *core)
{
    return (struct ctx){
        .txn = core->txn,
        .arena = &core->commands.arena,
        .scratch = &core->commands.scratch,
        .now_ms = core->now_ms,
        .core = core,
    };
}

void core_begin(struct core *core)
{
    must(!core->txn);
    arena_reset(&core->commands.arena);
    buffer_reset(&core->commands.replies);
    core->reply_count = 0;
    core->first_refusal = NULL;
    core->first_erasure = NULL;
    core->asks_compaction = false;
    core_ids_begin(core);
    core_access_begin(core);
    core->wrote = false;
    core->now_ms = clock_utc_ms(core->config.clock);
    core->monotonic_ms = clock_monotonic_ms(core->config.clock);
    core->has_room = store_has_room(core->config.store) == FAULT_NONE;
    core->txn = store_begin_write(core->config.store);
}

uint64_t core_append_events(struct ctx *ctx, const struct journal_header *memory, const struct message_desc *fallback)
{
    static const uint8_t empty_map = 0x80;
    struct pending_event nothing = {NULL, fallback, bytes_of(&empty_map, 1), 0, TEXT(""), ctx->actor, ctx->sender};
    uint64_t seq = store_txn_seq(ctx->txn);
    struct pending_event *event = ctx->first_event ? ctx->first_event : fallback ? &nothing : NULL;
    for (; event; event = event->next) {
        struct journal_header header = {
            .time_ms = ctx->now_ms,
            .person = event->person,
            .type = text_of(event->event->type),
            .subject = event->subject,
            .actor = event->actor,
            .sender = event->sender,
            .trace = ctx->trace,
        };
        if (memory && !event->next) {
            header.id = memory->id;
            header.expires_ms = memory->expires_ms;
            header.command_digest = memory->command_digest;
            header.reply = memory->reply;
        }
        seq = journal_append(ctx->txn, &header, event->body);
    }
    return seq;
}

bool core_has_memory(const struct core *core)
{
    const struct arena *arena = &core->commands.arena;
    return arena->limit_bytes - arena->used_bytes >= APPLY_BYTES;
}

bool core_may_work(const struct core *core)
{
    return (core->config.definition->work.run || core->is_erasing) && store_has_room(core->config.store) == FAULT_NONE;
}

int64_t core_work_due_ms(const struct core *core)
{
    const struct service_work *work = &core->config.definition->work;
    int64_t due_ms = core->is_erasing ? 0 : work->due_ms ? work->due_ms(core->config.self) : INT64_MAX;
    return due_ms > core->work_from_ms ? due_ms : core->work_from_ms;
}

/** What the service does by itself. */
static void run_work(struct core *core)
{
    const struct service_work *work = &core->config.definition->work;
    struct ctx ctx = core_command_ctx(core);
    ctx.actor = text_of(core->config.definition->name);
    work->run(core->config.self, &ctx);
    if (is_refused(&ctx.refusal))
        store_txn_fail(core->txn, ctx.refusal.code == ERROR_BUSY ? FAULT_MEMORY : FAULT_CORRUPT);
    core_access_worked(core, &ctx);
    core_append_events(&ctx, NULL, NULL);
    core->wrote = true; // perhaps rows alone, without an event; to commit nothing costs nothing
}

static bool can_work(const struct core *core)
{
    return core->has_room && core_has_memory(core) && store_txn_fault(core->txn) == FAULT_NONE;
}

void core_work(struct core *core)
{
    if (core->config.definition->work.run && can_work(core))
        run_work(core);
    if (core->is_erasing && can_work(core))
        core_erase_some(core);
}

/** Turns every reply into a refusal: nothing of the batch took effect, and what was refused may have been so because of it. */
static void refuse_all(struct core *core, enum fault fault)
{
    struct refusal refusal = {.code = ERROR_NONE};
    if (fault == FAULT_STORAGE_FULL)
        refusal_set(
            &refusal, ERROR_STORAGE_FULL, NULL,
            "The disk or the store's quota is full and nothing was done; free space, then send the same again.");
    else
        refusal_set(
            &refusal, ERROR_UNAVAILABLE, NULL,
            "The service could not save its work; send the same again and its reply says whether it took effect.");
    buffer_reset(&core->commands.replies);
    for (size_t i = 0; i < core->reply_count; i++) {
        struct core_reply_slot *slot = &core->replies[i];
        slot->offset = core->commands.replies.len;
        envelope_write_refusal(&core->commands.replies, slot->id, &refusal);
        slot->len = core->commands.replies.len - slot->offset;
    }
}

static void batch_committed(struct core *core)
{
    for (size_t i = 0; i < core->source_count; i++) {
        core->sources[i].committed = core->sources[i].position;
        core->sources[i].committed_known = core->sources[i].known;
        core->sources[i].committed_has_snapshot = core->sources[i].has_snapshot;
        core->sources[i].committed_snapshot = core->sources[i].snapshot;
        core->sources[i].set_aside_committed = core->sources[i].set_aside;
        core->sources[i].resetting_committed = core->sources[i].resetting;
    }
    core->wants_compaction = core->wants_compaction || core->asks_compaction;
    core_erased(core);
    if (core->config.definition->work.committed)
        core->config.definition->work.committed(core->config.self);
    if (core->config.backups)
        backup_job_committed(core->config.backups);
}

static void batch_aborted(struct core *core, enum fault fault)
{
    memory_forget_above(core->memory, store_seq(core->config.store));
    for (const struct batch_refusal *refused = core->first_refusal; refused; refused = refused->next)
        memory_forget_refusal(core->memory, refused->sender, refused->id);
    for (size_t i = 0; i < core->source_count; i++) {
        core->sources[i].position = core->sources[i].committed;
        core->sources[i].known = core->sources[i].committed_known;
        core->sources[i].has_snapshot = core->sources[i].committed_has_snapshot;
        core->sources[i].snapshot = core->sources[i].committed_snapshot;
        core->sources[i].set_aside = core->sources[i].set_aside_committed;
        core->sources[i].resetting = core->sources[i].resetting_committed;
        core->sources[i].asked = false; // from a place that was not reached
        if (core->sources[i].resetting)
            core->sources[i].state = FOLLOW_STATE_DIVERGED;
    }
    core->is_erasing = core->config.definition->erasure != NULL; // to be looked up
    core->work_from_ms = core->now_ms + WORK_RETRY_MS;
    if (core->config.definition->work.aborted)
        core->config.definition->work.aborted(core->config.self);
    if (core->config.backups)
        backup_job_aborted(core->config.backups);
    counter_add(core->config.counters, COUNTER_COMMITS_FAILED, 1);
    LOG(LOG_LEVEL_ERROR, "a batch could not be committed", log_name("fault", fault_name(fault)),
        log_int("commands", (int64_t)core->reply_count));
}

enum fault core_end(struct core *core)
{
    const struct service_work *work = &core->config.definition->work;
    if (core->wrote && work->committing && store_txn_fault(core->txn) == FAULT_NONE) {
        struct ctx ctx = core_command_ctx(core);
        store_txn_fail(core->txn, work->committing(core->config.self, &ctx));
    }
    core_ids_write(core);
    core_access_write(core);
    enum fault fault = store_txn_fault(core->txn);
    if (core->wrote) {
        fault = store_commit(core->txn);
        counter_add(core->config.counters, COUNTER_COMMITS, fault == FAULT_NONE);
    } else {
        store_abort(core->txn);
    }
    core->txn = NULL;
    core_access_end(core, fault == FAULT_NONE);
    if (fault == FAULT_NONE)
        batch_committed(core);
    else
        batch_aborted(core, fault);
    if (fault != FAULT_NONE)
        refuse_all(core, fault);
    else if (core->commands.replies.failed)
        refuse_all(core, FAULT_MEMORY); // done, but there was no memory for the replies: the same ids tell
    counter_set(core->config.counters, COUNTER_IDS_REMEMBERED, (int64_t)memory_count(core->memory));
    pthread_mutex_lock(&core->status_lock);
    core->last_fault = fault;
    pthread_mutex_unlock(&core->status_lock);
    core_report_sources(core);
    return fault;
}

bool core_has_committed(const struct core *core)
{
    return core->wrote && core->last_fault == FAULT_NONE; // written by this side alone
}

bool core_wants_compaction(const struct core *core)
{
    return core->wants_compaction;
}

size_t core_reply_count(const struct core *core)
{
    return core->reply_count;
}

struct bytes core_reply(const struct core *core, size_t index)
{
    const struct core_reply_slot *slot = &core->replies[index];
    return bytes_of(core->commands.replies.data + slot->offset, slot->len);
}

/** Tells, once, of a program that keeps the store's pages from being used again. */
static void look_at_readers(struct core *core)
{
    struct store_readers readers = store_readers(core->config.store);
    bool has_old = old_readers_look(&core->old_readers, &readers, clock_monotonic_ms(core->config.clock));
    if (has_old && !core->has_old_reader)
        LOG(LOG_LEVEL_WARNING, "another program has been reading one state of the store; the file grows until it ends",
            log_int("commits_behind", (int64_t)readers.lag));
    counter_set(core->config.counters, COUNTER_READER_LAG, (int64_t)readers.lag);
    pthread_mutex_lock(&core->status_lock);
    core->has_old_reader = has_old;
    pthread_mutex_unlock(&core->status_lock);
}

/** Tells the service's work of a clock that was set; what a clock gains or loses by itself is less. */
static void look_at_clock(struct core *core)
{
    enum { CLOCK_SET_MS = 500 }; // between two looks
    const struct service_work *work = &core->config.definition->work;
    int64_t ahead_ms = clock_utc_ms(core->config.clock) - clock_monotonic_ms(core->config.clock);
    int64_t by_ms = core->clock_known ? ahead_ms - core->utc_ahead_ms : 0;
    core->utc_ahead_ms = ahead_ms;
    core->clock_known = true;
    if (by_ms > -CLOCK_SET_MS && by_ms < CLOCK_SET_MS)
        return;
    core->work_from_ms = 0;
    LOG(LOG_LEVEL_WARNING, "the machine's clock was set", log_int("by_ms", by_ms));
    if (work->clock_was_set)
        work->clock_was_set(core->config.self, by_ms);
}

void core_housekeep(struct core *core)
{
    look_at_clock(core);
    look_at_readers(core);
    memory_sweep(core->memory, clock_utc_ms(core->config.clock), clock_monotonic_ms(core->config.clock));
    counter_set(core->config.counters, COUNTER_IDS_REMEMBERED, (int64_t)memory_count(core->memory));
}
