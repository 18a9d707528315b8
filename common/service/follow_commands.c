// SPDX-License-Identifier: Apache-2.0
/** `follow.list`, `follow.replay` and `follow.reset`: what an operator does about a source that cannot be followed as usual. */
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/service/derived.h"
#include "common/service/internal.h"

enum {
    REPLAY_MOST = 1000,
    RESET_ROWS = 5000, // removed by one command: more in one batch would hold others up
};

struct follow_replay_plan {
    struct source *source;
    uint64_t after;
    uint64_t limit;
};

struct follow_reset_plan {
    struct source *source;
};

/** The plans change the core's own memory of its sources, which the shell's state only lends. */
static struct source *find(const struct shell_service *self, struct text name, struct ctx *ctx)
{
    int index = core_find_source(self->core, name);
    if (index >= 0)
        return &self->core->sources[index];
    return ctx_refuse(ctx, ERROR_NOT_FOUND, "source",
                      "This service does not follow such a source; service.health lists those it does.");
}

bool follow_list_answer(const struct shell_service *self, const struct follow_list *query, struct ctx *ctx,
                        struct follow_list_reply *out_reply)
{
    const struct source *source = find(self, query->source, ctx);
    size_t most = (size_t)query->limit, count = 0;
    struct set_aside_event *events = source ? ctx_alloc_array(ctx, most, sizeof *events) : NULL;
    if (!events)
        return false;
    struct journal_record record;
    struct text reason;
    uint64_t from = query->has_after ? (uint64_t)query->after + 1 : 0;
    bool found = set_aside_next(ctx->txn, source->name, from, &record, &reason);
    for (; found && count < most; found = set_aside_next(ctx->txn, source->name, record.seq + 1, &record, &reason))
        events[count++] = (struct set_aside_event){
            .seq = (int64_t)record.seq,
            .time_ms = record.header.time_ms,
            .type = ctx_text(ctx, record.header.type),
            .subject = ctx_text(ctx, record.header.subject),
            .reason = ctx_text(ctx, reason),
        };
    *out_reply = (struct follow_list_reply){.events = {count, events}, .more = found};
    return !is_refused(&ctx->refusal);
}

const struct follow_replay_plan *follow_replay_check(const struct shell_service *self,
                                                     const struct follow_replay *command, struct ctx *ctx)
{
    struct follow_replay_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    *plan = (struct follow_replay_plan){
        .source = find(self, command->source, ctx),
        .after = command->has_after ? (uint64_t)command->after : 0,
        .limit = command->has_limit ? (uint64_t)command->limit : REPLAY_MOST,
    };
    return plan->source ? plan : NULL;
}

/** A copy of the record that outlives what applying it writes; false: no memory. */
static bool keep_record(struct core *core, struct journal_record *record)
{
    struct bytes raw = arena_bytes(&core->commands.arena, record->raw);
    return raw.data && core_has_memory(core) && journal_decode(record->seq, raw, record) == FAULT_NONE;
}

/** Applies one event unless an earlier one of its subject waits still. */
static enum core_applied replay_one(struct core *core, struct source *source, struct journal_record *record)
{
    if (!keep_record(core, record))
        return CORE_NO_MEMORY;
    if (set_aside_first_of(core->txn, source->name, record->header.subject) != record->seq)
        return CORE_NOT_APPLICABLE;
    enum core_applied applied = core_apply_record(core, source, record);
    if (applied == CORE_APPLIED) {
        set_aside_remove(core->txn, source->name, record->seq);
        source->set_aside--;
    }
    return applied;
}

void follow_replay_apply(struct shell_service *self, const struct follow_replay_plan *plan, struct ctx *ctx,
                         struct follow_replay_reply *out_reply)
{
    struct source *source = plan->source;
    struct follow_replay_reply reply = {.applied = 0};
    struct journal_record record;
    struct text reason;
    uint64_t looked_at = 0, after = plan->after;
    while (set_aside_next(ctx->txn, source->name, after + 1, &record, &reason)) {
        enum core_applied applied = looked_at < plan->limit ? replay_one(self->core, source, &record) : CORE_NO_MEMORY;
        reply.more = applied == CORE_NO_MEMORY;
        if (reply.more)
            break;
        reply.applied += applied == CORE_APPLIED;
        after = record.seq;
        looked_at++;
    }
    reply.left = (int64_t)source->set_aside;
    reply.has_last = looked_at > 0;
    reply.last = (int64_t)after;
    LOG(LOG_LEVEL_INFO, "events that were set aside were applied", log_name("source", source->name),
        log_int("applied", reply.applied), log_int("left", reply.left));
    *out_reply = reply;
}

const struct follow_reset_plan *follow_reset_check(const struct shell_service *self, const struct follow_reset *command,
                                                   struct ctx *ctx)
{
    struct follow_reset_plan *plan = ctx_alloc(ctx, sizeof *plan);
    if (!plan)
        return NULL;
    plan->source = find(self, command->source, ctx);
    if (!plan->source)
        return NULL;
    if (plan->source->state != FOLLOW_STATE_DIVERGED)
        return ctx_refuse(ctx, ERROR_WRONG_STATE, "source",
                          "The source's history did not diverge; it is followed as it is, and nothing need be done.");
    return plan;
}

void follow_reset_apply(struct shell_service *self, const struct follow_reset_plan *plan, struct ctx *ctx,
                        struct follow_reset_reply *out_reply)
{
    const struct service_definition *definition = self->core->config.definition;
    struct source *source = plan->source;
    follow_reset_begin(ctx->txn, source->name);
    source->resetting = true;
    uint64_t set_aside = 0;
    if (definition->resetting)
        definition->resetting(self->core->config.self, ctx, source->name);
    int64_t removed = derived_remove(ctx->txn, definition, source->name, RESET_ROWS, &set_aside);
    source->set_aside -= set_aside;
    *out_reply = (struct follow_reset_reply){.removed = removed, .more = removed == RESET_ROWS};
    if (out_reply->more)
        return;
    follow_reset_end(ctx->txn, source->name);
    source->resetting = false;
    source->known = false;
    source->has_snapshot = false;
    source->has_no_snapshot = false;
    source->position = (struct follow_position){.epoch = 0};
    source->state = FOLLOW_STATE_UNREACHABLE; // until it answers
    LOG(LOG_LEVEL_WARNING, "a followed journal is read from its beginning again", log_name("source", source->name));
}
