// SPDX-License-Identifier: Apache-2.0
/** A query's way from frame to reply, on a snapshot of its own. */
#include "common/service/internal.h"

void core_query_ctx_begin(struct core *core, struct ctx *out_ctx)
{
    arena_reset(&core->queries.arena);
    *out_ctx = (struct ctx){
        .txn = store_begin_read(core->config.store),
        .arena = &core->queries.arena,
        .scratch = &core->queries.scratch,
        .now_ms = clock_utc_ms(core->config.clock),
        .core = core,
    };
}

void core_query_ctx_end(struct ctx *ctx)
{
    store_abort(ctx->txn);
    ctx->txn = NULL;
}

bool core_has_seen(struct ctx *ctx, size_t count, const struct seen_position *seen)
{
    const char *own = ctx->core->config.definition->name;
    for (size_t i = 0; i < count; i++) {
        uint64_t wanted = (uint64_t)seen[i].seq;
        uint64_t here = wanted;
        struct follow_position position;
        if (text_equal(seen[i].store, text_of(own)))
            here = store_txn_seq(ctx->txn);
        else
            for (size_t s = 0; s < ctx->core->config.definition->follow_count; s++) {
                const char *name = ctx->core->config.definition->follows[s];
                if (text_equal(seen[i].store, text_of(name)))
                    here = follow_position_get(ctx->txn, name, &position) ? position.at.seq : 0;
            }
        if (here < wanted) {
            ctx_refuse(ctx, ERROR_NOT_YET, "seen", "The service has not followed that far yet; ask again in a moment.");
            return false;
        }
    }
    return true;
}

struct question {
    struct query_envelope envelope;
    const struct query_row *row;
    const void *self;
};

static bool find_row(struct core *core, const struct core_sender *sender, struct question *question,
                     struct refusal *refusal)
{
    question->row = dispatch_query(core->config.definition->dispatch, question->envelope.type);
    question->self = core->config.self;
    if (!question->row) {
        question->row = dispatch_query(&shell_dispatch, question->envelope.type);
        question->self = &core->shell;
    }
    if (!question->row)
        refusal_set(refusal, ERROR_UNKNOWN_TYPE, "type",
                    "This door answers no query of that type; service.schema lists those it does.");
    else if (!(question->row->message->roles & sender->role_mask))
        core_refuse_role(core, &core->queries, sender, question->row->message->type, refusal);
    return !is_refused(refusal);
}

/** A follower that has everything waits for more, if it said so. */
static bool wants_to_wait(const struct question *question, const void *body, const void *reply, int64_t *out_wait_ms)
{
    if (question->row->message != &journal_read_message)
        return false;
    const struct journal_read *read = body;
    const struct journal_read_reply *page = reply;
    *out_wait_ms = read->wait_ms;
    return read->wait_ms > 0 && page->records.count == 0 && !page->diverged;
}

/** Answers into the lane's reply buffer. True: the query may be parked instead. */
static bool answer(struct core *core, struct ctx *ctx, const struct question *question, int64_t *out_wait_ms)
{
    const struct message_desc *message = question->row->message;
    void *body = ctx_alloc(ctx, message->body->size);
    void *reply = ctx_alloc(ctx, message->reply->size);
    if (!body || !reply || !core_has_seen(ctx, question->envelope.seen.count, question->envelope.seen.items) ||
        !codec_decode(message->body, question->envelope.body, CODEC_REFUSE_UNKNOWN, ctx->arena, body, &ctx->refusal) ||
        !question->row->answer(question->self, body, ctx, reply) ||
        (message->audited && !core_access_shown(core, ctx, message, body, reply)))
        return false;
    bool waits = wants_to_wait(question, body, reply, out_wait_ms);
    struct buffer *encoded = ctx->scratch;
    buffer_reset(encoded);
    codec_encode_for(message->reply, reply, ctx->role_mask, encoded);
    if (encoded->failed)
        ctx_refuse(ctx, ERROR_TOO_LARGE, NULL, "The answer is larger than a frame may be; ask for fewer at once.");
    else
        envelope_write_ok(&core->queries.replies, question->envelope.id, buffer_bytes(encoded),
                          store_txn_seq(ctx->txn));
    return waits;
}

/** What was not found in a view that cannot be read may well be there: such an answer is none, whatever it was. */
static void refuse_unreadable(struct ctx *ctx, enum fault fault)
{
    ctx->refusal = (struct refusal){.code = ERROR_NONE};
    if (fault == FAULT_CORRUPT)
        ctx_refuse(ctx, ERROR_CORRUPT, NULL, "What the store holds fails its check; an operator has to restore it.");
    else
        ctx_refuse(ctx, ERROR_UNAVAILABLE, NULL, "The service could not read its store; ask again.");
}

enum core_answered core_query(struct core *core, struct bytes frame, const struct core_sender *sender, bool may_park,
                              struct bytes *out_reply, int64_t *out_wait_ms)
{
    struct ctx ctx;
    struct question question;
    struct text id = TEXT("");
    bool waits = false;
    core_query_ctx_begin(core, &ctx);
    buffer_reset(&core->queries.replies);
    ctx.role_mask = sender->role_mask;
    if (envelope_read_query(frame, ctx.arena, &question.envelope, &id, &ctx.refusal) &&
        core_knows_sender(core, &core->queries, sender, &ctx.refusal) &&
        find_row(core, sender, &question, &ctx.refusal)) {
        bool named = sender->key_name.len > 0;
        ctx.sender = named ? sender->key_name : question.envelope.source;
        ctx.actor = named ? sender->key_name : question.envelope.actor;
        waits = answer(core, &ctx, &question, out_wait_ms);
    }
    enum fault fault = store_txn_fault(ctx.txn);
    if (fault != FAULT_NONE)
        refuse_unreadable(&ctx, fault);
    if (is_refused(&ctx.refusal)) {
        buffer_reset(&core->queries.replies);
        envelope_write_refusal(&core->queries.replies, id, &ctx.refusal);
    }
    core_query_ctx_end(&ctx);
    bool parked = waits && may_park && !is_refused(&ctx.refusal);
    if (!parked) {
        counter_add(core->config.counters, COUNTER_QUERIES_RECEIVED, 1);
        counter_add(core->config.counters, COUNTER_QUERIES_REFUSED, is_refused(&ctx.refusal));
    }
    *out_reply = buffer_bytes(&core->queries.replies);
    return parked ? CORE_PARKED : CORE_ANSWERED;
}

struct bytes core_query_stopping(struct core *core, struct bytes frame)
{
    struct ctx ctx;
    struct query_envelope envelope;
    struct text id = TEXT("");
    core_query_ctx_begin(core, &ctx);
    envelope_read_query(frame, ctx.arena, &envelope, &id, &ctx.refusal); // for the id; what waits was read before
    ctx_refuse(&ctx, ERROR_UNAVAILABLE, NULL, "The service stops; ask again.");
    buffer_reset(&core->queries.replies);
    envelope_write_refusal(&core->queries.replies, id, &ctx.refusal);
    core_query_ctx_end(&ctx);
    return buffer_bytes(&core->queries.replies);
}
