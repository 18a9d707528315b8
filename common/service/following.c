// SPDX-License-Identifier: Apache-2.0
/** Following another service: asking for pages of its journal, and applying them with the offset in one transaction. */
#include "common/service/internal.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/must.h"

enum { RECORDS_A_TURN = 64 };

static int64_t page_limit(const struct core *core)
{
    int64_t own_limit = core->config.definition->follow_records;
    return own_limit ? own_limit : CORE_PAGE_RECORDS;
}

/** The body of what is asked next, encoded into the batch's scratch. */
static const struct message_desc *write_question(struct core *core, const struct source *source, struct buffer *buffer)
{
    const struct follow_snapshot *snapshot = &source->snapshot;
    const struct snapshot_read next = {
        .has_after = snapshot->after_len > 0,
        .after = bytes_of(snapshot->after, snapshot->after_len),
        .limit = page_limit(core),
    };
    const struct journal_read read = {
        .has_store = source->known,
        .store = bytes_of(source->position.store, STORE_ID_BYTES),
        .has_epoch = source->known,
        .epoch = (int64_t)source->position.epoch,
        .after = source->known ? (int64_t)source->position.at.seq : 0,
        .has_after_digest = source->known && source->position.at.seq > 0,
        .after_digest = bytes_of(source->position.at.digest, STORE_DIGEST_BYTES),
        .limit = page_limit(core),
        .wait_ms = source->state == FOLLOW_STATE_FOLLOWING ? CORE_FOLLOW_WAIT_MS : 0, // at first only: is it there?
    };
    const struct message_desc *message = source->has_snapshot ? &snapshot_read_message : &journal_read_message;
    buffer_reset(buffer);
    codec_encode(message->body, source->has_snapshot ? (const void *)&next : (const void *)&read, buffer);
    return message;
}

struct bytes core_page_request(struct core *core, size_t index)
{
    struct source *source = &core->sources[index];
    must(index < core->source_count);
    source->asked = true;
    char id[24];
    int id_len = snprintf(id, sizeof id, "page-%" PRIu64, ++source->question);
    uint8_t body[FOLLOW_CURSOR_BYTES + 512];
    struct buffer *buffer = &core->commands.scratch;
    const struct message_desc *message = write_question(core, source, buffer);
    must(!buffer->failed && buffer->len <= sizeof body);
    size_t len = buffer->len;
    memcpy(body, buffer->data, len);
    struct query_envelope envelope = {
        .v = ENVELOPE_VERSION,
        .id = {id, (size_t)id_len},
        .type = text_of(message->type),
        .body = bytes_of(body, len),
        .has_source = true,
        .source = text_of(core->config.definition->name),
    };
    buffer_reset(buffer);
    codec_encode(&query_envelope_desc, &envelope, buffer);
    return buffer_bytes(buffer);
}

bool core_may_follow(const struct core *core, size_t index)
{
    return core->sources[index].state != FOLLOW_STATE_DIVERGED;
}

void core_source_answers(struct core *core, size_t index, bool answers)
{
    struct source *source = &core->sources[index];
    enum follow_state state = answers ? FOLLOW_STATE_FOLLOWING : FOLLOW_STATE_UNREACHABLE;
    if (source->state == FOLLOW_STATE_DIVERGED || source->state == state)
        return;
    source->state = state;
    LOG(answers ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
        answers ? "a followed service answers" : "a followed service is silent", log_name("source", source->name),
        log_int("seq", (int64_t)source->position.at.seq));
    core_report_sources(core);
}

void core_report_sources(struct core *core)
{
    pthread_mutex_lock(&core->status_lock);
    memcpy(core->reported, core->sources, sizeof core->reported);
    pthread_mutex_unlock(&core->status_lock);
}

static void diverge(struct core *core, struct source *source, const char *why)
{
    source->state = FOLLOW_STATE_DIVERGED;
    LOG(LOG_LEVEL_ERROR, "a followed journal diverged; following it has stopped and nothing was overwritten",
        log_name("source", source->name), log_name("why", why), log_int("seq", (int64_t)source->position.at.seq));
    core_report_sources(core);
}

static void set_aside(struct core *core, struct source *source, const struct journal_record *record, const char *reason)
{
    set_aside_put(core->txn, source->name, record, text_of(reason));
    source->set_aside++;
    counter_add(core->config.counters, COUNTER_EVENTS_SET_ASIDE, 1);
    LOG(LOG_LEVEL_ERROR, "an event was set aside because it could not be applied", log_name("source", source->name),
        log_int("seq", (int64_t)record->seq), log_text("type", record->header.type),
        log_text("subject", record->header.subject), log_name("reason", reason));
}

/** Decodes, checks and applies one event. False: it cannot be applied, and nothing was written; the ctx's refusal says why. */
static bool apply(struct core *core, const struct event_row *row, const struct journal_record *record, struct ctx *ctx)
{
    const struct struct_desc *desc = row->message->body;
    void *event = ctx_alloc(ctx, desc->size);
    if (!event || !codec_decode_frame(desc, record->body, CODEC_SKIP_UNKNOWN, ctx->arena, event, &ctx->refusal))
        return false;
    const void *plan = row->check(core->config.self, event, ctx);
    if (!is_refused(&ctx->refusal) && !core_has_memory(core))
        ctx_refuse(ctx, ERROR_BUSY, NULL, "The batch has no memory left for it.");
    if (is_refused(&ctx->refusal))
        return false;
    must(plan);
    row->apply(core->config.self, plan, ctx);
    if (ctx->erases)
        core_erase_person(core, ctx, ctx->erases);
    if (is_refused(&ctx->refusal))
        store_txn_fail(core->txn, ctx->refusal.code == ERROR_BUSY ? FAULT_MEMORY : FAULT_CORRUPT);
    core_append_events(ctx, NULL, NULL);
    counter_add(core->config.counters, COUNTER_EVENTS_APPLIED, 1);
    return true;
}

int core_find_source(const struct core *core, struct text name)
{
    for (size_t i = 0; i < core->source_count; i++)
        if (text_equal(text_of(core->sources[i].name), name))
            return (int)i;
    return -1;
}

/** Applies a record if it is of interest here; the refusal tells why not. */
static bool apply_record(struct core *core, const struct source *source, const struct journal_record *record,
                         struct refusal *out_refusal)
{
    const struct event_row *row = dispatch_event(core->config.definition->dispatch, source->name, record->header.type);
    if (!row || record->erased)
        return true; // of no interest here, or nothing is left of it
    struct followed_event followed = {source->name, record->seq, record->header.person, record->header.time_ms};
    struct ctx ctx = core_command_ctx(core);
    ctx.followed = &followed;
    ctx.actor = record->header.actor;
    ctx.sender = text_of(source->name);
    ctx.trace = record->header.trace;
    if (apply(core, row, record, &ctx))
        return true;
    *out_refusal = ctx.refusal;
    return false;
}

enum core_applied core_apply_record(struct core *core, struct source *source, const struct journal_record *record)
{
    struct refusal refusal = {.code = ERROR_NONE};
    if (apply_record(core, source, record, &refusal))
        return CORE_APPLIED;
    return refusal.code == ERROR_BUSY ? CORE_NO_MEMORY : CORE_NOT_APPLICABLE;
}

/** Applies a record or sets it aside. False: there is no memory for it in this batch; the rest of the page comes again. */
static bool take_record(struct core *core, struct source *source, const struct journal_record *record)
{
    const struct event_row *row = dispatch_event(core->config.definition->dispatch, source->name, record->header.type);
    if (!row || record->erased)
        return true;
    if (core_is_erasing_event(core, row->message))
        core_before_erasing_event(core, record->header.person);
    if (source->set_aside > 0 && set_aside_has_subject(core->txn, source->name, record->header.subject)) {
        set_aside(core, source, record, "an earlier event of the subject waits");
        return true;
    }
    struct refusal refusal = {.code = ERROR_NONE};
    if (apply_record(core, source, record, &refusal))
        return true;
    if (refusal.code == ERROR_BUSY)
        return false;
    if (core_has_erased(core, record->header.person)) {
        LOG(LOG_LEVEL_WARNING, "an event of an erased person could not be applied and is not kept",
            log_name("source", source->name), log_int("seq", (int64_t)record->seq));
        return true;
    }
    set_aside(core, source, record, error_info(refusal.code)->name);
    return true;
}

/** Whether the page continues what was followed. */
static bool continues(struct core *core, struct source *source, const struct journal_read_reply *page)
{
    const struct follow_position *position = &source->position;
    if (page->diverged)
        diverge(core, source, "the source says so");
    else if (source->known && memcmp(page->store.data, position->store, STORE_ID_BYTES) != 0)
        diverge(core, source, "another store answers");
    else if (source->known && (uint64_t)page->epoch < position->epoch)
        diverge(core, source, "the epoch went back");
    else if ((uint64_t)page->last_seq < position->at.seq)
        diverge(core, source, "the journal went back");
    else if (source->known && source->snapshot.until > 0 && (uint64_t)page->epoch != position->epoch)
        diverge(core, source,
                "the store was restored to before the end of the snapshot that was read of it, or so it may be");
    return source->state != FOLLOW_STATE_DIVERGED;
}

static bool take_page(struct core *core, struct source *source, const struct journal_read_reply *page)
{
    for (size_t i = 0; i < page->records.count; i++) {
        const struct journal_page_record *item = &page->records.items[i];
        struct journal_record record;
        if (journal_decode((uint64_t)item->seq, item->record, &record) != FAULT_NONE)
            return false; // damaged on its way, or at the source: ask again; the source's own check tells which
        if (!journal_follows(&source->position.at, &record)) {
            diverge(core, source, "a record does not continue the chain");
            return false;
        }
        if (!take_record(core, source, &record))
            break;
        source->position.at = journal_position_of(&record);
        // A page takes milliseconds, and whoever waits for a processor meanwhile has somebody waiting for an answer: adr/0004.
        if (i % RECORDS_A_TURN == RECORDS_A_TURN - 1)
            sched_yield();
    }
    return true;
}

static void begin_source(struct core *core, const struct source *source)
{
    const struct service_definition *definition = core->config.definition;
    struct ctx ctx = core_command_ctx(core);
    if (definition->beginning)
        definition->beginning(core->config.self, &ctx, source->name, source->source_seq);
}

/* Snapshots. */

/** Whether to begin with a snapshot rather than with the first record. */
static bool wants_snapshot(const struct core *core, const struct source *source, const struct journal_read_reply *page)
{
    uint64_t from = core->config.definition->snapshot_from;
    if (from > 0 && core->config.snapshot_from > 0)
        from = core->config.snapshot_from;
    return !source->known && !source->has_no_snapshot && from > 0 && (uint64_t)page->last_seq > from;
}

static void begin_snapshot(struct core *core, struct source *source, uint64_t last_seq)
{
    source->source_seq = last_seq;
    source->has_snapshot = true;
    source->snapshot = (struct follow_snapshot){.after_len = 0};
    follow_snapshot_put(core->txn, source->name, &source->snapshot);
    begin_source(core, source);
    core->wrote = true;
    LOG(LOG_LEVEL_INFO, "a followed service's snapshot is read, since its journal is long",
        log_name("source", source->name), log_int("seq", (int64_t)last_seq));
}

/** Whether the page is of the store that the snapshot began with; the first one says which that is. */
static bool is_same_store(struct core *core, struct source *source, const struct snapshot_read_reply *page)
{
    struct follow_snapshot *snapshot = &source->snapshot;
    struct follow_position *position = &snapshot->position;
    if (!snapshot->has_position) {
        snapshot->has_position = true;
        memcpy(position->store, page->store.data, STORE_ID_BYTES);
        position->epoch = (uint64_t)page->epoch;
        position->at.seq = (uint64_t)page->seq;
        if (page->has_digest)
            memcpy(position->at.digest, page->digest.data, STORE_DIGEST_BYTES);
        follow_snapshot_put(core->txn, source->name, snapshot); // before any of its rows
    } else if (memcmp(position->store, page->store.data, STORE_ID_BYTES) != 0) {
        diverge(core, source, "another store answers");
    } else if (position->epoch != (uint64_t)page->epoch || position->at.seq > (uint64_t)page->seq) {
        diverge(core, source, "the store was restored while its snapshot was read");
    }
    return source->state != FOLLOW_STATE_DIVERGED;
}

/** From the first record, then, over what was taken. */
static void give_up_snapshot(struct core *core, struct source *source, struct text why)
{
    source->has_snapshot = false;
    source->has_no_snapshot = true;
    source->snapshot = (struct follow_snapshot){.after_len = 0};
    follow_snapshot_remove(core->txn, source->name);
    LOG(LOG_LEVEL_WARNING, "a followed service's snapshot is of no use; its journal is read from the first record",
        log_name("source", source->name), log_text("why", why));
}

/** All rows are there: what has happened since the first page comes from the journal. */
static void end_snapshot(struct core *core, struct source *source, uint64_t last_seq)
{
    source->has_snapshot = false;
    source->position = source->snapshot.position;
    source->known = true;
    source->source_seq = last_seq;
    source->snapshot.until = last_seq;
    source->snapshot.after_len = 0;
    follow_snapshot_put(core->txn, source->name, &source->snapshot);
    follow_position_put(core->txn, source->name, &source->position);
    begin_source(core, source);
    LOG(LOG_LEVEL_INFO, "a followed service's snapshot is there", log_name("source", source->name),
        log_int("seq", (int64_t)source->position.at.seq));
}

/** Forgets a snapshot beyond whose last page the journal was followed. */
static void forget_snapshot(struct core *core, struct source *source)
{
    if (source->snapshot.until == 0 || source->position.at.seq < source->snapshot.until)
        return;
    source->snapshot = (struct follow_snapshot){.after_len = 0};
    follow_snapshot_remove(core->txn, source->name);
}

/** Takes a row; the refusal says why not. */
static bool take_row(struct core *core, struct source *source, const struct snapshot_row *row,
                     struct refusal *out_refusal)
{
    const struct event_row *event = dispatch_event(core->config.definition->dispatch, source->name, row->type);
    const struct journal_record record = {
        .seq = source->snapshot.position.at.seq,
        .header = {.time_ms = core->now_ms, .person = row->person, .type = row->type, .subject = row->subject},
        .body = row->body,
    };
    if (event && core_is_erasing_event(core, event->message))
        core_before_erasing_event(core, row->person);
    return apply_record(core, source, &record, out_refusal);
}

static void take_rows(struct core *core, struct source *source, const struct snapshot_read_reply *page)
{
    struct refusal refusal = {.code = ERROR_NONE};
    size_t taken = 0;
    while (taken < page->rows.count && take_row(core, source, &page->rows.items[taken], &refusal))
        taken++;
    if (taken < page->rows.count && refusal.code == ERROR_BUSY)
        return; // there is no memory for all of it in this batch: the page comes again, over what was taken
    if (taken < page->rows.count) {
        give_up_snapshot(core, source, text_of(error_info(refusal.code)->name));
    } else if (!page->has_next) {
        end_snapshot(core, source, (uint64_t)page->seq);
    } else {
        source->snapshot.after_len = page->next.len;
        memcpy(source->snapshot.after, page->next.data, page->next.len);
        follow_snapshot_put(core->txn, source->name, &source->snapshot);
    }
}

static enum core_page_use take_snapshot(struct core *core, struct source *source, const struct reply_envelope *envelope)
{
    struct snapshot_read_reply page;
    struct refusal refusal = {.code = ERROR_NONE};
    if (envelope->status == REPLY_STATUS_ERROR &&
        !envelope->error.retry) { // it tells none, or is of a build before them
        core->wrote = true;
        give_up_snapshot(core, source, envelope->error.code);
        return CORE_PAGE_TAKEN;
    }
    if (envelope->status != REPLY_STATUS_OK || !envelope->has_body ||
        !codec_decode(&snapshot_read_reply_desc, envelope->body, CODEC_SKIP_UNKNOWN, &core->commands.arena, &page,
                      &refusal) ||
        !is_same_store(core, source, &page))
        return CORE_PAGE_USELESS;
    source->source_seq = (uint64_t)page.seq;
    source->page_records = page.rows.count;
    core->wrote = true;
    take_rows(core, source, &page);
    return CORE_PAGE_TAKEN;
}

/** Whether `id` is that of the question under way. */
static bool answers_question(const struct source *source, struct text id)
{
    char expected[24];
    int len = snprintf(expected, sizeof expected, "page-%" PRIu64, source->question);
    return source->asked && text_equal(id, (struct text){expected, (size_t)len});
}

size_t core_page_records(const struct core *core, size_t index)
{
    must(index < core->source_count);
    return core->sources[index].page_records;
}

bool core_is_behind(const struct core *core, size_t index)
{
    must(index < core->source_count);
    return core->sources[index].source_seq > core->sources[index].position.at.seq;
}

enum core_page_use core_page(struct core *core, size_t index, struct bytes frame)
{
    struct source *source = &core->sources[index];
    struct arena *arena = &core->commands.arena;
    struct refusal refusal = {.code = ERROR_NONE};
    struct reply_envelope envelope;
    struct journal_read_reply page;
    must(index < core->source_count);
    if (!envelope_read_reply(frame, arena, &envelope, &refusal))
        return CORE_PAGE_USELESS;
    if (!answers_question(source, envelope.id))
        return CORE_PAGE_STALE;
    source->asked = false; // once: the same page, delivered again, does not continue what was followed
    if (!core->has_room || store_txn_fault(core->txn) != FAULT_NONE)
        return CORE_PAGE_NOT_NOW;
    if (source->has_snapshot)
        return take_snapshot(core, source, &envelope);
    if (envelope.status != REPLY_STATUS_OK || !envelope.has_body ||
        !codec_decode(&journal_read_reply_desc, envelope.body, CODEC_SKIP_UNKNOWN, arena, &page, &refusal) ||
        !continues(core, source, &page))
        return CORE_PAGE_USELESS;
    if (wants_snapshot(core, source, &page)) {
        begin_snapshot(core, source, (uint64_t)page.last_seq);
        return CORE_PAGE_TAKEN;
    }
    struct follow_position before = source->position;
    bool begins = !source->known || (uint64_t)page.epoch > before.epoch; // or goes on from what a restore left
    bool first = !source->known;
    memcpy(source->position.store, page.store.data, STORE_ID_BYTES);
    source->position.epoch = (uint64_t)page.epoch;
    source->known = true;
    source->source_seq = (uint64_t)page.last_seq;
    source->page_records = page.records.count;
    if (begins)
        begin_source(core, source);
    bool taken = take_page(core, source, &page);
    if (first || memcmp(&before, &source->position, sizeof before) != 0) {
        follow_position_put(core->txn, source->name, &source->position);
        forget_snapshot(core, source);
        core->wrote = true;
    }
    return taken ? CORE_PAGE_TAKEN : CORE_PAGE_USELESS;
}
